"""Computing that is sent to threads in the hope of speed, and what each piece of it costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.contexts.spawns import Spawn
from concurlint.effects.contexts.speedup import Speedups
from concurlint.effects.cost.estimates import Estimates, StatedEstimates
from concurlint.effects.cost.figures import Estimate
from concurlint.effects.cost.numbers import largest, number
from concurlint.effects.cost.sizes import Given, Size
from concurlint.effects.program import Program
from concurlint.facts.syntax import Expression
from concurlint.finding import Confidence, Step

_NOTABLE = 100.0
"""Microseconds of computing for an item from which on it outweighs sending the item to a thread."""
_IN_ALL = 5000.0
_LONG = 1000.0
_MOSTLY = 2.0
"""Computing that takes so many times as long as the waiting beside it leaves threads little to gain."""
_MANY = 100.0
_DOCUMENT = Size(10_000.0, how="guessed")


@dataclass(frozen=True, slots=True, eq=False)
class Computing:
    """Work that threads take turns at: its largest part, and how sure it is that nothing else takes longer."""

    dispatch: Spawn
    confidence: Confidence
    what: str
    because: tuple[Step, ...]
    arithmetic: bool


class ComputingThreads:
    """What the work of threads costs, with the arguments it is handed."""

    def __init__(self, program: Program) -> None:
        self._config = program.config
        self._evaluator = program.evaluator
        self._stated = program[StatedEstimates]
        self._estimates = program[Estimates]
        self._speed = program[Speedups]

    def found(self) -> Iterator[Computing]:
        """The dispatches whose work computes for most of its time; none where threads compute side by side."""
        if self._config.free_threaded:
            return
        for dispatch, siblings in self._speed.hoped_for():
            computing = self._judged(dispatch, len(siblings) + 1)
            if computing is None or dispatch.site is None:
                continue
            if not siblings or any(self._judged(sibling, len(siblings) + 1) for sibling in siblings):
                yield computing

    def _judged(self, dispatch: Spawn, alike: int) -> Computing | None:
        stated = self.stated(dispatch)
        if stated.is_heavy:
            return Computing(dispatch, Confidence.HIGH, stated.what, stated.because, stated.arithmetic)
        estimate = self._estimates.of(dispatch.code, self._given(dispatch))
        confidence = self._confidence(estimate, dispatch, alike)
        if confidence is None:
            return None
        return Computing(dispatch, confidence, estimate.what, estimate.because, estimate.arithmetic)

    def _confidence(self, estimate: Estimate, dispatch: Spawn, alike: int) -> Confidence | None:
        items = self._items(dispatch, alike)
        if not estimate.what or estimate.computing < _NOTABLE or estimate.computing * items < _IN_ALL:
            return None
        if estimate.computing >= _MOSTLY * (estimate.elsewhere + estimate.doubt):
            return Confidence.MIDDLE
        long = estimate.computing >= _LONG
        return Confidence.LOW if long and _MOSTLY * estimate.computing >= estimate.elsewhere else None

    def _items(self, dispatch: Spawn, alike: int) -> float:
        """How many pieces of work there are: those of the iterable, or the dispatches written side by side."""
        if dispatch.items is not None:
            size = self._estimates.size(dispatch.items, dispatch.where)
            return size.units if size is not None else _MANY
        if dispatch.site is not None and dispatch.site.context.loops:
            return self._estimates.turns_around(dispatch.where, dispatch.site)
        return _MANY if dispatch.several else float(alike)

    def stated(self, dispatch: Spawn) -> Estimate:
        """What the dispatched function surely computes with the arguments it is given there."""
        return self._stated.of(dispatch.code, self._given(dispatch))

    def _given(self, dispatch: Spawn) -> Given:
        """What is known of the parameters; each may be a document, which is what is worth a thread."""
        numbers: dict[str, float] = {}
        sizes: dict[str, Size] = {}
        names = [p.name for p in dispatch.code.scope.parameters if p.kind == "positional"]
        if dispatch.code.self_name() is not None:
            names = names[1:]
        for name, passed in [*zip(names, dispatch.passed, strict=False), *dispatch.named.items()]:
            stated = number(passed, dispatch.where, self._evaluator, {})
            if stated is not None:
                numbers[name] = stated
            sizes[name] = self._estimates.size(passed, dispatch.where) or _DOCUMENT
        biggest = largest(dispatch.items, dispatch.where, self._evaluator, {})
        if biggest is not None and names:
            numbers[names[0]] = biggest
        if dispatch.items is not None and names:
            sizes.setdefault(names[0], self._item(dispatch.items, dispatch))
        return Given(numbers, sizes)

    def _item(self, items: Expression, dispatch: Spawn) -> Size:
        size = self._estimates.size(items, dispatch.where)
        return Size(size.each) if size is not None and size.each else _DOCUMENT
