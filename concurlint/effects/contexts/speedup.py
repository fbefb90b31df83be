"""Which work is sent to threads to be faster, rather than to be out of the way."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program


class Speedups:
    """Which dispatches to threads only make sense if they make the work faster."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._all = [
            d
            for d in program[Spawns].all
            if d.on == "thread" and d.site is not None and d.hook is None and not d.registers
        ]
        self._all += [
            d for d in program[Spawns].all if d.on == "thread" and d.hook is not None and d.hook.what == "thread"
        ]

    def hoped_for(self) -> Iterator[tuple[Spawn, tuple[Spawn, ...]]]:
        """Dispatches of several pieces of work side by side.

        The second part is empty for work that is spread over threads by itself; else it holds the other
        dispatches beside which it runs.
        """
        for dispatch in self._all:
            if dispatch.site is None or dispatch.site.awaited:
                continue
            if dispatch.many or dispatch.repeated:
                yield dispatch, ()
            else:
                siblings = tuple(other for other in self._all if self._beside(dispatch, other))
                if siblings:
                    yield dispatch, siblings

    @staticmethod
    def _beside(dispatch: Spawn, other: Spawn) -> bool:
        return (
            other is not dispatch
            and other.where is dispatch.where
            and other.site is not None
            and other.site is not dispatch.site
            and not other.site.awaited
            and not other.alone
            and not dispatch.alone
            and other.name.rpartition(".")[0] == dispatch.name.rpartition(".")[0]
        )
