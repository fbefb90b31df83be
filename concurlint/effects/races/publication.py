"""Objects that other threads may see before they are set up: stored first, filled afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.accesses import StateAccess
from concurlint.effects.contexts.reach import Run, thread_steps
from concurlint.effects.program import Program
from concurlint.effects.races.overlap import Overlap
from concurlint.facts.syntax import Attribute, Call, Expression, Item, Place, spelled, walk
from concurlint.finding import Step
from concurlint.project.values import Instance


@dataclass(frozen=True, slots=True, eq=False)
class EarlyPublication:
    """A store of a new object that a test without the lock lets others use, and what is done to it afterwards."""

    store: StateAccess
    later: Place
    run: Run

    def steps(self) -> tuple[Step, ...]:
        """What comes after the store, and how several threads come there."""
        return (Step(self.store.code.span(self.later), "it is set up only here"), *thread_steps(self.run))


class Publications:
    """Looks at double-checked locking."""

    def __init__(self, program: Program) -> None:
        self._overlap = program[Overlap]
        self._evaluator = program.evaluator

    def too_early(self) -> Iterator[EarlyPublication]:
        """Each such store once."""
        for code in self._overlap.sharing.runs:
            for touch in self._overlap.sharing.touching.touches(code):
                later = self._set_up_later(touch) if self._is_new(touch) and self._is_asked_before(touch) else None
                run = self._overlap.sharing.parallel_run(touch) if later is not None else None
                if later is not None and run is not None:
                    yield EarlyPublication(touch, later, run)

    def _is_new(self, touch: StateAccess) -> bool:
        """Whether a fresh object is stored under a lock."""
        if touch.changes != "store" or isinstance(touch.target, Item) or not isinstance(touch.value, Call):
            return False
        if not self._overlap.sharing.held(touch).must:
            return False
        values = self._evaluator.values(touch.value, touch.code)
        makes = "__new__" in _last_names(touch.value)
        return makes or (bool(values.items) and all(isinstance(value, Instance) for value in values))

    def _is_asked_before(self, touch: StateAccess) -> bool:
        """Whether the function asks for the object without the lock, and goes on with it if it is there."""
        code, wanted = touch.code, spelled(touch.target)
        asked = [b for b in code.scope.branches if any(spelled(part) == wanted for part in walk(b.test))]
        locks = self._overlap.sharing.locks
        bare = [b for b in asked if b.order < touch.order and not locks.effective(code, b.order).must]
        return bool(wanted) and any(b.body in touch.context.blocks or b.ends for b in bare)

    @staticmethod
    def _set_up_later(touch: StateAccess) -> Place | None:
        """Where a method of the object is called, or an attribute set, after the store in the same block."""
        code, wanted, blocks = touch.code, spelled(touch.target), touch.context.blocks
        found: list[tuple[int, Place]] = []
        for site in code.scope.calls:
            if site.order > touch.order and _is_of(site.call.function, wanted) and _within(site.context.blocks, blocks):
                found.append((site.order, site.call.at))
        for access in code.scope.accesses:
            if access.kind == "write" and access.order > touch.order and _is_of(access.target, wanted):
                if _within(access.context.blocks, blocks):
                    found.append((access.order, access.target.at))
        return min(found)[1] if found else None


def _is_of(expression: Expression, wanted: str) -> bool:
    return isinstance(expression, Attribute) and spelled(expression.value) == wanted


def _within(inner: tuple[int, ...], outer: tuple[int, ...]) -> bool:
    return inner[: len(outer)] == outer


def _last_names(call: Call) -> set[str]:
    return {part.attr for part in walk(call.function) if isinstance(part, Attribute)}
