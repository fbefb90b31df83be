"""Reads what the tests run: the examples of a rule, on its page and in its cases, and the markers in any project."""

import io
import re
import tokenize
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "rules"
CASES = RULES / "cases"
PROJECTS = ROOT / "fixtures" / "projects"
WORKLOADS = ROOT / "fixtures" / "workloads"

MEASURED = "CCL9"
"""How the codes of verdicts begin."""

# The headings that hold examples, and what a page must hold in which order.
EXAMPLE_HEADINGS = ("Flagged", "Good", "Missed alarms", "False alarms")
HEADINGS = ("Why", "Flagged", "Good", "Silence", "Missed alarms", "False alarms")

DEFAULT_FILE = "example.py"
DEFAULT_TARGET = "3.11"

_FENCE = re.compile(r"(?P<ticks>`{3,})\s*(?P<language>[\w+-]*)\s*$")
_FILE_NAME = re.compile(r"`(?P<name>[^`]+)`:$")
_TITLE = re.compile(r"# (?P<code>CCL\d{3}) (?P<name>\S+)$")
_LEVEL = re.compile(r"Level: \*\*(?P<level>error|warning|advice)\*\*$")
_MARKER = re.compile(r"#\s*(?P<kind>error|missed)\b(?P<rest>.*)$")
_ITEM = re.compile(r'\s*(?:(?P<code>CCL\d{3})(?:\s+"(?P<narrowed>[^"]+)")?|"(?P<text>[^"]+)")(?:\s*,\s*(?=\S)|$)')
_WORKLOAD = re.compile(r"^- `([\w/]+)`: .+\.$", re.MULTILINE)
_TABLE = re.compile(r"\[(?P<name>[^\[\]].*)\]\s*$")


class PageError(Exception):
    """A page or a marker that is not written as `rules/README.md` says; the message names file and line."""


@dataclass(frozen=True, order=True)
class Promise:
    """One finding that a marker expects; `text` must stand in its message when it is not empty."""

    path: str
    line: int
    code: str
    text: str = ""


@dataclass(frozen=True)
class Markers:
    """All that the comments of some files promise, and the lines they own up to missing."""

    promised: frozenset[Promise]
    missed: frozenset[tuple[str, int]]


@dataclass(frozen=True)
class Example:
    """One small project on a page or among the cases: its files by name, its settings and what it expects."""

    code: str
    heading: str
    title: str
    path: Path
    line: int
    files: Mapping[str, str]
    config: str
    markers: Markers

    @property
    def name(self) -> str:
        """How a test report calls it: code, heading and title."""
        return f"{self.code} {self.heading}: {self.title}"

    @property
    def content(self) -> tuple[tuple[str, str], ...]:
        """Files and settings as one hashable value: two examples of one content are one example."""
        return (*sorted(self.files.items()), ("pyproject.toml", self.config), ("select", self.code))


@dataclass(frozen=True)
class RulePage:
    """A rule's page as the tests see it, with all examples of the rule, wherever they stand."""

    path: Path
    code: str
    name: str
    level: str
    summary: str
    headings: tuple[str, ...]
    sections: Mapping[str, str]
    examples: tuple[Example, ...]

    def under(self, heading: str) -> tuple[Example, ...]:
        """The examples below one heading, those on the page first."""
        return tuple(example for example in self.examples if example.heading == heading)


@dataclass(frozen=True)
class Cases:
    """The further examples of a rule."""

    path: Path
    code: str
    name: str
    headings: tuple[str, ...]
    examples: tuple[Example, ...]


def rule_pages() -> list[Path]:
    """The pages of the rules put to a program, in code order."""
    return [page for page in sorted(RULES.glob("CCL*.md")) if not page.stem.startswith(MEASURED)]


def verdict_pages() -> list[Path]:
    """The pages of the verdicts on a measured run, in code order."""
    return sorted(RULES.glob(f"{MEASURED}*.md"))


def named_workloads(path: Path, heading: str) -> list[str]:
    """The workloads that a verdict's page lists below a heading, by their path below `fixtures/workloads/`."""
    section = path.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return _WORKLOAD.findall(section)


def case_files() -> list[Path]:
    """The files of further examples, in code order."""
    return sorted(CASES.glob("*.md"))


@cache
def read_page(path: Path) -> RulePage:
    """The page at `path` with the examples of its cases; raises PageError where either is not written as it should."""
    page = parse_page(path, path.read_text(encoding="utf-8"))
    further = CASES / f"{page.code}.md"
    if not further.exists():
        return page
    return replace(page, examples=(*page.examples, *read_cases(further).examples))


def read_cases(path: Path) -> Cases:
    """The further examples at `path`; raises PageError where they are not written as examples are."""
    return parse_cases(path, path.read_text(encoding="utf-8"))


def parse_cases(path: Path, text: str) -> Cases:
    """The further examples in `text`; `path` only names them in messages."""
    lines = text.splitlines()
    code, name = _titled(path, lines)
    sections = list(_sections(path, lines))
    return Cases(path, code, name, tuple(section.heading for section in sections), _all_examples(path, code, sections))


def parse_page(path: Path, text: str) -> RulePage:
    """The page whose `text` is given; `path` only names it in messages."""
    lines = text.splitlines()
    code, name = _titled(path, lines)
    opening = [line for line in _before_headings(lines[1:]) if line.strip()]
    if not opening or _LEVEL.match(opening[0]):
        raise PageError(f"{path}:3: no summary below the title")
    level = _LEVEL.match(opening[1]) if len(opening) > 1 else None
    if level is None:
        raise PageError(f"{path}: the summary, one line, is not followed by `Level: **error|warning|advice**`")
    sections = list(_sections(path, lines))
    return RulePage(
        path=path,
        code=code,
        name=name,
        level=level["level"],
        summary=opening[0],
        headings=tuple(section.heading for section in sections),
        sections={section.heading: "\n".join(section.prose).strip() for section in sections},
        examples=_all_examples(path, code, sections),
    )


def _titled(path: Path, lines: Sequence[str]) -> tuple[str, str]:
    title = _TITLE.match(lines[0]) if lines else None
    if title is None:
        raise PageError(f"{path}:1: the first line is not `# CCLnnn rule-name`")
    return title["code"], title["name"]


def _before_headings(lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        if line.startswith("## "):
            return
        yield line


@dataclass
class _Block:
    language: str
    name: str
    line: int
    text: str


@dataclass
class _Part:
    """What stands below one `###`: its blocks."""

    title: str
    line: int
    blocks: list[_Block] = field(default_factory=list)


@dataclass
class _Section:
    """What stands below one `##`: prose, then titled parts."""

    heading: str
    prose: list[str] = field(default_factory=list)
    parts: list[_Part] = field(default_factory=list)


def _sections(path: Path, lines: Sequence[str]) -> Iterator[_Section]:
    section: _Section | None = None
    said = ""
    numbered = iter(enumerate(lines, 1))
    for number, line in numbered:
        if fence := _FENCE.match(line):
            block = _Block(fence["language"], _named(said), number, _fenced(path, number, fence["ticks"], numbered))
            _place(path, section, block)
            said = ""
        elif line.startswith("## "):
            if section is not None:
                yield section
            section = _Section(line.removeprefix("## ").strip())
        elif line.startswith("### ") and section is not None:
            section.parts.append(_Part(line.removeprefix("### ").strip(), number))
        elif section is not None and not section.parts:
            section.prose.append(line)
        if line.strip() and not fence:
            said = line.strip()
    if section is not None:
        yield section


def _fenced(path: Path, start: int, ticks: str, numbered: Iterator[tuple[int, str]]) -> str:
    body: list[str] = []
    for _, line in numbered:
        if line.rstrip() == ticks:
            return "".join(f"{line}\n" for line in body)
        if line.startswith(ticks) and _FENCE.match(line):
            break
        body.append(line)
    raise PageError(f"{path}:{start}: a block without an end")


def _named(said: str) -> str:
    match = _FILE_NAME.match(said)
    return match["name"] if match else ""


def _place(path: Path, section: _Section | None, block: _Block) -> None:
    if section is None or section.heading not in EXAMPLE_HEADINGS:
        return
    if not section.parts:
        raise PageError(f"{path}:{block.line}: a block below `## {section.heading}` without a `###` title")
    section.parts[-1].blocks.append(block)


def _all_examples(path: Path, code: str, sections: Sequence[_Section]) -> tuple[Example, ...]:
    holding = [section for section in sections if section.heading in EXAMPLE_HEADINGS]
    return tuple(_example(path, code, section.heading, part) for section in holding for part in section.parts)


def _example(path: Path, code: str, heading: str, part: _Part) -> Example:
    files: dict[str, str] = {}
    config = ""
    for block in part.blocks:
        where = f"{path}:{block.line}"
        if block.language == "toml":
            config += block.text
        elif block.language == "python":
            name = block.name or DEFAULT_FILE
            if name in files:
                raise PageError(f"{where}: a second block for `{name}`")
            files[name] = block.text
        else:
            raise PageError(f"{where}: an example holds python and toml, not `{block.language}`")
    if not files:
        raise PageError(f"{path}:{part.line}: `{part.title}` holds no python block")
    markers = read_markers(files, code, where=f"{path}: {part.title}")
    return Example(code, heading, part.title, path, part.line, files, config, markers)


def read_markers(files: Mapping[str, str], code: str = "", *, where: str = "") -> Markers:
    """What the comments of `files` promise; `code` is the rule a bare `# error` speaks of, if any."""
    promised: set[Promise] = set()
    missed: set[tuple[str, int]] = set()
    for name, text in files.items():
        if "error" not in text and "missed" not in text:
            continue
        for line, comment in _comments(text):
            marker = _MARKER.search(comment)
            if marker is None:
                continue
            place = f"{where}: {name}:{line}" if where else f"{name}:{line}"
            if marker["kind"] == "error":
                promised.update(_promises(place, name, line, code, marker["rest"].strip()))
            elif marker["rest"].strip():
                raise PageError(f"{place}: `# missed` is followed by `{marker['rest'].strip()}`")
            else:
                missed.add((name, line))
    return Markers(frozenset(promised), frozenset(missed))


def _promises(place: str, name: str, line: int, own_code: str, rest: str) -> Iterator[Promise]:
    if rest and not rest.startswith(":"):
        raise PageError(f"{place}: `# error` is followed by `{rest}`")
    if not rest and not own_code:
        raise PageError(f"{place}: `# error` names no code")
    if not rest:
        yield Promise(name, line, own_code)
        return
    items = rest.removeprefix(":")
    position = 0
    while position < len(items) or position == 0:
        item = _ITEM.match(items, position)
        if item is None or not (item["code"] or own_code):
            raise PageError(f"{place}: `{items[position:].strip()}` is neither a code nor a text in quotes")
        yield Promise(name, line, item["code"] or own_code, item["narrowed"] or item["text"] or "")
        position = item.end()


def _comments(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of each comment; where the text is not Python, of all that looks like one."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):
        lines = enumerate(text.splitlines(), 1)
        yield from ((number, line[line.index("#") :]) for number, line in lines if "#" in line)
    else:
        yield from ((token.start[0], token.string) for token in tokens if token.type == tokenize.COMMENT)


def pyproject(config: str, *, target: str = DEFAULT_TARGET, code: str = "") -> str:
    """A `pyproject.toml` for an example: `config` is the content of `[tool.concurlint]`, tables included.

    The rule of that `code` is selected besides those that are on by default.
    """
    lines = []
    for line in config.splitlines():
        table = _TABLE.match(line.strip())
        if table is None:
            lines.append(line)
        elif table["name"].strip() != "tool.concurlint":
            lines.append(f"[tool.concurlint.{table['name'].removeprefix('tool.concurlint.')}]")
    settings = "\n".join(lines)
    given = tomllib.loads(f"[tool.concurlint]\n{settings}")["tool"]["concurlint"]
    if "target-python" not in given:
        settings = f'target-python = "{target}"\n{settings}'
    if code and "select" not in given:
        settings = f'select = ["CCL", "{code}"]\n{settings}'
    return f'[project]\nname = "example"\nversion = "0"\n\n[tool.concurlint]\n{settings}\n'


def write_example(example: Example, folder: Path) -> None:
    """Lay the example's files and a `pyproject.toml` into `folder`."""
    (folder / "pyproject.toml").write_text(pyproject(example.config, code=example.code), encoding="utf-8")
    for name, text in example.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Said:
    """One finding as far as a comparison looks at it."""

    path: str
    line: int
    column: int
    code: str
    message: str


def differences(promised: frozenset[Promise], said: Sequence[Said]) -> list[str]:
    """One readable line for each promise not kept and each finding not promised; none when they agree."""
    messages: dict[tuple[str, int, str], list[str]] = {}
    for one in said:
        messages.setdefault((one.path, one.line, one.code), []).append(one.message)
    places = {(promise.path, promise.line, promise.code) for promise in promised}
    lines = []
    for promise in sorted(promised):
        found = messages.get((promise.path, promise.line, promise.code), [])
        place = f"{promise.path}:{promise.line}: {promise.code}"
        if not found:
            lines.append(f"promised, not found:  {place} {promise.text}".rstrip())
        elif not any(promise.text in message for message in found):
            lines.append(f'found without "{promise.text}":  {place} {" | ".join(found)}')
    for one in sorted(said, key=lambda one: (one.path, one.line, one.column, one.code)):
        if (one.path, one.line, one.code) not in places:
            lines.append(f"found, not promised:  {one.path}:{one.line}:{one.column}: {one.code} {one.message}")
    return lines
