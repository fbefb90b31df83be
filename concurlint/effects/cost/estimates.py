"""About how long a function computes in Python, and how long it waits or leaves the GIL to others."""

from __future__ import annotations

from dataclasses import dataclass, replace

from concurlint.catalog.costs import computes, computes_unlisted, overhead, taken_for, waits
from concurlint.catalog.effects import CallFact, EffectKind
from concurlint.catalog.traits import has, may
from concurlint.effects.cost.first_use import is_first_use
from concurlint.effects.cost.loopnames import in_words
from concurlint.effects.cost.numbers import is_short, most_turns, number
from concurlint.effects.cost.recursion import Recursion
from concurlint.effects.cost.sizes import NOTHING_GIVEN, Given, Size, Sizes
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Compare, Constant, Expression, Name, spelled, walk
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
_UNKNOWN_ITEMS = 100.0
_UNKNOWN_RANGE = 1000.0
_UNKNOWN_SUBJECT = 1000.0
_MAY_WAIT = 1000.0
"""Microseconds that an unknown call may take elsewhere; one whose name says that it asks somebody, far more."""
_MAY_ASK = 100_000.0
_BESIDE = 1000.0
_MOST_PARTS = 8
_MOST_WAYS = 3
"""A function is looked at with so many different arguments; then with nothing known of them."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Microseconds of computing with the GIL held, of time spent elsewhere, and of what may be spent anywhere.

    Elsewhere is waiting, or C code without the GIL. `doubt` is the time of calls of which nothing is known.
    `what` and `because` tell of the largest part of the computing.
    """

    computing: float = 0.0
    elsewhere: float = 0.0
    doubt: float = 0.0
    what: str = ""
    because: tuple[Step, ...] = ()
    arithmetic: bool = True

    def times(self, count: float) -> Estimate:
        """The same, done so many times."""
        return replace(
            self, computing=self.computing * count, elsewhere=self.elsewhere * count, doubt=self.doubt * count
        )


_FREE = Estimate()


def _together(parts: list[Estimate]) -> Estimate:
    biggest = max(parts, key=lambda part: part.computing, default=_FREE)
    notable = [part for part in parts if part.computing > biggest.computing / 10]
    return Estimate(
        sum(part.computing for part in parts),
        sum(part.elsewhere for part in parts),
        sum(part.doubt for part in parts),
        biggest.what,
        biggest.because,
        all(part.arithmetic for part in notable),
    )


class Estimates:
    """Estimates functions, callees included, from loops over data and calls of known cost."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._evaluator = program.evaluator
        self._recursion = program[Recursion]
        self._sizes = Sizes(program.graph)
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
        if code in self._active or len(self._active) > _MOST_PARTS:
            return _FREE
        self._active.append(code)
        try:
            found = self._whole(code, given)
        finally:
            self._active.pop()
        self._memo[key] = found
        return found

    def size(self, expression: Expression, code: Code) -> Size | None:
        """How much there is in what an expression stands for."""
        return self._sizes.of(expression, code, NOTHING_GIVEN)

    def at(self, code: Code, site: CallSite) -> Estimate:
        """What one call in `code` takes."""
        return self._call(code, site, NOTHING_GIVEN, {})

    def turns_around(self, code: Code, site: CallSite) -> float:
        """About how often a call is made by the loops around it."""
        turns = {number_: self._count(code, code.scope.loops[number_], NOTHING_GIVEN) for number_ in site.context.loops}
        return _product(turns, site.context.loops)

    def _whole(self, code: Code, given: Given) -> Estimate:
        turns: dict[int, float] = {}
        parts = [self._loop(code, loop, given, turns) for loop in code.scope.loops]
        parts += [self._call(code, s, given, turns) for s in self._graph.sites(code) if not _is_rare(code, s)]
        for awaited in code.scope.awaits:
            if not isinstance(awaited.value, Call):
                parts.append(Estimate(elsewhere=waits("await")))
        whole = _together(parts)
        runs = self._recursion.runs(code)
        if runs is not None and whole.computing:
            step = Step(code.span(runs.site.call.at), f"`{code.qualname}` calls itself for each part")
            what = f"recursion of `{code.qualname}`"
            whole = replace(whole.times(runs.times), what=what, because=(step,), arithmetic=False)
        return whole

    # loops

    def _loop(self, code: Code, loop: Loop, given: Given, turns: dict[int, float]) -> Estimate:
        count = min(self._count(code, loop, given), most_turns(loop, code, self._evaluator))
        outer = _product(turns, loop.context.loops)
        turns[loop.number] = count
        if loop.is_async:
            return Estimate(elsewhere=waits("await"))
        depth = len(loop.context.loops) + 1
        step = Step(code.span(loop.at), f"{in_words(loop, depth)} in `{code.qualname}`")
        cost = outer * count * (_TURN + _OPERATION * loop.operations)
        return Estimate(cost, what=in_words(loop, depth), because=(step,))

    def _count(self, code: Code, loop: Loop, given: Given) -> float:
        if loop.iterable is None:
            return 1.0
        if loop.kind == "while":
            return self._rounds(code, loop, given)
        size = self._sizes.of(loop.iterable, code, given)
        over_text = self._sizes.is_over_text(loop, code)
        if size is not None and (over_text or not size.guessed):
            return size.units
        iterated = loop.iterable.function if isinstance(loop.iterable, Call) else loop.iterable
        if any(library_name(value) == "builtins.range" for value in self._evaluator.values(iterated, code)):
            return _UNKNOWN_RANGE
        return _UNKNOWN_SUBJECT if over_text else _UNKNOWN_ITEMS

    def _rounds(self, code: Code, loop: Loop, given: Given) -> float:
        """Of a `while`: as often as what its test counts, `while i < len(text)`; else what is usual."""
        tested = list(walk(loop.iterable)) if loop.iterable is not None else []
        for part in tested:
            if isinstance(part, Call) and spelled(part.function) == "len" and part.arguments:
                size = self._sizes.of(part.arguments[0].value, code, given)
                return size.units if size is not None else _UNKNOWN_SUBJECT
        names = {part.id for part in tested if isinstance(part, Name)}
        stated = [given.numbers[name] for name in names if name in given.numbers]
        counts = any(b.kind == "augment" for n in names for b in code.scope.bindings.get(n, ()))
        if isinstance(loop.iterable, Compare) and counts:
            return max(stated, default=_UNKNOWN_RANGE)
        return _UNKNOWN_ITEMS

    # calls

    def _call(self, code: Code, site: CallSite, given: Given, turns: dict[int, float]) -> Estimate:
        times = _product(turns, site.context.loops)
        items = self._graph.items.get(site)
        if items is not None:
            size = self._sizes.of(items, code, given)
            times *= size.units if size is not None and not size.guessed else _UNKNOWN_ITEMS
        targets = self._graph.targets(site)
        if not targets:
            return self._unknown(code, site, given).times(times)
        found = [self._target(code, site, value, given) for value in targets]
        if isinstance(site.call.function, Name) and self._is_handed(site.call.function.id, code):
            return Estimate(_CALL, doubt=_MAY_ASK, arithmetic=False).times(times)  # it may be any function
        return max(found, key=lambda part: part.elsewhere + part.doubt + part.computing).times(times)

    def _is_handed(self, name: str, code: Code) -> bool:
        """Whether a function is called that somebody passed, who is not known to be the only one."""
        home = holder(code, name)
        return home is not None and any(p.name == name for p in home.scope.parameters)

    def _unknown(self, code: Code, site: CallSite, given: Given) -> Estimate:
        """A call of which nothing but the name of the method is known."""
        function = site.call.function
        attr = function.attr if isinstance(function, Attribute) else ""
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
            return _FREE
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
        size = self._sizes.subject(site.call, code, given)
        units = size.units if size is not None else _UNKNOWN_SUBJECT
        what = f"`{spelled(site.call.function) or name}`"
        step = Step(code.span(site.call.at), f"`{code.qualname}` calls `{name}`, which holds the GIL")
        if fact is None:
            stated = computes_unlisted(name, units)
            if stated is not None:
                return Estimate(stated, what=what, because=(step,), arithmetic=False)
            harmless = name.startswith("builtins.") or name.rpartition(".")[2] in ("__init__", "__new__")
            return Estimate(_CALL, arithmetic=False) if harmless else self._unknown(code, site, given)
        if fact.waits and fact.effect not in (EffectKind.GIL_CPU, EffectKind.NOGIL_CPU):
            return Estimate(_CALL, self._waiting(fact, site, code, given), arithmetic=False)
        elsewhere = waits(EffectKind.BLOCK_DISK) if fact.waits else 0.0
        if fact.effect == EffectKind.NOGIL_CPU and not self._is_too_little(site, code, fact, given):
            beside = 0.0 if fact.cost == "small" else _BESIDE
            return Estimate(overhead(name), elsewhere + beside, arithmetic=has("pure", name))
        if fact.effect not in (EffectKind.GIL_CPU, EffectKind.NOGIL_CPU):
            return Estimate(_CALL, elsewhere, arithmetic=fact.effect == EffectKind.NONE)
        cost = max(computes(fact, units), overhead(name)) if fact.cost != "small" else _CALL
        return Estimate(cost, elsewhere, what=what, because=(step,), arithmetic=fact.cost == "small")

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
            return size is not None and size.units * max(size.each, 1.0) <= fact.threshold_elements
        return False


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
