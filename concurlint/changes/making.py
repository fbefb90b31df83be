"""Which change goes with which verdict: made where it surely means the same, and else not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import libcst as cst

from concurlint.changes.coroutines import unblocked
from concurlint.changes.edit import Edit
from concurlint.changes.guard import guard
from concurlint.changes.loops import Repeat, repeat_at, stacks_at, why_together
from concurlint.changes.mapping import Repeated, gathered, pooled
from concurlint.changes.pools import to_processes
from concurlint.changes.request import Options, Request
from concurlint.changes.settings import released, switched_faster
from concurlint.changes.variations import variations
from concurlint.rewriting.independence import Independence
from concurlint.verdicts.case import Case
from concurlint.verdicts.change import Change
from concurlint.verdicts.measured import Place
from concurlint.verdicts.verdict import Verdict

PROCESSES, THREADS = "ProcessPoolExecutor", "ThreadPoolExecutor"


@dataclass(frozen=True, slots=True)
class Varied:
    """A change that makes another choice than the verdict's: what is other, and the change."""

    label: str
    change: Change


def make_change(case: Case, verdict: Verdict, options: Options | None = None) -> Change | None:
    """The verdict's remedy in the program's own text; None where it cannot be had, or might mean something else."""
    maker = _MAKERS.get(verdict.finding.code)
    if maker is None or case.known is None:
        return None
    request = Request(case, case.known, verdict, Edit(case), options or Options())
    try:
        return request.edit.finished() if maker(request) else None
    except cst.ParserSyntaxError:  # of another Python, or changed since
        return None


def make_variations(case: Case, verdict: Verdict) -> Iterator[Varied]:
    """The same remedy with other choices: kinds of executors, numbers of workers and the like."""
    seen = [verdict.change]
    for label, options in variations(verdict.finding.code, verdict.instead, case.cores[0]):
        change = make_change(case, verdict, options)
        if change is not None and change not in seen:
            seen.append(change)
            yield Varied(label, change)


def _in_processes(request: Request) -> bool:
    case = request.case
    frames = {case.outermost(stack.frames) for stack in stacks_at(case, request.verdict.finding.span)}
    work = {(f.path, f.function): f for f in frames if f is not None and f.function != "<module>"}
    given = [Place(f.path, f.line, f.function, 0.0, frozenset()) for _, f in sorted(work.items())]
    return to_processes(request, given)


def _in_pool(request: Request) -> bool:
    known, options = request.known, request.options
    repeat = repeat_at(request.case, known, request.verdict.finding.span)
    if repeat is None:
        return False
    draft = request.edit.draft(repeat.code)
    if repeat.site.awaited:
        may = not options.executor and not why_together(known, repeat, elsewhere=False)
        return may and gathered(draft, _places(repeat), options.width)
    # asyncio; or a pool is there, and its size or its use is the remedy
    if "PoolExecutor" not in request.verdict.instead:
        return False
    executor = options.executor or (PROCESSES if "Process" in request.verdict.instead else THREADS)
    elsewhere = executor == PROCESSES
    if why_together(known, repeat, elsewhere=elsewhere):
        return False
    if not pooled(draft, _places(repeat), executor, _shown(options.workers), options.chunksize):
        return False
    needed = known.program[Independence].reads(repeat.callee) if repeat.callee is not None else set()
    return not elsewhere or guard(request.case, request.edit, needed)


def _commands(request: Request) -> bool:
    repeat = repeat_at(request.case, request.known, request.verdict.finding.span)
    if repeat is None or why_together(request.known, repeat, elsewhere=False):
        return False
    draft = request.edit.draft(repeat.code)
    if request.options.workers is None:
        draft.need("os")
    return pooled(draft, _places(repeat), THREADS, _shown(request.options.workers) or "os.cpu_count()")


def _shown(workers: int | None) -> str:
    return "" if workers is None else str(workers)


def _places(repeat: Repeat) -> Repeated:
    assert repeat.loop.iterable is not None
    return Repeated(repeat.site.call.at, repeat.loop.iterable.at, repeat.again)


_MAKERS: dict[str, Callable[[Request], bool]] = {
    "CCL901": _in_processes,
    "CCL902": _in_pool,
    "CCL903": _in_pool,
    "CCL905": _commands,
    "CCL907": switched_faster,
    "CCL908": released,
    "CCL909": unblocked,
}
