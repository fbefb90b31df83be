"""Processes joined while what they put on a queue still waits in its pipe for somebody to take it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from concurlint.catalog.traits import guessed, has, may
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Constant, Unary
from concurlint.finding import Step
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Value


@dataclass(frozen=True, slots=True, eq=False)
class Use:
    """A method call on one queue or process, in the code where it stands."""

    code: Code
    site: CallSite
    attr: str


@dataclass(frozen=True, slots=True, eq=False)
class Undrained:
    """A join in `code` before anybody has taken what the process put."""

    code: Code
    join: CallSite
    process: Spawn
    put: Use
    taken: CallSite
    is_small: bool  # all that is put is a number, a truth value or a short text, once in each process
    is_ended: bool = False  # the join has a timeout, and the process is ended after it

    def steps(self) -> tuple[Step, ...]:
        """Where the process puts, and where its parent takes, which is too late."""
        return (
            Step(self.put.code.span(self.put.site.call.at), f"`{self.put.code.qualname}` puts in the process"),
            Step(self.code.span(self.taken.call.at), "what it put is taken only here, after the join"),
        )


class QueueDraining:
    """Compares, in each function, when processes are joined with when their queues are read."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._moments = program[Reachability]
        self._by_call: dict[int, Spawn] = {}
        for dispatch in program[Spawns].all:
            if dispatch.on == "process" and dispatch.site is not None:
                self._by_call.setdefault(id(dispatch.site.call), dispatch)
        self._of_queue: dict[int, list[Use]] = {}
        self._of_process: dict[int, list[Use]] = {}
        if self._by_call:
            self._note_uses()

    def _note_uses(self) -> None:
        for code in self._graph.edges:
            for site in code.scope.calls:
                function = site.call.function
                if not isinstance(function, Attribute) or function.attr not in _asked():
                    continue
                for value in self._evaluator.values(function.value, code).used():
                    if not isinstance(value, Instance) or value.site is None:
                        continue
                    made = id(value.site.call)
                    use = Use(code, site, function.attr)
                    if has("feeds", self._evaluator.type_name(value)):
                        self._of_queue.setdefault(made, []).append(use)
                    elif made in self._by_call:
                        self._of_process.setdefault(made, []).append(use)

    def joined_too_early(self) -> Iterator[Undrained]:
        """Joins that wait for a process which waits for its queue to be read after the join."""
        for made, uses in self._of_process.items():
            process = self._by_call[made]
            reached = self._moments.below(process.code)
            for queue in self._of_queue.values():
                put = next((use for use in queue if may("puts", use.attr) and use.code in reached), None)
                if put is None or any(may("abandons", use.attr) for use in queue):
                    continue
                yield from self._compare(process, uses, queue, put)

    def _compare(self, process: Spawn, uses: list[Use], queue: list[Use], put: Use) -> Iterator[Undrained]:
        takes = [use for use in queue if may("takes", use.attr)]
        elsewhere = {d.code for d in self._by_call.values()}
        if any(use.code in self._moments.below(code) for use in takes for code in elsewhere):
            return  # another process, or this one, takes what is put
        ends = [use for use in uses if may("kills", use.attr)]
        for for_good in (True, False):
            joins = [use for use in uses if may("joins", use.attr) and _waits_for_good(use.site) is for_good]
            for code in self._moments.above([use.code for use in joins]):
                found = self._late(code, joins, takes, ends, for_good)
                if found is None:
                    continue
                small = all(self._is_small(use) for use in queue if may("puts", use.attr))
                if for_good or not small:
                    yield Undrained(code, found[0], process, put, found[1], small, not for_good)
                    return

    def _late(
        self, code: Code, joins: list[Use], takes: list[Use], ends: list[Use], for_good: bool
    ) -> tuple[CallSite, CallSite] | None:
        """A join in a function and the taking that comes only after it; after a timeout the process must be ended."""
        joined = self._moments.in_code(code, joins)
        taken = self._moments.in_code(code, takes)
        if not joined or len({id(t.code) for t in takes} - self._known_from(code, takes)):
            return None
        first = min(joined, key=lambda site: site.order)
        ended = self._moments.in_code(code, ends)
        if any(self._moments.leads_to(code, site, first) for site in ended):
            return None
        late = [site for site in taken if self._moments.leads_to(code, first, site)]
        # a call that joins and takes is looked at within: the next such call has a queue of its own
        early = [site for site in taken if site is first or self._moments.leads_to(code, site, first)]
        if not late or early:
            return None
        found = min(late, key=lambda site: site.order)
        is_over = _is_over(found) or any(self._moments.leads_to(code, site, found) for site in ended)
        return (first, found) if for_good or is_over else None

    def _is_small(self, put: Use) -> bool:
        arguments = put.site.call.arguments
        if put.site.context.loops or not arguments:
            return False
        if isinstance(arguments[0].value, Constant):
            return True
        values = self._evaluator.values(arguments[0].value, put.code)
        return values.whole and bool(values.items) and all(self._is_number(v) for v in values)

    def _is_number(self, value: Value) -> bool:
        return self._evaluator.type_name(value) == "builtins.NoneType" or self._evaluator.kind(value) == "number"

    def _known_from(self, code: Code, takes: list[Use]) -> set[int]:
        """Those of the codes that take which `code` calls, directly or not."""
        reached = self._moments.below(code)
        return {id(use.code) for use in takes if use.code in reached}


@cache
def _asked() -> frozenset[str]:
    return guessed("puts") | guessed("takes") | guessed("kills") | guessed("joins") | guessed("abandons")


def _is_over(take: CallSite) -> bool:
    """Whether something is only taken where the process has ended: `if not process.is_alive():`."""
    for condition in take.context.conditions:
        test, holds = condition.test, condition.holds
        if isinstance(test, Unary) and test.operator == "Not":
            test, holds = test.operand, not holds
        if isinstance(test, Call) and isinstance(test.function, Attribute) and may("asks-alive", test.function.attr):
            return not holds
    return False


def _waits_for_good(site: CallSite) -> bool:
    arguments = site.call.arguments
    return not arguments or (isinstance(arguments[0].value, Constant) and arguments[0].value.value is None)
