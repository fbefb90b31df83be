"""Views of guarded containers that leave the lock: whoever gets them goes through them without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import may
from concurlint.effects.accesses import StateAccess
from concurlint.effects.lockset.address import Lock
from concurlint.effects.program import Program
from concurlint.effects.races.overlap import Overlap
from concurlint.facts.records import Returned
from concurlint.facts.syntax import Attribute, Call, Comprehension, Expression, Item
from concurlint.finding import Step
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class EscapingView:
    """A `return self.x.values()` under the lock that guards `self.x`, and a change of its size under the same."""

    code: Code
    returned: Returned
    view: Expression
    lock: Lock
    change: StateAccess

    def steps(self) -> tuple[Step, ...]:
        """The change that the lock does not keep from the view."""
        says = f"`{self.change.code.qualname}` adds or removes here, under `{self.lock.spelling}`"
        return (Step(self.change.code.span(self.change.place), says),)


class EscapingViews:
    """Looks at what functions give back while they hold a lock."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._overlap = program[Overlap]
        self._evaluator = program.evaluator

    def all(self) -> Iterator[EscapingView]:
        """Every view of a dictionary, or generator over one, that is given back from under the lock of its changes."""
        for code in self._graph.edges:
            if code.scope.is_generator or code.is_async:
                continue
            for returned in code.scope.returned:
                viewed = self._viewed(returned.value, code)
                found = self._guarded(code, returned, viewed) if viewed is not None else None
                if found is not None:
                    yield found

    def _viewed(self, value: Expression | None, code: Code) -> Expression | None:
        """The container that a view, or a generator over it, goes through when it is looked at."""
        if isinstance(value, Comprehension) and value.kind == "generator":
            base = code.scope.loops[value.loops[0]].iterable if value.loops else None
            return self._viewed(base, code) or (base if isinstance(base, Attribute) else None)
        if isinstance(value, Call) and isinstance(value.function, Attribute) and not value.arguments:
            return value.function.value if may("view", value.function.attr) else None
        return None

    def _guarded(self, code: Code, returned: Returned, viewed: Expression) -> EscapingView | None:
        held = self._overlap.sharing.locks.at(code, returned.order).must
        location = self._overlap.sharing.touching.locate(viewed, code, within=True) if held else None
        if location is None or not self._is_resized_alone(viewed, code):
            return None
        for change in self._overlap.by_location.get(location, ()):
            if change.code is code or not _resizes(change) or self._overlap.is_private_yet(change):
                continue
            for lock in held:
                if lock.kind == "lock" and lock in self._overlap.sharing.held(change).must:
                    return EscapingView(code, returned, viewed, lock, change)
        return None

    def _is_resized_alone(self, viewed: Expression, code: Code) -> bool:
        """Whether it is surely a container of Python's own, whose views fail when it grows or shrinks."""
        values = self._evaluator.values(viewed, code)
        kinds = {self._evaluator.kind(v) or self._evaluator.type_name(v).rpartition(".")[2] for v in values}
        return bool(kinds) and kinds <= {"dict", "list", "set"}


def _resizes(change: StateAccess) -> bool:
    if change.depth > 1:  # what is inside an item changes its own size
        return False
    if change.changes == "mutate":
        return may("resizes", change.attr)
    return isinstance(change.target, Item)
