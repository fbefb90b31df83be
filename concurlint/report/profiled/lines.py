"""The lines that matter: where the program's own files spend time, whatever library they call there."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from concurlint.report.frame import split_lines
from concurlint.report.profiled.paths import is_library, measured_path
from concurlint.runtime.profile import Profile, Seconds, caller_lines
from concurlint.runtime.samples import State
from concurlint.verdicts.verdict import Verdict

LEAST = 0.01
"""Lines with less than this part of the run are left out, unless a verdict judges them."""


@dataclass(frozen=True, slots=True)
class HotLine:
    """One line of the program, all its threads together."""

    path: str
    line: int
    function: str
    states: Mapping[State, Seconds]

    @property
    def seconds(self) -> Seconds:
        """All its time."""
        return sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Excerpt:
    """One row of a file as it is shown: its text (None where the source is not there), and what is measured of it."""

    number: int
    text: str | None
    hot: HotLine | None
    judged: bool = False
    after_gap: bool = False


def hot_lines(profile: Profile, texts: Mapping[str, str], *, most: int) -> tuple[HotLine, ...]:
    """The lines with most time, most first; a library's time counts for the own line that called it."""
    least = LEAST * profile.run.seconds
    return tuple(line for line in _every_line(profile, texts) if line.seconds >= least)[:most]


def by_file(lines: Iterable[HotLine]) -> dict[str, list[HotLine]]:
    """The lines of each file in order; the file with most time first."""
    files: dict[str, list[HotLine]] = defaultdict(list)
    for line in lines:
        files[line.path].append(line)
    ranked = sorted(files, key=lambda path: (-sum(line.seconds for line in files[path]), path))
    return {path: sorted(files[path], key=lambda line: line.line) for path in ranked}


def excerpt(hot: Sequence[HotLine], text: str | None, judged: Iterable[int], *, around: int) -> list[Excerpt]:
    """The hot and judged lines of one file with `around` lines before and after each."""
    lines = [] if text is None else split_lines(text)
    if lines and not lines[-1]:
        lines.pop()
    found = {line.line: line for line in hot}
    marked = {number for number in judged if number <= len(lines) or number in found}
    wanted = {
        number
        for middle in {*found, *marked}
        for number in range(middle - around, middle + around + 1)
        if number == middle or 1 <= number <= len(lines)
    }
    rows: list[Excerpt] = []
    before, gap = 0, False
    for number in sorted(wanted):
        gap = gap or number != before + 1
        before = number
        shown = lines[number - 1] if 1 <= number <= len(lines) else None
        # A line without text beside the hot ones tells nothing.
        if number in found or number in marked or (shown or "").strip():
            rows.append(Excerpt(number, shown, found.get(number), number in marked, gap and bool(rows)))
            gap = False
    return rows


def judged_lines(verdicts: Iterable[Verdict], paths: Collection[str]) -> dict[str, set[int]]:
    """Path → lines that a verdict judges; a path is called as it is in `paths`, which are the profile's."""
    found: dict[str, set[int]] = defaultdict(set)
    for verdict in verdicts:
        span = verdict.finding.span
        found[measured_path(span.path, paths)].add(span.line)
    return found


def own_paths(profile: Profile, texts: Mapping[str, str]) -> set[str]:
    """The program's own files that were seen running or whose text is there."""
    seen = {frame.path for stack in profile.stacks for frame in stack.frames}
    return {path for path in seen | set(texts) if not is_library(path)}


def _every_line(profile: Profile, texts: Mapping[str, str]) -> list[HotLine]:
    def is_own(path: str) -> bool:
        return path in texts and not is_library(path)

    found = caller_lines(profile, is_own) or caller_lines(profile, lambda path: not is_library(path)) or profile.lines
    # The same line may stand in several functions' frames: a lambda, a comprehension.
    sums: dict[tuple[str, int], dict[State, Seconds]] = defaultdict(lambda: defaultdict(float))
    functions: dict[tuple[str, int], str] = {}
    for line in found:
        sums[line.path, line.line][line.state] += line.seconds
        functions.setdefault((line.path, line.line), line.function)
    lines = [HotLine(path, line, functions[path, line], dict(of)) for (path, line), of in sums.items()]
    return sorted(lines, key=lambda line: (-line.seconds, line.path, line.line))
