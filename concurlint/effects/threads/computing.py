"""Computing that is sent to threads in the hope of speed, and what each piece of it costs."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawn
from concurlint.effects.contexts.speedup import Speedups
from concurlint.effects.cost.load import Costs, Load
from concurlint.effects.cost.numbers import largest, number
from concurlint.effects.program import Program


class ComputingThreads:
    """What the work of threads costs, with the arguments it is handed."""

    def __init__(self, program: Program) -> None:
        self._config = program.config
        self._evaluator = program.evaluator
        self._computing = program[Costs]
        self._speed = program[Speedups]

    def hoped_for(self) -> Iterator[Spawn]:
        """Dispatches of several pieces of work to threads; none where these do compute side by side."""
        if self._config.free_threaded:
            return
        for dispatch, siblings in self._speed.hoped_for():
            if not siblings or any(self.load_of(sibling).is_heavy for sibling in siblings):
                yield dispatch

    def load_of(self, dispatch: Spawn) -> Load:
        """What the dispatched function computes with the arguments it is given there."""
        known: dict[str, float] = {}
        names = [p.name for p in dispatch.code.scope.parameters if p.kind == "positional"]
        if dispatch.code.self_name() is not None:
            names = names[1:]
        for name, passed in [*zip(names, dispatch.passed, strict=False), *dispatch.named.items()]:
            stated = number(passed, dispatch.where, self._evaluator, {})
            if stated is not None:
                known[name] = stated
        biggest = largest(dispatch.items, dispatch.where, self._evaluator, {})
        if biggest is not None and names:
            known[names[0]] = biggest
        return self._computing.load(dispatch.code, known)
