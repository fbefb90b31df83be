"""Loop variables that work running later reads from the loop itself, after the loop may have moved on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import listed, may
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.flow.dominators import in_one_turn, may_turn_again
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import Binding, CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Collection, Expression, Name, spelled, walk
from concurlint.project.classes import holder
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """A dispatch of work that reads `name`, which the loop around binds anew in each turn."""

    dispatch: Spawn
    name: str
    binding: Binding
    home: Code
    is_target: bool


class LateBinding:
    """Finds work that reads a loop variable by closure."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns].all
        self._graphs = program[Graphs]

    def all(self) -> Iterator[Capture]:
        """One for each dispatch of such work."""
        seen: set[int] = set()
        for dispatch in self._dispatches:
            site = dispatch.site
            if site is None or dispatch.on not in ("thread", "task") or dispatch.waits or site.awaited:
                continue
            capture = next(self.of(dispatch), None)
            if capture is not None and id(site) not in seen:
                seen.add(id(site))
                yield capture

    def of(self, dispatch: Spawn) -> Iterator[Capture]:
        """One for each name that the work reads too late."""
        for name, home in _free_names(dispatch.code):
            bindings = [b for b in home.scope.bindings.get(name, ()) if b.kind != "annotate"]
            for number in self._loops(dispatch, home):
                binding = _turning(bindings, number)
                if binding is None or _has_one_turn(home, number) or self._is_over(dispatch, home, number):
                    continue
                yield Capture(dispatch, name.partition("@")[0], binding, home, binding.kind == "for")
                break

    def _loops(self, dispatch: Spawn, home: Code) -> tuple[int, ...]:
        """The loops of `home` in which the work is defined or handed over."""
        work = dispatch.code
        made = work.scope.defined.loops if work.parent is home else ()
        sent = dispatch.site.context.loops if dispatch.where is home and dispatch.site is not None else ()
        return tuple(dict.fromkeys((*made, *sent)))

    def _is_over(self, dispatch: Spawn, home: Code, number: int) -> bool:
        """Whether the work is done, or the loop left, before the loop can bind the name anew."""
        site = dispatch.site
        if site is None or dispatch.where is not home or number not in site.context.loops:
            return False
        loop = home.scope.loops[number]
        return (
            self._is_waited_for(home, site, loop)
            or self._is_consumed(home, site)
            or not may_turn_again(self._graphs.of(home), loop, site.order)
            or any(
                entered in site.context.entered and number in context.loops
                for entered, context, _ in home.scope.entered
            )
        )

    def _is_waited_for(self, home: Code, site: CallSite, loop: Loop) -> bool:
        """Whether the same turn waits for some work, or awaits something that has a name."""
        cfg = self._graphs.of(home)
        for other in home.scope.calls:
            function = other.call.function
            last = function.attr if isinstance(function, Attribute) else spelled(function)
            is_wait = loop.number in other.context.loops and may("waits-for-work", last)
            if is_wait and in_one_turn(cfg, loop, site.order, other.order):
                return True
        return any(
            isinstance(awaited.value, (Name, Attribute))
            and loop.number in awaited.context.loops
            and in_one_turn(cfg, loop, site.order, awaited.order)
            for awaited in home.scope.awaits
        )

    def _is_consumed(self, home: Code, site: CallSite) -> bool:
        """`list(pool.map(…))` and `for r in pool.map(…)` wait for the results."""
        if any(loop.iterable is not None and _holds(loop.iterable, site.call) for loop in home.scope.loops):
            return True
        return any(
            listed("uses-up", name) and other is not site and _holds(other.call, site.call)
            for other, name, _ in self._graph.libraries.get(home, ())
        )


def _free_names(work: Code) -> Iterator[tuple[str, Code]]:
    """The names that the work reads from around it, with the scope each lives in."""
    inside = set(work.family())
    for part in inside:
        for name in part.scope.uses:
            home = holder(part, name) or work.module.body
            if home not in inside and name in home.scope.bindings:
                yield name, home


def _turning(bindings: list[Binding], number: int) -> Binding | None:
    """The binding that gives the name a new value in each turn, if the name is bound nowhere else."""
    for binding in bindings:
        if binding.kind == "for" and binding.context.loops[-1:] == (number,):
            return binding
    if bindings and all(b.kind == "assign" and number in b.context.loops for b in bindings):
        return bindings[-1]
    return None


def _has_one_turn(code: Code, number: int) -> bool:
    iterable = code.scope.loops[number].iterable
    return isinstance(iterable, Collection) and len(iterable.items) <= 1


def _holds(outer: Expression, call: Call) -> bool:
    return any(part is call for part in walk(outer))
