"""Which change goes with which verdict: made where it surely means the same, and else not at all."""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from concurlint.changes.coroutines import unblocked
from concurlint.changes.edit import Edit
from concurlint.changes.guard import guard
from concurlint.changes.independence import Independence
from concurlint.changes.loops import Repeat, repeat_at, stacks_at, why_together
from concurlint.changes.mapping import Repeated, gathered, pooled
from concurlint.changes.pools import to_processes
from concurlint.changes.settings import released, switched_faster
from concurlint.verdicts.case import Case
from concurlint.verdicts.change import Change
from concurlint.verdicts.known import Known
from concurlint.verdicts.measured import Place
from concurlint.verdicts.verdict import Verdict

Maker = Callable[[Case, Known, Edit, Verdict], bool]


def make_change(case: Case, verdict: Verdict) -> Change | None:
    """The verdict's remedy in the program's own text; None where it cannot be had, or might mean something else."""
    maker = _MAKERS.get(verdict.finding.code)
    if maker is None or case.known is None:
        return None
    edit = Edit(case)
    try:
        return edit.finished() if maker(case, case.known, edit, verdict) else None
    except cst.ParserSyntaxError:  # of another Python, or changed since
        return None


def _in_processes(case: Case, known: Known, edit: Edit, verdict: Verdict) -> bool:
    frames = {case.outermost(stack.frames) for stack in stacks_at(case, verdict.finding.span)}
    work = {(f.path, f.function): f for f in frames if f is not None and f.function != "<module>"}
    given = [Place(f.path, f.line, f.function, 0.0, frozenset()) for _, f in sorted(work.items())]
    return to_processes(case, known, edit, given)


def _in_pool(case: Case, known: Known, edit: Edit, verdict: Verdict) -> bool:
    repeat = repeat_at(case, known, verdict.finding.span)
    if repeat is None:
        return False
    if repeat.site.awaited:
        return not why_together(known, repeat, elsewhere=False) and gathered(edit.draft(repeat.code), _places(repeat))
    if "asyncio" in verdict.instead:
        return False
    elsewhere = "Process" in verdict.instead
    if why_together(known, repeat, elsewhere=elsewhere):
        return False
    executor = "ProcessPoolExecutor" if elsewhere else "ThreadPoolExecutor"
    if not pooled(edit.draft(repeat.code), _places(repeat), executor):
        return False
    needed = known.program[Independence].reads(repeat.callee) if repeat.callee is not None else set()
    return not elsewhere or guard(case, edit, needed)


def _commands(case: Case, known: Known, edit: Edit, verdict: Verdict) -> bool:
    repeat = repeat_at(case, known, verdict.finding.span)
    if repeat is None or why_together(known, repeat, elsewhere=False):
        return False
    draft = edit.draft(repeat.code)
    draft.need("os")
    return pooled(draft, _places(repeat), "ThreadPoolExecutor", "os.cpu_count()")


def _places(repeat: Repeat) -> Repeated:
    assert repeat.loop.iterable is not None
    return Repeated(repeat.site.call.at, repeat.loop.iterable.at, repeat.again)


_MAKERS: dict[str, Maker] = {
    "CCL901": _in_processes,
    "CCL902": _in_pool,
    "CCL903": _in_pool,
    "CCL905": _commands,
    "CCL907": switched_faster,
    "CCL908": released,
    "CCL909": unblocked,
}
