"""All tables of a map, made from the analyses of a program."""

from __future__ import annotations

from collections.abc import Iterable

from concurlint.effects.blocking.calls import BlockingCalls
from concurlint.effects.locks.order import LockOrder, Second
from concurlint.effects.lockset.acquisitions import Acquisitions
from concurlint.effects.lockset.address import Lock
from concurlint.effects.overview.contexts import RunContexts, full_name
from concurlint.effects.overview.locknames import LockNames
from concurlint.effects.overview.records import URGENCY, LockRow, LoopRow, Mark, Order, Overview, State, Taken
from concurlint.effects.overview.states import SharedStates
from concurlint.effects.program import Program
from concurlint.facts.syntax import spelled
from concurlint.finding import Span
from concurlint.project.values import Site


def overview(program: Program, paths: frozenset[str]) -> Overview:
    """The map of the files at `paths`; what stands in others of the project is left out."""
    states = [state for state in program[SharedStates].rows() if state.at.path in paths]
    states.sort(key=lambda state: (URGENCY.index(state.mark), state.module, state.owner, state.name))
    entries = [entry for entry in program[RunContexts].entries() if entry.at.path in paths]
    return Overview(
        files=len(paths),
        entries=tuple(sorted(entries, key=lambda entry: (entry.where, entry.code, entry.at))),
        states=tuple(states),
        locks=tuple(_locks(program, paths, states)),
        orders=tuple(_orders(program, paths)),
        loops=tuple(_loops(program, paths)),
        coroutines=sum(code.is_async and code.module.source.name in paths for code in program.graph.edges),
        free_threaded=program.config.free_threaded,
    )


def _locks(program: Program, paths: frozenset[str], states: Iterable[State]) -> Iterable[LockRow]:
    found: dict[str, tuple[Lock, list[Taken]]] = {}
    for code in program.graph.edges:
        for taking in program[Acquisitions].of(code):
            _, taken = found.setdefault(program[LockNames].of(taking.lock), (taking.lock, []))
            taken.append(Taken(full_name(code), code.span(taking.at)))
    guarded: dict[str, list[str]] = {}
    for state in states:
        for held in state.locks if state.mark in (Mark.GUARDED, Mark.READ_BARE) else ():
            guarded.setdefault(held, []).append(f"{state.owner}.{state.name}" if state.owner else state.name)
    for name, (lock, taken) in sorted(found.items()):
        if any(each.at.path in paths for each in taken):
            kind = f"reentrant {lock.kind}" if lock.reentrant else lock.kind
            taken.sort(key=lambda each: each.at)
            yield LockRow(name, kind, _made(lock), tuple(taken), tuple(sorted(set(guarded.get(name, ())))))


def _made(lock: Lock) -> Span | None:
    site = next((origin for origin in lock.made if isinstance(origin, Site)), None)
    return site.code.span(site.call.at) if site is not None else None


def _orders(program: Program, paths: frozenset[str]) -> Iterable[Order]:
    order, names = program[LockOrder], program[LockNames]
    inverted = {second for inversion in order.inversions() for second in (inversion.one, inversion.other)}
    seen: dict[tuple[str, str], tuple[Second, bool]] = {}
    for second in order.pairs():
        key = (names.of(second.first.lock), names.of(second.second.lock))
        if key[0] != key[1] and second.code.module.source.name in paths:
            seen.setdefault(key, (second, second in inverted))
    for (first, last), (second, twice) in sorted(seen.items()):
        both = twice or (last, first) in seen
        yield Order(first, last, second.code.span(second.at), full_name(second.code), both)


def _loops(program: Program, paths: frozenset[str]) -> Iterable[LoopRow]:
    for code, site, blocking in program[BlockingCalls].on_loops():
        if code.module.source.name in paths:
            called = spelled(site.call.function) or blocking.name
            at = code.span(site.call.at)
            yield LoopRow(full_name(code), at, called, blocking.name, len(blocking.chain))
