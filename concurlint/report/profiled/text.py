"""A profile and its verdicts as plain text, for pipes and files: the same on every machine."""

from collections.abc import Iterator, Mapping, Sequence

from concurlint.report.frame import split_lines
from concurlint.report.profiled import wording
from concurlint.report.profiled.diff import unified
from concurlint.report.profiled.lines import HotLine, hot_lines
from concurlint.report.profiled.palette import LOOKS, largest
from concurlint.report.profiled.paths import short_path
from concurlint.report.profiled.showing import Showing
from concurlint.report.profiled.tasks import tasks_of
from concurlint.report.profiled.threads import thread_groups
from concurlint.report.profiled.tree import branches
from concurlint.report.text import INDENT, place
from concurlint.report.visible import visible
from concurlint.runtime.profile import Profile, Run, Seconds
from concurlint.runtime.samples import State
from concurlint.verdicts.verdict import Verdict

MOST_LINES = 20
MOST_THREADS = 50
MOST_TASKS = 20
MOST_CALLS = 20


def render(
    profile: Profile, verdicts: Sequence[Verdict], texts: Mapping[str, str], showing: Showing | None = None
) -> str:
    """The run, its threads, the lines that matter, and each verdict as `path:line:column: CODE message`."""
    showing = showing or Showing()
    measured = [*_threads(profile), "", *_tasks(profile), *_lines(profile, texts), *_tree(profile, showing)]
    judged = list(_verdicts(verdicts))
    parts_in_order = (judged, measured) if showing.verdicts_first else (measured, judged)
    lines = [*about(profile.run), "", *parts_in_order[0], "", *parts_in_order[1]]
    return "".join(f"{line}\n" for line in lines)


def about(run: Run) -> Iterator[str]:
    """What was run and how it was measured, in a few lines."""
    where = f"Python {visible(run.python)}, {visible(run.platform)}, {wording.cores(run.cores)}"
    yield f"{wording.command(run)}: {wording.seconds(run.seconds)}, {where}"
    cost = wording.share(wording.part(run.sampler_seconds, run.seconds))
    yield f"{wording.samples(run)}; sampling took {cost} of one core"
    yield f"method: {visible(run.method)}"
    for note in run.notes:
        yield f"note: {visible(note)}"


def parts(states: Mapping[State, Seconds], whole: Seconds, most: int | None = None) -> str:
    """Each state with its share, most first; those that round to nothing are left out."""
    shares = [(state, wording.part(states[state], whole)) for state in largest(states)]
    told = [f"{LOOKS[state].label} {wording.share(of)}" for state, of in shares if of >= 0.001]
    return ", ".join(told[:most])


def detail(verdict: Verdict) -> Iterator[tuple[str, str]]:
    """What a verdict says besides its message: (label, one line), in the order to read it."""
    for figure in verdict.figures:
        yield "measured", f"{visible(figure.label)} {wording.figure(figure)}"
    if verdict.instead:
        yield "instead", visible(verdict.instead)
    if verdict.why:
        yield "why", visible(verdict.why)
    for prediction in verdict.predictions:
        yield "predicted", wording.predicted(prediction)
    assumes = wording.assumptions(verdict.predictions)
    if assumes:
        yield "assuming", "; ".join(assumes)
    saved = wording.saves(*verdict.saves)
    if saved:
        yield "saves", saved
    if verdict.finding.help and verdict.finding.help != verdict.instead:
        yield "help", visible(verdict.finding.help)


def _threads(profile: Profile) -> Iterator[str]:
    yield "threads:"
    if not profile.threads:
        yield f"{INDENT}none was seen"
    for group in thread_groups(profile, MOST_THREADS):
        whole = sum(group.states.values())
        yield f"{INDENT}{group.name}: {wording.seconds(whole)}: {parts(group.states, whole)}"
        if group.spread:
            yield f"{INDENT * 2}{group.spread}"


def _tasks(profile: Profile) -> Iterator[str]:
    tasks = tasks_of(profile, MOST_TASKS)
    if not tasks:
        return
    yield "tasks, by what kept the event loop:"
    for task in tasks:
        where = f" ({visible(short_path(task.path))})" if task.path else ""
        says = parts(task.states, task.seconds)
        yield f"{INDENT}{visible(task.function)}{where}: {wording.seconds(task.seconds)}: {says}"
    yield ""


def _tree(profile: Profile, showing: Showing) -> Iterator[str]:
    for title, root in showing.trees(profile):
        yield ""
        yield f"{title}:"
        rows = branches(root, most=MOST_CALLS)
        if not rows:
            yield f"{INDENT}nothing was seen"
        for row in rows:
            call = row.call
            name = f"{visible(call.function)} ({visible(call.path)})" if call.path else visible(call.function)
            says = parts(call.states, call.seconds, 3)
            yield f"{INDENT}{'  ' * len(row.above)}{wording.seconds(call.seconds)} {name}: {says}"


def _lines(profile: Profile, texts: Mapping[str, str]) -> Iterator[str]:
    yield "lines:"
    found = hot_lines(profile, texts, most=MOST_LINES)
    if not found:
        yield f"{INDENT}none was seen long enough"
    for line in found:
        yield f"{INDENT}{_line(line)}"


def _line(line: HotLine) -> str:
    where = f"{visible(line.path)}:{line.line}: {visible(line.function)}"
    return f"{where}: {wording.seconds(line.seconds)}: {parts(line.states, line.seconds)}"


def _verdicts(verdicts: Sequence[Verdict]) -> Iterator[str]:
    yield "verdicts:"
    if not verdicts:
        yield f"{INDENT}none: the figures decide nothing"
    for verdict in verdicts:
        yield f"{place(verdict.finding.span)}: {verdict.finding.code} {visible(verdict.finding.message)}"
        for step in verdict.finding.trace:
            yield f"{INDENT}{place(step.span)}: {visible(step.message)}"
        for label, says in detail(verdict):
            yield f"{INDENT}{label}: {says}"
        if verdict.change is not None:
            yield f"{INDENT}change:"
            for line in split_lines(unified(verdict.change).removesuffix("\n")):
                yield f"{INDENT * 2}{visible(line)}".rstrip()
        for trial in verdict.trials:
            yield f"{INDENT}tried: {wording.tried(trial)}"
