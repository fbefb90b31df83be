"""About how long a function computes in Python, and how long it waits or leaves the GIL to others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from concurlint.catalog.costs import computes, computes_at_least, computes_unlisted, overhead, taken_for, waits
from concurlint.catalog.effects import CallFact, EffectKind
from concurlint.catalog.traits import has, may
from concurlint.effects.cost.figures import CAUTIOUS, FREE, HEAVY, STATED, USUAL, Estimate, either_of, in_turn
from concurlint.effects.cost.first_use import is_first_use
from concurlint.effects.cost.loopnames import in_words
from concurlint.effects.cost.numbers import is_short, number
from concurlint.effects.cost.recursion import Recursion
from concurlint.effects.cost.sizes import NOTHING_GIVEN, Given, Size, Sizes
from concurlint.effects.cost.turns import Turns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, spelled
from concurlint.finding import Step
from concurlint.project.arguments import given as passed_as
from concurlint.project.arguments import has_stars, matching, positional
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Value

_TURN = 0.03
_OPERATION = 0.03
_CALL = 0.05
_MAY_WAIT = 1000.0
"""Microseconds that an unknown call may take elsewhere; one whose name says that it asks somebody, far more."""
_MAY_ASK = 100_000.0
_BESIDE = 1000.0
_TREE = 10 * HEAVY
"""What a function takes that calls itself twice in one run: more than one can tell."""
_MOST_PARTS = 8
_MOST_WAYS = 3
"""A function is looked at with so many different arguments; then with nothing known of them."""


class Estimates:
    """Estimates functions, callees included, from loops over data and calls of known cost."""

    assumed = USUAL

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._evaluator = program.evaluator
        self._recursion = program[Recursion]
        self._sizes = program[Sizes]
        self._turns = Turns(program, self.assumed)
        self._active: list[Code] = []
        self._memo: dict[tuple[object, ...], Estimate] = {}
        self._ways: dict[Code, set[tuple[tuple[str, object], ...]]] = {}

    def of(self, code: Code, given: Given = NOTHING_GIVEN) -> Estimate:
        """What running `code` takes when its parameters are what is `given`."""
        ways = self._ways.setdefault(code, set())
        if len(ways) >= _MOST_WAYS and given.key not in ways:
            given = NOTHING_GIVEN
        ways.add(given.key)
        key = (code, given.key)
        if key in self._memo:
            return self._memo[key]
        if code in self._active:
            return FREE
        if len(self._active) > _MOST_PARTS:
            return FREE if self.assumed.guesses else Estimate(doubt=_MAY_WAIT)
        self._active.append(code)
        try:
            found = self._whole(code, given)
        finally:
            self._active.pop()
        self._memo[key] = found
        return found

    def stretch(self, code: Code, loop: Loop) -> Estimate:
        """What one loop of `code` takes with the loops and calls in it."""
        turns: dict[int, float] = {}
        inner = [other for other in code.scope.loops if other is loop or loop.number in other.context.loops]
        parts = [self._loop(code, each, NOTHING_GIVEN, turns) for each in inner]
        sites = (site for site in self._sites(code) if loop.number in site.context.loops)
        return in_turn([*parts, *(self._call(code, site, NOTHING_GIVEN, turns) for site in sites)])

    def at(self, code: Code, site: CallSite, given: Given = NOTHING_GIVEN) -> Estimate:
        """What one call in `code` takes, where names of it are what is `given`."""
        return self._call(code, site, given, {})

    def size(self, expression: Expression, code: Code) -> Size | None:
        """How much there is in what an expression stands for."""
        return self._sizes.of(expression, code, NOTHING_GIVEN)

    def items(self, iterable: Expression, code: Code) -> float:
        """About how many items there are to go through."""
        return self._turns.items(iterable, code, NOTHING_GIVEN)

    def turns_around(self, code: Code, site: CallSite) -> float:
        """About how often a call is made by the loops around it."""
        around = site.context.loops
        return _product({each: self._turns.of(code, code.scope.loops[each], NOTHING_GIVEN) for each in around}, around)

    def _whole(self, code: Code, given: Given) -> Estimate:
        turns: dict[int, float] = {}
        parts = [self._loop(code, loop, given, turns) for loop in code.scope.loops]
        parts += [self._call(code, site, given, turns) for site in self._sites(code)]
        for awaited in code.scope.awaits:
            if not isinstance(awaited.value, Call):
                parts.append(Estimate(waiting=waits("await")))
        return self._recursing(code, in_turn(parts))

    def _sites(self, code: Code) -> Iterator[CallSite]:
        """The calls of a usual run; where it must be sure, those that are made after something failed too."""
        rare = _is_rare if self.assumed.guesses else is_first_use
        return (site for site in self._graph.sites(code) if not rare(code, site))

    def _recursing(self, code: Code, once: Estimate) -> Estimate:
        """What a function takes with its calls of itself; it is no arithmetic for NumPy: there are no arrays in it."""
        what = f"recursion of `{code.qualname}`"
        if not self.assumed.guesses:
            tree = self._recursion.tree(code)
            if not tree:
                return once
            step = Step(code.span(tree[0].call.at), f"`{code.qualname}` calls itself {len(tree)} times")
            return in_turn([once, Estimate(_TREE, what=what, because=(step,), arithmetic=False)])
        runs = self._recursion.runs(code)
        if runs is None or not once.computing:
            return once
        step = Step(code.span(runs.site.call.at), f"`{code.qualname}` calls itself for each part")
        return replace(once.times(runs.times), what=what, because=(step,), arithmetic=False)

    # loops

    def _loop(self, code: Code, loop: Loop, given: Given, turns: dict[int, float]) -> Estimate:
        outer = _product(turns, loop.context.loops)
        count = turns[loop.number] = self._turns.of(code, loop, given)
        if loop.is_async:
            return Estimate(waiting=waits("await"))
        what = in_words(loop, len(loop.context.loops) + 1)
        step = Step(code.span(loop.at), f"{what} in `{code.qualname}`")
        return Estimate(outer * count * (_TURN + _OPERATION * loop.operations), what=what, because=(step,))

    # calls

    def _call(self, code: Code, site: CallSite, given: Given, turns: dict[int, float]) -> Estimate:
        times = _product(turns, site.context.loops)
        items = self._graph.items.get(site)
        if items is not None:
            times *= self._turns.items(items, code, given)
        targets = self._graph.targets(site)
        if not targets:
            return self._unknown(code, site, given).times(times)
        found = [self._target(code, site, value, given) for value in targets]
        if isinstance(site.call.function, Name) and self._is_handed(site.call.function.id, code):
            return Estimate(_CALL, doubt=_MAY_ASK, arithmetic=False).times(times)  # it may be any function
        return either_of(found).times(times)

    def _is_handed(self, name: str, code: Code) -> bool:
        """Whether a function is called that somebody passed, who is not known to be the only one."""
        home = holder(code, name)
        return home is not None and any(p.name == name for p in home.scope.parameters)

    def _unknown(self, code: Code, site: CallSite, given: Given) -> Estimate:
        """A call of which nothing but the name of the method is known."""
        function = site.call.function
        attr = function.attr if isinstance(function, Attribute) and self.assumed.guesses else ""
        if taken_for(attr):
            return self._library(code, site, taken_for(attr), given)
        if may("plain-method", attr):
            return Estimate(_CALL, arithmetic=False)
        if may("reaches-out", attr) and not _is_of_container(site.call, attr):
            return Estimate(_CALL, doubt=_MAY_ASK, arithmetic=False)
        return Estimate(_CALL, doubt=_MAY_WAIT, arithmetic=False)

    def _target(self, code: Code, site: CallSite, value: Value, given: Given) -> Estimate:
        name = library_name(value)
        if name:
            return self._library(code, site, name, given)
        callee = self._graph.runs(value)
        if callee is None:
            plain = isinstance(value, ClassOf) and self._evaluator.lineage(value.code)[2]
            return Estimate(_CALL) if plain else self._unknown(code, site, given)
        if callee.is_async and not site.awaited:
            return FREE
        runs = [callee, *self._recursion.overriding(value, callee)]
        inner = max(
            (self.of(run, self._passed(site.call, code, run, value, given)) for run in runs),
            key=lambda part: part.computing,
        )
        step = Step(code.span(site.call.at), f"`{code.qualname}` calls `{callee.qualname}`")
        because = (step, *inner.because) if inner.computing else ()
        return replace(inner, computing=inner.computing + _CALL, because=because)

    def _passed(self, call: Call, code: Code, callee: Code, value: Value, given: Given) -> Given:
        bound = isinstance(value, (Bound, ClassOf, Instance))
        numbers: dict[str, float] = {}
        sizes: dict[str, Size] = {}
        for parameter in callee.scope.parameters:
            argument = matching(call, callee, parameter, is_bound=bound)
            stated = None
            if argument is not None:
                stated = number(argument, code, self._evaluator, given.numbers)
                size = self._sizes.of(argument, code, given)
                if size is not None:
                    sizes[parameter.name] = size
            elif parameter.default is not None and not has_stars(call):
                stated = number(parameter.default, callee, self._evaluator, {})
            if stated is not None:
                numbers[parameter.name] = stated
        return Given(numbers, sizes)

    # libraries

    def _library(self, code: Code, site: CallSite, name: str, given: Given) -> Estimate:
        fact = self._effects.lookup(name)
        if fact is None:
            return self._unlisted(code, site, name, given)
        if fact.waits and fact.effect not in (EffectKind.GIL_CPU, EffectKind.NOGIL_CPU):
            return Estimate(_CALL, self._waiting(fact, site, code, given), arithmetic=False)
        waiting = waits(EffectKind.BLOCK_DISK) if fact.waits else 0.0
        if fact.effect == EffectKind.NOGIL_CPU and not self._is_too_little(site, code, fact, given):
            beside = 0.0 if fact.cost == "small" else _BESIDE
            return Estimate(overhead(name), waiting, beside, arithmetic=has("pure", name))
        if fact.effect not in (EffectKind.GIL_CPU, EffectKind.NOGIL_CPU):
            return Estimate(_CALL, waiting, arithmetic=fact.effect == EffectKind.NONE)
        if fact.cost == "small":
            return Estimate(_CALL, waiting, what=_called(site, name))
        units = self._turns.units(self._sizes.subject(site.call, code, given))
        if units is None and not self.assumed.guesses:
            cost = computes_at_least(fact, self.assumed.units)
        else:
            cost = max(computes(fact, self.assumed.units if units is None else units), overhead(name))
        return self._holding(cost, code, site, name, waiting)

    def _unlisted(self, code: Code, site: CallSite, name: str, given: Given) -> Estimate:
        if self.assumed.guesses:
            units = self._turns.units(self._sizes.subject(site.call, code, given))
            stated = computes_unlisted(name, self.assumed.units if units is None else units)
            if stated is not None:
                return self._holding(stated, code, site, name)
        harmless = name.startswith("builtins.") or name.rpartition(".")[2] in ("__init__", "__new__")
        return Estimate(_CALL, arithmetic=False) if harmless else self._unknown(code, site, given)

    def _holding(self, cost: float, code: Code, site: CallSite, name: str, waiting: float = 0.0) -> Estimate:
        what = _called(site, name)
        step = Step(code.span(site.call.at), f"`{code.qualname}` calls `{name}`, which holds the GIL")
        return Estimate(cost, waiting, what=what, because=(step,), arithmetic=False)

    def _waiting(self, fact: CallFact, site: CallSite, code: Code, given: Given) -> float:
        if fact.effect == EffectKind.BLOCK_SLEEP:
            asked = passed_as(site.call, "secs", 0)
            seconds = number(asked, code, self._evaluator, given.numbers) if asked is not None else None
            if seconds is not None:
                return seconds * 1e6
        return waits(fact.effect)

    def _is_too_little(self, site: CallSite, code: Code, fact: CallFact, given: Given) -> bool:
        """Whether what the call works on is known to be less than it gives up the GIL for."""
        plain = positional(site.call)
        if fact.threshold is not None and plain:
            return is_short(plain[0].value, code, self._evaluator, fact.threshold)
        if fact.threshold_elements is not None:
            size = self._sizes.subject(site.call, code, given)
            known = size is not None and self._turns.units(size) is not None
            return size is not None and known and size.units * max(size.each, 1.0) <= fact.threshold_elements
        return False


class StatedEstimates(Estimates):
    """The same from what is written only: what surely computes."""

    assumed = STATED


class CautiousEstimates(Estimates):
    """From what is written, with few turns for a loop over something whose length is not known."""

    assumed = CAUTIOUS


def _product(turns: dict[int, float], loops: tuple[int, ...]) -> float:
    product = 1.0
    for number_ in loops:
        product *= turns.get(number_, 1.0)
    return product


def _is_rare(code: Code, site: CallSite) -> bool:
    """Whether a call is made after an error only, or once for all."""
    return _is_exceptional(site) or is_first_use(code, site)


def _is_exceptional(site: CallSite) -> bool:
    """Whether a call is made only after something failed."""
    return any(attempt.part == "handler" for attempt in site.context.attempts)


def _is_of_container(call: Call, attr: str) -> bool:
    """Whether `get` has a default or a plain key, or `join` texts, so that it asks nobody outside."""
    plain = [argument.value for argument in positional(call)]
    if attr == "join":
        return bool(plain)
    if attr != "get" or len(plain) != len(call.arguments):
        return False
    key = plain[0].value if plain and isinstance(plain[0], Constant) else None
    return len(plain) == 2 or (key is not None and "/" not in str(key))


def _called(site: CallSite, name: str) -> str:
    """How a call is named in a finding."""
    return f"`{spelled(site.call.function) or name}`{' in a loop' * bool(site.context.loops)}"
