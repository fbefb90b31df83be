"""A profile and its verdicts for people at a terminal: bars of states, the lines that matter, what to do."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from concurlint.report.frame import signs_for
from concurlint.report.profiled import wording
from concurlint.report.profiled.bars import bar, sign
from concurlint.report.profiled.diff import diff_lines
from concurlint.report.profiled.lines import Excerpt, by_file, excerpt, hot_lines, judged_lines, own_paths
from concurlint.report.profiled.palette import LOOKS, largest, ordered
from concurlint.report.profiled.paths import short_path
from concurlint.report.profiled.showing import Showing
from concurlint.report.profiled.tasks import tasks_of
from concurlint.report.profiled.text import about, detail
from concurlint.report.profiled.threads import thread_groups
from concurlint.report.profiled.tree import Call, branches
from concurlint.report.terminal import STYLES, prose
from concurlint.report.text import place
from concurlint.report.visible import visible
from concurlint.runtime.profile import Profile, Seconds
from concurlint.runtime.samples import State
from concurlint.verdicts.change import Rewritten
from concurlint.verdicts.verdict import Verdict

MOST_THREADS = 12
MOST_TASKS = 8
MOST_LINES = 12
MOST_CALLS = 16
_INDENT = "  "
_CHANGES = {"-": "red", "+": "green"}
_WIDEST_NAME = 24
_WIDEST_BAR = 40
_WIDEST_TIME = 9


def render(
    profile: Profile,
    verdicts: Sequence[Verdict],
    texts: Mapping[str, str],
    console: Console,
    showing: Showing | None = None,
) -> str:
    """The whole report, as wide and as colourful as `console` is; `texts` maps paths to source."""
    report, showing = _Report(console), showing or Showing()
    measured: list[RenderableType] = [
        "",
        *report.threads(profile),
        "",
        *report.tasks(profile),
        *report.lines(profile, texts, judged_lines(verdicts, own_paths(profile, texts))),
    ]
    for title, root in showing.trees(profile):
        measured += ["", *report.tree(title, root)]
    judged: list[RenderableType] = []
    for verdict in verdicts:
        judged += ["", *report.verdict(verdict)]
    if not verdicts:
        judged += ["", Text("No verdict: the figures decide nothing", "bold")]
    rest = [*judged, *measured] if showing.verdicts_first else [*measured, *judged]
    blocks: list[RenderableType] = [*report.about(profile), *rest]
    with console.capture() as capture:
        console.print(Group(*blocks), highlight=False, markup=False, emoji=False)
    return capture.get()


class _Report:
    """Draws one part after the other, to one console."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._signs = signs_for(console.encoding)
        # Without colours, shades alone do not tell fourteen states apart.
        self._shaded = console.color_system is not None and not console.no_color and self._signs.bar != "|"
        self._bar_width = max(8, min(_WIDEST_BAR, console.width // 3))

    def about(self, profile: Profile) -> Iterator[Text]:
        first, *rest = about(profile.run)
        yield from self._hang(Text(), Text(first, "bold"), 0)
        for line in rest:
            yield from self._hang(Text(), Text(line, "dim"), 0)

    def threads(self, profile: Profile) -> Iterator[Text]:
        yield Text("Threads", "bold")
        groups = thread_groups(profile, MOST_THREADS)
        width = min(_WIDEST_NAME, self._console.width // 4, max((len(group.name) for group in groups), default=0))
        for group in groups:
            name = _cut(group.stem, width - len(group.count), self._signs.cut) + group.count
            label = Text(_INDENT).append(Text(name.ljust(width), "bold"))
            yield from self._measured(label, group.states)
            if group.spread:
                yield from self._hang(Text(" " * (width + 3)), Text(group.spread, "dim"), width + 3)
        yield from self._legend(ordered({state: 1.0 for group in groups for state in group.states}))

    def tasks(self, profile: Profile) -> Iterator[RenderableType]:
        """Coroutines by the time they kept an event loop; nothing of a program without one."""
        tasks = tasks_of(profile, MOST_TASKS)
        if not tasks:
            return
        yield Text("Tasks, by what kept the event loop", "bold")
        width = min(_WIDEST_NAME, self._console.width // 4, max(len(task.function) for task in tasks))
        for task in tasks:
            name = _cut(visible(task.function), width, self._signs.cut)
            label = Text(_INDENT).append(Text(name.ljust(width), "bold"))
            yield from self._measured(label, task.states, wording.part(task.seconds, tasks[0].seconds))
        yield ""

    def tree(self, title: str, root: Call) -> Iterator[Text]:
        """Calls below each other, the dearest first; a library's are dim."""
        yield Text(title[:1].upper() + title[1:], "bold")
        rows = branches(root, most=MOST_CALLS)
        if not rows:
            yield Text(f"{_INDENT}nothing was seen", "dim")
        bent, last, down = ("├─ ", "└─ ", "│  ") if self._signs.bar != "|" else ("|- ", "`- ", "|  ")
        for row in rows:
            call = row.call
            lines = "".join(down if goes_on else "   " for goes_on in row.above) + (last if row.is_last else bent)
            took = (f"{wording.seconds(call.seconds)} ", "" if call.is_own else "dim")
            name = (visible(call.function), "bold" if call.is_own else "dim")
            drawn = Text.assemble(_INDENT, (lines, "dim"), took, name)
            where = f"  {visible(short_path(call.path))}" if call.path else ""
            if drawn.cell_len + len(where) <= self._console.width:
                drawn.append(where, "dim")
            yield self._row(self._with_states(drawn, call.states, call.seconds))

    def lines(self, profile: Profile, texts: Mapping[str, str], judged: Mapping[str, set[int]]) -> Iterator[Text]:
        yield Text("Lines", "bold")
        files = by_file(hot_lines(profile, texts, most=MOST_LINES))
        if not files:
            yield Text(f"{_INDENT}none was seen long enough", "dim")
        widest = max((line.seconds for hot in files.values() for line in hot), default=0.0)
        for path, hot in files.items():
            yield Text(f"{_INDENT}{visible(path)}", "dim")
            rows = [row for row in excerpt(hot, texts.get(path), judged.get(path, ()), around=0) if row.hot]
            digits = max(len(str(row.number)) for row in rows)
            for row in rows:
                yield from self._line(row, digits, widest)

    def _line(self, row: Excerpt, digits: int, widest: Seconds) -> Iterator[Text]:
        assert row.hot is not None
        code = visible(row.text.strip()) if row.text else f"in {visible(row.hot.function)}"
        room = max(16, self._console.width - digits - len(_INDENT) - 4)
        gutter = Text.assemble((f"{_INDENT}{row.number:>{digits}} {self._signs.bar} ", "dim"))
        yield Text.assemble(gutter, (_cut(code, room, self._signs.cut), "bold" if row.judged else ""))
        yield from self._measured(Text(" " * (digits + 5)), row.hot.states, wording.part(row.hot.seconds, widest))

    def _measured(self, label: Text, states: Mapping[State, Seconds], length: float = 1.0) -> Iterator[Text]:
        """`label`, a bar of that part of the width, how long, and the largest states in words, as far as they fit."""
        whole = sum(states.values())
        drawn = bar(states, max(1, round(self._bar_width * length)), shaded=self._shaded)
        drawn.pad_right(self._bar_width - drawn.cell_len)
        row = Text.assemble(label, " ", drawn, " ", f"{wording.seconds(whole):>{_WIDEST_TIME}}")
        yield self._row(self._with_states(row, states, whole))

    def _with_states(self, row: Text, states: Mapping[State, Seconds], whole: Seconds) -> Text:
        """The row with the largest states in words, as many as fit."""
        row.truncate(self._console.width)
        for state in largest(states):
            of = wording.part(states[state], whole)
            told = Text.assemble("  ", (LOOKS[state].short, LOOKS[state].terminal), f" {wording.share(of)}")
            if of < 0.005 or row.cell_len + told.cell_len > self._console.width:
                break
            row.append_text(told)
        return row

    def _legend(self, states: Mapping[State, Seconds]) -> Iterator[Text]:
        told = [
            Text.assemble((sign(state, shaded=self._shaded), LOOKS[state].terminal), f" {LOOKS[state].label}")
            for state in states
        ]
        row = Text()
        for text in told:
            if row.cell_len + text.cell_len + len(_INDENT) > self._console.width:
                yield row
                row = Text()
            row.append(_INDENT).append_text(text)
        if told:
            yield row

    def verdict(self, verdict: Verdict) -> Iterator[Text]:
        finding = verdict.finding
        style = STYLES[finding.level]
        header = Text.assemble(
            (finding.code, f"bold {style}"),
            f" {finding.name} ",
            (finding.level.value, style),
            "  ",
            (place(finding.span), "dim"),
        )
        yield from self._hang(Text(), header, 0)
        yield from self._hang(Text(), prose(finding.message, "bold"), 0)
        for number, step in enumerate(finding.trace, start=1):
            start = Text(f"{_INDENT}{number}. ", "bold blue")
            yield from self._hang(
                start, Text.assemble(prose(step.message), "  ", (place(step.span), "dim")), len(start)
            )
        before = ""
        for label, says in detail(verdict):
            start = Text(f"{_INDENT}{label}: ", "bold green" if label in ("instead", "help") else "bold")
            if label == before:
                start = Text(" " * len(start))
            before = label
            yield from self._hang(start, prose(says), len(start))
        for file in verdict.change.files if verdict.change is not None else ():
            yield from self._change(file)
        start = Text(f"{_INDENT}tried: ", "bold green")
        for trial in verdict.trials:
            outcome = prose(wording.tried(trial), "" if trial.is_same else "yellow")
            yield from self._hang(start, outcome, len(start))
            start = Text(" " * len(start))

    def _change(self, file: Rewritten) -> Iterator[Text]:
        """What changes in a file: its lines' numbers before and after, and the lines, never broken into rows."""
        lines = list(diff_lines(file))
        digits = max(len(str(number)) for line in lines for number in (line.old, line.new) if number)
        yield from self._hang(
            Text(f"{_INDENT}change: ", "bold green"), Text(visible(file.path), "dim"), len(_INDENT) + 8
        )
        for line in lines:
            if line.after_gap:
                yield self._row(Text(f"{_INDENT}{'':>{2 * digits + 1}} {self._signs.bar} {self._signs.cut}", "dim"))
            old, new = (f"{number or '':>{digits}}" for number in (line.old, line.new))
            code = f"{line.sign} {visible(line.text.expandtabs(4))}".rstrip()
            gutter = (f"{_INDENT}{old} {new} {self._signs.bar} ", "dim")
            yield self._row(Text.assemble(gutter, (code, _CHANGES.get(line.sign, "dim"))))

    @staticmethod
    def _row(row: Text) -> Text:
        row.rstrip()
        row.no_wrap = True
        row.overflow = "ignore"
        return row

    def _hang(self, label: Text, body: Text, indent: int) -> Iterator[Text]:
        """`body` wrapped to the console's width, `label` before its first row, spaces before the others."""
        for row in body.wrap(self._console, max(self._console.width - indent, 20)):
            row.rstrip()
            yield Text.assemble(label, row)
            label = Text(" " * indent)


def _cut(text: str, width: int, sign: str) -> str:
    return text if len(text) <= width else text[: max(0, width - 1)] + sign
