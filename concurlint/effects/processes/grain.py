"""Work that is not worth a process: too small for what sending it costs, or waiting instead of computing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.effects import EffectKind
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.cost.estimates import StatedEstimates
from concurlint.effects.program import Program
from concurlint.finding import Step
from concurlint.project.arguments import given, has_stars

_FEW = 100.0
"""Below this many items nothing matters; where the number is unknown it is taken to be more."""
_LITTLE = 2.0
"""Microseconds of computing that are nothing beside pickling and two pipes (about 50 µs)."""
_NOTHING = 0.5
"""A few calls."""
_OUTSIDE = {
    EffectKind.BLOCK_NET: "the network",
    EffectKind.BLOCK_SLEEP: "a timer",
    EffectKind.BLOCK_PROCESS: "a child process",
    EffectKind.SPAWN_PROCESS: "a child process",
}


@dataclass(frozen=True, slots=True, eq=False)
class WaitingTask:
    """Work in a process that only waits: on what, by which call."""

    dispatch: Spawn
    on: str
    name: str
    step: Step


class TaskGrain:
    """Weighs what pools of processes are given to do."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._effects = program.effects
        self._computing = program[StatedEstimates]
        self._moments = program[Reachability]
        self._tasks = [d for d in program[Spawns].all if d.on == "process" and d.site is not None and self._is_task(d)]

    def _is_task(self, dispatch: Spawn) -> bool:
        role = self._roles.runs(dispatch.name)
        return role is not None and (role.pickles == "task" or role.pool is not None)

    def tiny(self) -> Iterator[Spawn]:
        """Items sent one by one, each for next to nothing."""
        for dispatch in self._tasks:
            role = self._roles.runs(dispatch.name)
            if role is None or role.chunk is None or dispatch.site is None or dispatch.items is None:
                continue
            if given(dispatch.site.call, *role.chunk) is not None or has_stars(dispatch.site.call):
                continue
            work = self._computing.of(dispatch.code)
            if not work.only_computes or work.computing > _LITTLE or dispatch.code.is_async:
                continue
            if self._computing.items(dispatch.items, dispatch.where) >= _FEW:
                yield dispatch

    def waiting(self) -> Iterator[WaitingTask]:
        """Tasks that wait for something outside and compute nothing."""
        for dispatch in self._tasks:
            work = self._computing.of(dispatch.code)
            if not work.waiting or work.doubt or work.released or work.computing > _NOTHING:
                continue
            found = self._what(dispatch)
            if found is not None:
                yield found

    def _what(self, dispatch: Spawn) -> WaitingTask | None:
        """The first call that waits for something outside; None where some call waits for other workers."""
        found: WaitingTask | None = None
        for code in self._moments.below(dispatch.code):
            for site, name, _ in self._graph.libraries.get(code, ()):
                fact = self._effects.lookup(name)
                if fact is None or not fact.waits:
                    continue
                if fact.effect in _OUTSIDE:
                    step = Step(code.span(site.call.at), f"`{code.qualname}` only waits here")
                    found = found or WaitingTask(dispatch, _OUTSIDE[fact.effect], name, step)
                elif fact.effect != EffectKind.BLOCK_DISK:
                    return None
        return found
