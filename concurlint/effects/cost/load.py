"""How long a function computes in Python while it holds the GIL, as far as its text tells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from concurlint.catalog.effects import CallFact
from concurlint.catalog.traits import listed
from concurlint.effects.cost.first_use import is_first_use
from concurlint.effects.cost.loopnames import in_words
from concurlint.effects.cost.numbers import (
    at_most,
    bound_once,
    counts_items,
    ends_with_items,
    is_short,
    most_turns,
    number,
)
from concurlint.effects.cost.recursion import Recursion
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import (
    Attribute,
    Binary,
    Call,
    Collection,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Name,
    spelled,
    walk,
)
from concurlint.finding import Step
from concurlint.project.arguments import has_stars, matching, positional
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Container, Instance, Value

HEAVY = 100_000.0
"""From this many loop turns (or their worth in calls) on, work is called heavy: about 5 ms of bytecode."""

_UNKNOWN_RANGE = 10_000.0
_UNKNOWN_ITERABLE = 100.0
_DEEPEST = 8
_COSTS = {"small": 1.0, "data": 10.0, "heavy": 100.0}


@dataclass(frozen=True, slots=True)
class Load:
    """What running a function costs in turns of bytecode loops.

    `turns` is 0 for a function that only calls; `unknown` when something it calls is not known; `waits`
    when something in it waits; `releases` when C code in it computes without the GIL. `because` is the
    chain to the largest part, `what` names it.
    """

    turns: float
    unknown: bool
    waits: bool
    releases: bool
    what: str
    because: tuple[Step, ...]
    arithmetic: bool

    @property
    def is_heavy(self) -> bool:
        """Whether it is sure to hold the GIL for long."""
        return self.turns >= HEAVY and not (self.unknown or self.waits or self.releases)


def _together_with(parts: list[Load]) -> Load:
    biggest = max(parts, key=lambda p: p.turns, default=_FREE)
    return Load(
        sum(part.turns for part in parts),
        any(part.unknown for part in parts),
        any(part.waits for part in parts),
        any(part.releases for part in parts),
        biggest.what,
        biggest.because,
        all(part.arithmetic for part in parts),
    )


_FREE = Load(0.0, False, False, False, "", (), True)


class Costs:
    """Weighs functions, callees included; a loop over what is not known is taken to have `_unknown` turns."""

    _unknown = _UNKNOWN_ITERABLE
    _unknown_range = _UNKNOWN_RANGE

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._evaluator = program.evaluator
        self._recursion_of = program[Recursion]
        self._active: list[Code] = []
        self._memo: dict[tuple[Code, tuple[tuple[str, float], ...]], Load] = {}

    def load(self, code: Code, known: Mapping[str, float]) -> Load:
        """What running `code` costs when its parameters have the `known` values."""
        key = (code, tuple(sorted(known.items())))
        if key in self._memo:
            return self._memo[key]
        if code in self._active:
            return _FREE
        if len(self._active) > 12:
            return Load(0.0, True, False, False, "", (), True)
        self._active.append(code)
        try:
            found = self._weigh(code, known)
        finally:
            self._active.pop()
        self._memo[key] = found
        return found

    def _weigh(self, code: Code, known: Mapping[str, float]) -> Load:
        turns: dict[int, float] = {}
        parts: list[Load] = [self._loop(code, loop, known, turns) for loop in code.scope.loops]
        if code.scope.awaits:
            parts.append(Load(0.0, False, True, False, "", (), True))
        parts += [self._call(code, site, known, turns) for site in code.scope.calls if not is_first_use(code, site)]
        parts += [self._call(code, s, known, turns) for s in self._graph.sites(code) if s in self._graph.items]
        recursion = self._recursion(code)
        if recursion is not None:
            parts.append(recursion)
        for child in code.children:
            if child.scope.kind == "class":
                parts.append(Load(0.0, False, False, False, "", (), True))
        return _together_with(parts)

    def stretch(self, code: Code, loop: Loop) -> Load:
        """What one loop of `code` costs with the loops and calls in it."""
        turns: dict[int, float] = {}
        inner = [o for o in code.scope.loops if o is loop or loop.number in o.context.loops]
        parts = [self._loop(code, each, {}, turns) for each in inner]
        parts += [self._call(code, site, {}, turns) for site in code.scope.calls if loop.number in site.context.loops]
        return _together_with(parts)

    def at(self, code: Code, site: CallSite, known: Mapping[str, float] | None = None) -> Load:
        """What one call in `code` costs, where names of it have the `known` values."""
        return self._call(code, site, known or {}, {})

    def turns_over(self, iterable: Expression, code: Code) -> float:
        """About how many items there are to iterate over."""
        return self._items(iterable, code, {})

    # loops

    def _loop(self, code: Code, loop: Loop, known: Mapping[str, float], turns: dict[int, float]) -> Load:
        own = self._turns(code, loop, known)
        outer = 1.0
        for number_ in loop.context.loops:
            outer *= turns.get(number_, 1.0)
        turns[loop.number] = own
        if loop.is_async:
            return Load(0.0, False, True, False, "", (), True)
        depth = len(loop.context.loops) + 1
        weight = outer * own if loop.operations else 0.0
        what = in_words(loop, depth)
        steps = (Step(code.span(loop.at), f"{what} in `{code.qualname}`"),)
        return Load(weight, False, False, False, what, steps, True)

    def _turns(self, code: Code, loop: Loop, known: Mapping[str, float]) -> float:
        if loop.iterable is None:
            return 1.0
        if loop.kind == "while":
            found = self._while_turns(code, loop, known)
        else:
            found = self._items(loop.iterable, code, known)
        return min(found, most_turns(loop, code, self._evaluator))

    def _while_turns(self, code: Code, loop: Loop, known: Mapping[str, float]) -> float:
        tested = {n.id for n in walk(loop.iterable) if isinstance(n, Name)} if loop.iterable else set()
        for name in tested:
            for binding in code.scope.bindings.get(name, ()):
                if loop.block in binding.context.blocks and loop.operations:
                    by_number = binding.kind == "augment" or not isinstance(binding.value, (Attribute, Call))
                    by_number = by_number and not ends_with_items(loop.iterable, name, code)
                    if by_number and isinstance(loop.iterable, Compare):
                        return max(self._unknown_range, *(known.get(name, 0.0) for name in tested))
        return self._unknown

    def _items(self, iterable: Expression, code: Code, known: Mapping[str, float], depth: int = 0) -> float:
        if depth > _DEEPEST:  # a name bound to something made of itself
            return self._unknown
        if isinstance(iterable, Collection):
            return float(len(iterable.items))
        if isinstance(iterable, Constant) and isinstance(iterable.value, (str, bytes)):
            return float(len(iterable.value))
        if isinstance(iterable, Call):
            names = {library_name(v) for v in self._evaluator.values(iterable.function, code)}
            plain = [a.value for a in positional(iterable)]
            if names == {"builtins.range"} and plain:
                return self._range(plain, code, known)
            if plain and any(listed("as-many", name) for name in names):
                return min(self._items(p, code, known, depth + 1) for p in plain)
        if isinstance(iterable, Binary) and iterable.operator == "Multiply":  # `[0.0] * 1_000_000`
            if isinstance(iterable.left, (Collection, Constant)):
                times = number(iterable.right, code, self._evaluator, known)
                return self._unknown if times is None else _written_items(iterable.left) * times
        if isinstance(iterable, Comprehension) and len(iterable.loops) == 1:
            inner = code.scope.loops[iterable.loops[0]].iterable
            return self._unknown if inner is None else self._items(inner, code, known, depth + 1)
        if isinstance(iterable, Name):
            return self._items_of_name(iterable, code, depth)
        return self._unknown

    def _items_of_name(self, name: Name, code: Code, depth: int) -> float:
        bound = bound_once(name, code)
        if bound is not None:
            return self._items(*bound, {}, depth + 1)
        for value in self._evaluator.values(name, code):
            if isinstance(value, Container) and not value.annotated and value.origin is not name:
                if isinstance(value.origin, (Collection, Call, Comprehension)) and value.kind != "generator":
                    return self._items(value.origin, value.code, {}, depth + 1)
        return self._unknown

    def _range(self, bounds: list[Expression], code: Code, known: Mapping[str, float]) -> float:
        numbers = [at_most(b, code, self._evaluator, known) for b in bounds]
        stop = numbers[0] if len(numbers) == 1 else numbers[1]
        start = numbers[0] if len(numbers) > 1 and numbers[0] is not None else 0.0
        step = numbers[2] if len(numbers) > 2 and numbers[2] else 1.0
        bound = bounds[0] if len(bounds) == 1 else bounds[1]
        if stop is None:
            if counts_items(bound, code):
                return self._unknown
            return self._unknown_range
        return max(0.0, (stop - start) / abs(step))

    # calls

    def _call(self, code: Code, site: CallSite, known: Mapping[str, float], turns: dict[int, float]) -> Load:
        times = 1.0
        for number_ in site.context.loops:
            times *= turns.get(number_, 1.0)
        if site in self._graph.items:
            times *= self._items(self._graph.items[site], code, known)
        targets = self._graph.targets(site)
        if not targets or _is_handed(site, code):
            return Load(0.0, True, False, False, "", (), True)
        return max(
            (self._target(code, site, value, known, times) for value in targets),
            key=lambda part: (part.unknown, part.waits, part.releases, part.turns),
        )

    def _target(self, code: Code, site: CallSite, value: Value, known: Mapping[str, float], times: float) -> Load:
        name = library_name(value)
        if name:
            return self._library(code, site, name, times)
        callee = self._graph.runs(value)
        if callee is None:
            plain = isinstance(value, ClassOf) and self._evaluator.lineage(value.code)[2]
            return _FREE if plain else Load(0.0, True, False, False, "", (), True)
        inner = self.load(callee, self._bound(site.call, code, callee, value, known))
        because = inner.because
        if inner.turns:
            step = Step(code.span(site.call.at), f"`{code.qualname}` calls `{callee.qualname}`")
            because = (step, *because)
        waits = inner.waits or callee.is_async
        return Load(inner.turns * times, inner.unknown, waits, inner.releases, inner.what, because, inner.arithmetic)

    def _bound(
        self, call: Call, code: Code, callee: Code, value: Value, known: Mapping[str, float]
    ) -> dict[str, float]:
        bound = isinstance(value, (Bound, ClassOf, Instance))
        found: dict[str, float] = {}
        for parameter in callee.scope.parameters:
            passed = matching(call, callee, parameter, is_bound=bound)
            stated = None
            if passed is not None:
                stated = number(passed, code, self._evaluator, known)
            elif parameter.default is not None and not has_stars(call):
                stated = number(parameter.default, callee, self._evaluator, {})
            if stated is not None:
                found[parameter.name] = stated
        return found

    def _library(self, code: Code, site: CallSite, name: str, times: float) -> Load:
        fact = self._effects.lookup(name)
        if fact is None:
            known = name.startswith("builtins.") or name.rpartition(".")[2] in ("__init__", "__new__")
            return Load(0.0, not known, False, False, "", (), False)
        if fact.waits:
            return Load(0.0, False, True, False, "", (), False)
        short = fact.effect == "nogil_cpu" and self._gets_too_little(site, code, fact)
        if fact.effect == "nogil_cpu" and not short:
            if fact.cost == "small":
                return _FREE
            return Load(0.0, False, False, True, "", (), False)
        if not short and (fact.effect != "gil_cpu" or fact.cost == "small"):
            return Load(0.0, False, False, False, "", (), fact.effect in ("gil_cpu", "none"))
        weight = times * _COSTS.get(fact.cost, 1.0) if site.context.loops else _COSTS.get(fact.cost, 1.0)
        what = f"`{spelled(site.call.function) or name}` in a loop"
        step = Step(code.span(site.call.at), f"`{code.qualname}` calls `{name}`, which holds the GIL")
        return Load(weight, False, False, False, what, (step,), False)

    def _gets_too_little(self, site: CallSite, code: Code, fact: CallFact) -> bool:
        """Whether the bytes to work on are known to be fewer than the call gives up the GIL for."""
        given = positional(site.call)
        return (
            fact.threshold is not None
            and bool(given)
            and is_short(given[0].value, code, self._evaluator, fact.threshold)
        )

    def _recursion(self, code: Code) -> Load | None:
        """A function that calls itself twice or more in one run grows like a tree."""
        own = self._recursion_of.own_calls(code)
        if len(own) < 2 or len({site.context.blocks for site in own}) == len(own) > 2:
            return None
        if not _together(own):
            return None
        step = Step(code.span(own[0].call.at), f"`{code.qualname}` calls itself {len(own)} times")
        what = f"recursion of `{code.qualname}`"
        # It is no arithmetic for NumPy: there are no arrays in it.
        return Load(HEAVY * 10, False, False, False, what, (step,), False)


class CautiousCosts(Costs):
    """The same with few turns for a loop over something whose length is not known: one is not accused on a guess."""

    _unknown = 10.0
    _unknown_range = 100.0


def _together(sites: list[CallSite]) -> bool:
    """Whether two of the calls happen in the same run: one's block contains the other's."""
    for one in sites:
        for other in sites:
            if one is not other and one.context.blocks == other.context.blocks[: len(one.context.blocks)]:
                return True
    return False


def _written_items(display: Collection | Constant) -> int:
    if isinstance(display, Collection):
        return len(display.items)
    return len(display.value) if isinstance(display.value, (str, bytes)) else 0


def _is_handed(site: CallSite, code: Code) -> bool:
    """Whether a function is called that this one is passed: the known callers may not be all there are."""
    function = site.call.function
    return isinstance(function, Name) and any(p.name == function.id for p in code.scope.parameters)
