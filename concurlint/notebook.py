"""`%%concurlint` in a notebook or an IPython shell: the cell is checked, run and profiled."""

import io
import linecache
import tempfile
import threading
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from pathlib import Path

from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments, parse_argstring
from IPython.display import display
from rich.console import Console
from rich.text import Text

from concurlint.config import load
from concurlint.finding import Finding, Span
from concurlint.linting import lint
from concurlint.profiler import Profiler
from concurlint.report import terminal
from concurlint.report.found import Found
from concurlint.report.profiled import terminal as profiled
from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import Frame
from concurlint.source import lines_of, project_root
from concurlint.trouble import UserError

MAGIC = "%%concurlint"
_WIDTH = 100
_PAGE = (
    '<pre style="white-space:pre;overflow-x:auto;line-height:1.25;font-size:13px;'
    "font-family:Menlo,'DejaVu Sans Mono',Consolas,monospace\">{code}</pre>"
)


@magics_class
class Concurlint(Magics):
    """The magic; `%load_ext concurlint` brings it."""

    @magic_arguments()
    @argument("--check", action="store_true", help="Only check the cell: do not run it.")
    @argument("--no-check", action="store_true", help="Only run and profile the cell.")
    @argument("--cores", type=int, help="Also predict for a machine with so many cores.")
    @argument("--html", metavar="FILE", help="Also write the profile as a page that needs no network.")
    @cell_magic
    def concurlint(self, line: str, cell: str) -> None:
        """Check the cell together with those run before it, then run it and tell where its time went."""
        asked = parse_argstring(self.concurlint, line)
        shell = self.shell
        assert isinstance(shell, InteractiveShell)
        if asked.check and asked.no_check:
            raise UsageError("--check and --no-check exclude each other")
        try:
            if not asked.no_check:
                found = check(History.of(shell, cell))
                show(lambda console: terminal.render(found, console) or "nothing to find fault with\n")
            if not asked.check:
                self._profile(shell, cell, asked.cores, asked.html)
        except UserError as error:
            raise UsageError(str(error)) from None

    def _profile(self, shell: InteractiveShell, cell: str, cores: int | None, page: str | None) -> None:
        if shell.should_run_async(cell, transformed_cell=shell.transform_cell(cell)):
            raise UsageError("a cell with `await` outside of a function cannot be profiled; take --check")
        profiler = Profiler(name=called(_number(shell)), cores=cores, own=threading.get_native_id())
        profiler.start()
        try:
            ran = shell.run_cell(cell)
            if not ran.success:
                return  # its error stands there already, and is what matters
            seen = profiler.measure()
        finally:
            profiler.close()
        with tempfile.TemporaryDirectory(prefix="concurlint-") as folder:
            report = profiler.judge(with_cells(seen, shell, Path(folder)))
            show(lambda console: profiled.render(report.profile, report.verdicts, report.sources(), console))
            if page is not None:
                Path(page).write_text(report.to_html(), encoding="utf-8")


@dataclass(frozen=True)
class History:
    """The cells run so far as plain Python, by their numbers, the one that is asked about last."""

    cells: Sequence[tuple[int, str]]

    @classmethod
    def of(cls, shell: InteractiveShell, cell: str) -> "History":
        """What the shell remembers; shell commands and magics are calls in it."""
        transform = shell.input_transformer_manager.transform_cell
        inputs: Sequence[str] = shell.user_ns["In"]
        before = [(number, transform(_body(code))) for number, code in enumerate(inputs[:-1]) if code.strip()]
        return cls([*before, (_number(shell), transform(cell))])

    @property
    def text(self) -> str:
        """All of them as one file."""
        return "".join(_ended(text) for _, text in self.cells)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate((len(lines_of(_ended(text))) for _, text in self.cells), initial=1))

    def moved(self, span: Span) -> Span:
        """A stretch of the one file as a stretch of its cell."""
        index = min(bisect_right(self._starts, span.line), len(self.cells)) - 1
        by = self._starts[index] - 1
        return replace(span, path=called(self.cells[index][0]), line=span.line - by, end_line=span.end_line - by)

    def is_last(self, span: Span) -> bool:
        """Whether it stands in the cell that is asked about."""
        return span.line >= self._starts[-2]


def check(history: History) -> Found:
    """The findings in the last cell, seen with those before it and with the project around the current folder."""
    path = Path.cwd() / f"cell_{history.cells[-1][0]}.py"
    result = lint([path], load(project_root([path])), unsaved={path: history.text.encode()})
    name = next((finding.span.path for finding in result.findings), path.name)

    def moved(span: Span) -> Span:
        return history.moved(span) if span.path == name else span

    def in_cells(finding: Finding) -> Finding:
        trace = tuple(replace(step, span=moved(step.span)) for step in finding.trace)
        return replace(finding, span=moved(finding.span), trace=trace)

    found = tuple(in_cells(finding) for finding in result.findings if history.is_last(finding.span))
    return Found(found, {**result.texts, **{called(number): text for number, text in history.cells}})


def with_cells(profile: Profile, shell: InteractiveShell, folder: Path) -> Profile:
    """The profile with each cell as a file in the folder: under the names that IPython gives them there is none."""
    numbers: Mapping[str, int] = getattr(shell.compile, "_filename_map", {})
    files: dict[str, str] = {}
    for path in {frame.path for stack in profile.stacks for frame in stack.frames}:
        lines = linecache.getlines(path) if path in numbers and not Path(path).exists() else []
        if lines:
            file = folder / f"{called(numbers[path]).replace(' ', '_')}.py"
            file.write_text("".join(lines), encoding="utf-8")
            files[path] = str(file)

    def moved(frame: Frame) -> Frame:
        return replace(frame, path=files.get(frame.path, frame.path))

    return replace(
        profile,
        stacks=tuple(replace(stack, frames=tuple(map(moved, stack.frames))) for stack in profile.stacks),
        lines=tuple(replace(line, path=files.get(line.path, line.path)) for line in profile.lines),
    )


def called(number: int) -> str:
    """What a cell is called."""
    return f"cell {number}"


def show(draw: Callable[[Console], str]) -> None:
    """Put it below the cell: in colour where that is a page, as text elsewhere."""
    console = Console(file=io.StringIO(), width=_WIDTH, force_terminal=True, force_jupyter=False)
    drawn = Text.from_ansi(draw(console))
    page = Console(file=io.StringIO(), width=_WIDTH, record=True, force_jupyter=False)
    page.print(drawn, soft_wrap=True)
    html = page.export_html(inline_styles=True, code_format=_PAGE)
    display({"text/plain": drawn.plain, "text/html": html}, raw=True)


def _number(shell: InteractiveShell) -> int:
    """Of the cell that runs: the last of the history already."""
    return len(shell.user_ns["In"]) - 1


def _body(code: str) -> str:
    """The Python in a cell that this magic ran before."""
    first, _, rest = code.lstrip().partition("\n")
    return rest if first.split()[:1] == [MAGIC] else code


def _ended(text: str) -> str:
    return f"{text.rstrip()}\n"
