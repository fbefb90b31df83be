"""Which calls block the thread they run on, directly or through functions of the project."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from concurlint.catalog.effects import CallFact, EffectKind
from concurlint.effects.blocking.nonblocking import NonBlocking
from concurlint.effects.calls.summaries import Summaries, summaries
from concurlint.effects.calls.witness import Chain, along
from concurlint.effects.contexts.frameworks import starts_greenlet
from concurlint.effects.contexts.parallel import SoleTasks
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.conditions import contradicts
from concurlint.effects.flow.detours import Detours
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Call
from concurlint.finding import Step
from concurlint.project.arguments import merged
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Coroutine, Instance, Value

_MOST_DOUBTS = 1


@dataclass(frozen=True, slots=True, eq=False)
class Blocking:
    """That running a function (or a call in it) blocks: on what, and through which calls.

    `fact` and `name` are the library call at the end; `chain` the call sites that lead to it, each with the
    code it stands in. `doubts` counts what must come out one way for the run to get there; of several ways
    the one with the fewest is kept, and of these the shortest.
    """

    name: str
    fact: CallFact
    chain: Chain
    doubts: int = 0

    def steps(self) -> tuple[Step, ...]:
        """The chain as steps of a trace."""
        return along(self.chain, self.name, "blocks in")

    @property
    def rank(self) -> tuple[int, int]:
        """Smaller is better evidence."""
        return self.doubts, len(self.chain)


def stops_a_loop(fact: CallFact) -> bool:
    """Whether a coroutine that makes the call stops its loop."""
    return fact.blocks_loop


def reads_or_writes_disk(fact: CallFact) -> bool:
    """Whether the call waits for the disk, and for nothing worse."""
    return fact.effect == EffectKind.BLOCK_DISK and fact.waits and not fact.blocks_loop


class BlockingCalls:
    """Effects of kind "blocks the event loop", spread from the calls that do to all that lead there."""

    _stops: Callable[[CallFact], bool] = staticmethod(stops_a_loop)

    def __init__(self, program: Program) -> None:
        self._program = program
        self._graph = program.graph
        self._effects = program.effects
        self._readiness = program[NonBlocking]
        self._detours = program[Detours]
        self._of = summaries(
            self._graph,
            self._direct_blockers().items(),
            self._through,
            rank=lambda blocking: blocking.rank,
            holds=lambda blocking, known: self._all_block(blocking.chain[0][1], known),
        )

    def _direct(self, code: Code, site: CallSite, name: str) -> Blocking | None:
        fact = self._effects.lookup(name)
        if fact is None or not self._stops(fact) or site.awaited:
            return None
        if self._readiness.returns_at_once(code, site, fact):
            return None
        return Blocking(name, fact, ((code, site),))

    def _direct_blockers(self) -> dict[Code, Blocking]:
        found: dict[Code, Blocking] = {}
        for code, calls in self._graph.libraries.items():
            if code.is_async or code.scope.kind in ("module", "class") or self._detours.knows_the_loop(code):
                continue
            for site, name, _ in calls:
                direct = self._direct(code, site, name)
                if direct is None:
                    continue
                direct = replace(direct, doubts=self._detours.of(code, site, is_last=True))
                if code not in found or direct.rank < found[code].rank:
                    found[code] = direct
        return {code: direct for code, direct in found.items() if direct.doubts <= _MOST_DOUBTS}

    def _through(self, edge: Edge, inner: Blocking) -> Blocking | None:
        """That the caller blocks, if it does so by this call."""
        caller, site = edge.caller, edge.site
        if caller.is_async or not edge.runs or caller.scope.kind in ("module", "class"):
            return None
        if site.awaited or not self._gets_there(edge, inner):
            return None
        if self._is_dual(caller) or self._detours.knows_the_loop(caller) or self._detours.is_remembered(edge.callee):
            return None
        doubts = inner.doubts + self._detours.of(caller, site)
        if doubts > _MOST_DOUBTS:
            return None
        return Blocking(inner.name, inner.fact, ((caller, site), *inner.chain), doubts)

    def _gets_there(self, edge: Edge, inner: Blocking) -> bool:
        """Whether this very call can reach the blocking one: its arguments may rule the branch out."""
        bound = isinstance(edge.value, (Bound, ClassOf, Instance))
        call = merged(edge.value, edge.site.call)
        conditions = inner.chain[0][1].context.conditions
        return not any(contradicts(c, edge.callee, call, bound) for c in conditions)

    def _is_dual(self, code: Code) -> bool:
        """A function that gives a coroutine or future in some cases serves both worlds: it blocks in the other."""
        evaluator = self._graph.evaluator
        if any(isinstance(v, Coroutine) or evaluator.kind(v) == "async-future" for v in evaluator.returns(code)):
            return True
        given_back = {id(r.value) for r in code.scope.returned if isinstance(r.value, Call)}
        for site, name, _ in self._graph.libraries.get(code, ()):
            fact = self._effects.lookup(name) if id(site.call) in given_back else None
            if fact is not None and fact.effect == EffectKind.AWAIT:
                return True
        return False

    def _all_block(self, site: CallSite, known: Summaries[Blocking]) -> bool:
        """Every target the call may have blocks: one that does not makes it unknown."""
        return all(self._may(value, known) for value in self._graph.targets(site))

    def _may(self, value: Value, known: Summaries[Blocking]) -> bool:
        name = library_name(value)
        if name:
            fact = self._effects.lookup(name)
            return fact is not None and self._stops(fact)
        callee = self._graph.runs(value)
        return callee is not None and callee in known

    def on_loops(self) -> Iterator[tuple[Code, CallSite, Blocking]]:
        """The blocking calls in coroutines and in what event loops call back."""
        alone, dispatches = self._program[SoleTasks], self._program[Spawns]
        for code in self._graph.edges:
            if not self._runs_on_loop(code, dispatches) or self._has_loop_of_its_own(code, dispatches):
                continue
            if alone.is_alone(code):
                continue
            for site in self._graph.sites(code):
                if not code.is_async and self._detours.of(code, site, is_last=True):
                    continue  # it may be called elsewhere too, and tell the two apart
                found = self.at(code, site)
                if found is not None:
                    yield code, site, found

    def _runs_on_loop(self, code: Code, dispatches: Spawns) -> bool:
        if code.is_async:
            return True
        runs = dispatches.by_code.get(code, ())
        on_loop = any(run.on == "task" and not starts_greenlet(run.name) for run in runs)
        return on_loop and not self._detours.knows_the_loop(code)

    def _has_loop_of_its_own(self, code: Code, dispatches: Spawns) -> bool:
        """A coroutine that is only ever run to its end in a thread made for it, and starts no tasks."""
        runs = dispatches.by_code.get(code, ())
        if not runs or not all(run.waits and run.on == "task" for run in runs):
            return False
        if any(edge.site.awaited for edge in self._graph.callers.get(code, ())):
            return False
        in_thread = all(
            any(d.on == "thread" for d in dispatches.by_code.get(run.where, ()))
            or dispatches.runs_thread_of_class(run.where)
            for run in runs
        )
        return in_thread and not any(d.on == "task" for d in dispatches.all if d.where in code.family())

    def at(self, code: Code, site: CallSite) -> Blocking | None:
        """What the call at `site` in `code` blocks on; None if nothing, or if that is not known."""
        if site.awaited:
            return None
        found = self._blocks(code, site)
        if found is None or self._detours.is_last_deed(code, site):
            return None
        return None if self._readiness.is_provided_for(code, site, found.chain[-1][1]) else found

    def _blocks(self, code: Code, site: CallSite) -> Blocking | None:
        targets = self._graph.targets(site)
        found: list[Blocking] = []
        for value in targets:
            one = self._target(code, site, value)
            if one is None:
                return None
            found.append(one)
        return min(found, key=lambda b: b.rank, default=None)

    def _target(self, code: Code, site: CallSite, value: Value) -> Blocking | None:
        name = library_name(value)
        if name:
            return self._direct(code, site, name)
        callee = self._graph.runs(value)
        if callee is None or callee not in self._of:
            return None
        inner = self._of[callee][None]
        edge = next((e for e in self._graph.edges.get(code, ()) if e.site is site and e.callee is callee), None)
        if edge is None or not edge.runs or self._is_dual(callee) or not self._gets_there(edge, inner):
            return None
        if self._detours.is_remembered(callee):
            return None
        if edge.consumed and inner.fact.effect == EffectKind.BLOCK_LOCK and _is_entered(code, site):
            return None  # like `with lock:`, mostly held for a short time
        return replace(inner, chain=((code, site), *inner.chain))


class DiskCalls(BlockingCalls):
    """The same for calls that wait for the disk, and for nothing worse."""

    _stops = staticmethod(reads_or_writes_disk)


def _is_entered(code: Code, site: CallSite) -> bool:
    return any(entered.manager is site.call for entered, _, _ in code.scope.entered)
