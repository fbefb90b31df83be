"""Loops that do for one item after another what could be done for several at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.effects import EffectKind
from concurlint.catalog.entries import ReadRole
from concurlint.effects.accesses import StateAccesses
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.cost.estimates import Estimates, StatedEstimates
from concurlint.effects.cost.figures import Estimate
from concurlint.effects.cost.numbers import largest
from concurlint.effects.cost.sizes import Given
from concurlint.effects.flow.dependence import Dependence
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.pickling import Pickling
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Call, Constant, Expression, Name, Text
from concurlint.finding import Confidence, Step
from concurlint.project.arguments import given
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Function, Literal

_FEW = 3.0
"""With fewer items there is next to nothing to gain."""
_MANY = 100.0
_LONG = 5000.0
"""Microseconds of computing for an item that outweigh sending it to a process."""
_WORTH_PROCESSES = 100_000.0
"""Microseconds in all that outweigh starting the processes."""


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """A loop that waits for an answer in each turn: the call in the loop, and the library call at its end."""

    code: Code
    loop: Loop
    site: CallSite
    name: str
    read: ReadRole
    because: tuple[Step, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Computed:
    """A loop that computes for long in each turn, by a call that others could make."""

    code: Code
    loop: Loop
    site: CallSite
    callee: Code
    because: tuple[Step, ...]
    arithmetic: bool
    confidence: Confidence


class SequentialLoops:
    """Looks at the loops of code that nothing has put on a thread, a process or an event loop yet."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._dispatches = program[Spawns]
        self._effects = program.effects
        self._roles = program.roles
        self._locks = program[LockSets]
        self._touches = program[StateAccesses]
        self._moments = program[Reachability]
        self._turns = program[Dependence]
        self._stated = program[StatedEstimates]
        self._estimates = program[Estimates]
        self._pickling = program[Pickling]
        self._alone: dict[Code, bool] = {}

    # waiting

    def asked(self) -> Iterator[Asked]:
        """Loops that wait for the network in every turn, where no turn needs another's answer."""
        for code in self._graph.edges:
            for loop in self._loops(code):
                found = self._asked(code, loop)
                if found is not None and self._is_alone(code):
                    yield found

    def _asked(self, code: Code, loop: Loop) -> Asked | None:
        first: Asked | None = None
        for site in self._turns.sites(code, loop):
            found = self._reads(code, site, frozenset())
            if found is None:
                return None
            if not found or first is not None or site.context.loops[-1] != loop.number:
                continue
            if self._turns.takes_only_the_item(code, loop, site) and not self._holds(code, site):
                name, known, because = found
                first = Asked(code, loop, site, name, known, because)
        return first

    def _holds(self, code: Code, site: CallSite) -> bool:
        held = self._locks.at(code, site.order)
        return bool(held.must or held.unknown)

    def _reads(
        self, code: Code, site: CallSite, active: frozenset[Code]
    ) -> tuple[str, ReadRole, tuple[Step, ...]] | tuple[()] | None:
        """The call that asks something of the network; empty if none does, None if turns must keep their order."""
        answers: list[tuple[str, ReadRole, tuple[Step, ...]]] = []
        for name in (n for s, n, _ in self._graph.libraries.get(code, ()) if s is site):
            fact = self._effects.lookup(name)
            if fact is None or not fact.waits or fact.effect in (EffectKind.BLOCK_DISK, EffectKind.BLOCK_TTY):
                continue
            known = self._roles.read(name)
            if known is None or fact.effect != EffectKind.BLOCK_NET or not self._only_asks(known, code, site.call):
                if not self._turns.continues(name):
                    return None
                continue
            answers.append((name, known, (Step(code.span(site.call.at), f"`{name}` waits for the network"),)))
        for edge in self._graph.edges.get(code, ()):
            if edge.site is site and edge.runs:
                below = self._reads_below(edge.callee, active)
                if below is None:
                    return None
                if below:
                    step = Step(code.span(site.call.at), f"`{code.qualname}` calls `{edge.callee.qualname}`")
                    answers.append((below[0], below[1], (step, *below[2])))
        return answers[0] if answers else ()

    def _reads_below(
        self, callee: Code, active: frozenset[Code]
    ) -> tuple[str, ReadRole, tuple[Step, ...]] | tuple[()] | None:
        if callee in active or len(active) > 4:
            return ()
        if callee.is_async or callee.scope.is_generator or self._is_ordered(callee):
            waits = self._moments.below(callee)
            return None if any(self._waits(part) for part in waits) else ()
        first: tuple[str, ReadRole, tuple[Step, ...]] | tuple[()] = ()
        for site in callee.scope.calls:
            found = self._reads(callee, site, active | {callee})
            if found is None:
                return None
            first = first or found
        return first

    def _waits(self, code: Code) -> bool:
        facts = [self._effects.lookup(name) for _, name, _ in self._graph.libraries.get(code, ())]
        return any(fact is not None and fact.effect == EffectKind.BLOCK_NET for fact in facts)

    def _is_ordered(self, code: Code) -> bool:
        """Whether a function changes what others see: several at once would be a matter of locks."""
        return bool(self._touches.touches(code)) or bool(code.scope.entered and self._takes_lock(code))

    def _takes_lock(self, code: Code) -> bool:
        return any(self._locks.at(code, site.order).must for site in code.scope.calls)

    def _only_asks(self, known: ReadRole, code: Code, call: Call) -> bool:
        if any(argument.star for argument in call.arguments):
            return False
        if known.without is not None and given(call, *known.without) is not None:
            return False
        if known.argument is None:
            return True
        value = given(call, *known.argument)
        return value is not None and self._begins(value, code, known.words)

    def _begins(self, value: Expression, code: Code, words: tuple[str, ...]) -> bool:
        if isinstance(value, Text):
            first = value.parts[0] if value.parts else None
            text = first.value if isinstance(first, Constant) else None
        else:
            only = self._graph.evaluator.values(value, code).only()
            text = only.value if isinstance(only, Literal) else None
        return isinstance(text, str) and text.lstrip().upper().startswith(words)

    # computing

    def computed(self) -> Iterator[Computed]:
        """Loops of the program's main path whose every turn computes for long, by itself, with what can be pickled.

        Of loops that lead to each other only the outermost: its turns are the largest pieces.
        """
        found = list(self._all_computed())
        for computed in found:
            outer = [other for other in found if other is not computed and other.code is not computed.code]
            if not any(computed.code in self._moments.below(other.callee) for other in outer):
                yield computed

    def _all_computed(self) -> Iterator[Computed]:
        for code in self._graph.edges:
            for loop in self._loops(code):
                for site in self._turns.sites(code, loop):
                    found = self._computed(code, loop, site)
                    if found is not None and self._is_main(code) and self._is_alone(code):
                        yield found
                        break

    def _computed(self, code: Code, loop: Loop, site: CallSite) -> Computed | None:
        values = self._graph.targets(site)
        if (
            len(values) != 1
            or site.context.loops[-1] != loop.number
            or site.context.conditions != loop.context.conditions
        ):
            return None
        match values[0]:
            case Function(code=callee) | Bound(function=Function(code=callee)):
                pass
            case _:
                return None
        if callee.is_async or callee.scope.is_generator or not self._turns.takes_only_the_item(code, loop, site):
            return None
        biggest = largest(loop.iterable, code, self._graph.evaluator, {})
        known = {loop.target.id: biggest} if isinstance(loop.target, Name) and biggest is not None else {}
        turn, confidence = self._weighed(code, loop, site, Given(known))
        if confidence is None or any(self._is_ordered(part) for part in self._moments.below(callee)):
            return None
        refusals = [self._pickling.of(each.value, code, at_start=False) for each in site.call.arguments]
        if any([self._pickling.of_value(values[0], at_start=False), *refusals]):
            return None
        return Computed(code, loop, site, callee, turn.because, turn.arithmetic, confidence)

    def _weighed(self, code: Code, loop: Loop, site: CallSite, known: Given) -> tuple[Estimate, Confidence | None]:
        """What one turn computes, and how sure it is that it does for most of its time; None where it does not."""
        stated = self._stated.at(code, site, known)
        if stated.is_heavy:
            return stated, Confidence.HIGH
        estimate = self._estimates.at(code, site)
        size = self._estimates.size(loop.iterable, code) if loop.iterable is not None else None
        items = size.units if size is not None else _MANY
        long = estimate.computing >= _LONG and estimate.computing * items >= _WORTH_PROCESSES
        mostly = estimate.computing >= 2 * (estimate.elsewhere + estimate.doubt)
        # how much a recursion goes through is too much of a guess
        told = estimate.what.startswith("`")
        return estimate, Confidence.MIDDLE if long and mostly and told else None

    # both

    def _loops(self, code: Code) -> Iterator[Loop]:
        """Loops over at least a few things, to the end, in code that runs when it is called."""
        if code.is_async or code.scope.is_generator:
            return
        for loop in code.scope.loops:
            if loop.kind == "while" or loop.is_async or loop.leaves or loop.target is None or loop.iterable is None:
                continue
            if loop.context.deferred or self._turns.grows(code, loop):
                continue
            if self._stated.items(loop.iterable, code) >= _FEW:
                yield loop

    def _is_alone(self, code: Code) -> bool:
        """Whether nothing is known to run the code beside others already."""
        if code not in self._alone:
            above = self._moments.above([code])
            self._alone[code] = not any(self._dispatches.by_code.get(part) for part in above)
        return self._alone[code]

    def _is_main(self, code: Code) -> bool:
        """Whether the program's main module runs the code, or it is the function that a script starts with."""
        return any(
            part.scope.kind == "module" or (part.name == "main" and part.parent is part.module.body)
            for part in self._moments.above([code])
        )
