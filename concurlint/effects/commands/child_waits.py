"""Work that does nothing but start one child process and wait for it, on a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.entries import ChildRole
from concurlint.catalog.traits import guessed, has, may
from concurlint.effects.calls.arguments import ABSENT, lookup
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.program import Program
from concurlint.effects.threads.between import is_idle
from concurlint.effects.threads.fork_join import ForkJoin, ForkJoins, always, has_timeout
from concurlint.effects.threads.objects import ThreadObject, ThreadObjects, Work
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Argument, Attribute, Call, Compare, Constant, Table, spelled, walk
from concurlint.project.arguments import given, merged
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Container, Library, Literal, Value


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """A thread kept to wait for one child; `limits`: so that the wait can be given up, by `join(timeout)`."""

    code: Code
    made: ThreadObject
    name: str
    join: CallSite
    limits: bool


@dataclass(frozen=True, slots=True, eq=False)
class _Errand:
    captures: bool
    limited: bool


class ChildWaits:
    """Finds threads of which nothing would be left if the child were waited for by the one who starts them."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._threads = program[ThreadObjects]
        self._teams = program[ForkJoins]
        self._roles = program.roles
        self._effects = program.effects
        self._evaluator = program.evaluator

    # several children side by side

    def side_by_side(self) -> Iterator[ForkJoin]:
        """Threads that only wait for a child each, whose output goes nowhere that must be read."""
        for team in self._teams.all():
            if self._limits(team) or any(maker.made.cls is not None for maker in team.makers):
                continue
            if all(self._only_waits(work, maker.made) for maker in team.makers for work in maker.works):
                yield team

    def _only_waits(self, work: Work, made: ThreadObject) -> bool:
        if isinstance(work, str):
            role = self._roles.child(work)
            call = self._direct(made)
            return role is not None and role.waits and call is not None and self._is_plain(role, call, made.where)
        errand = self._errand(work)
        return errand is not None and not errand.captures and not errand.limited

    def _direct(self, made: ThreadObject) -> Call | None:
        """The call that a thread makes of a library function; None if its keywords are not known."""
        arguments = [Argument(value, None, 0) for value in made.passed]
        handed = given(made.site.call, "kwargs", 4)
        if handed is not None:
            value = self._evaluator.values(handed, made.where).only()
            table = value.origin if isinstance(value, Container) else None
            if not isinstance(table, Table):
                return None
            for key, passed in zip(table.keys, table.values, strict=True):
                if not isinstance(key, Constant) or not isinstance(key.value, str):
                    return None
                arguments.append(Argument(passed, key.value, 0))
        return Call(made.site.call.function, tuple(arguments), made.site.call.at)

    @staticmethod
    def _limits(team: ForkJoin) -> bool:
        """Whether the loop that makes the threads sees to it that there are not too many."""
        if team.loop is None:
            return False
        number, scope = team.loop.number, team.code.scope
        for site in scope.calls:
            function = site.call.function
            if number in site.context.loops and may("limits-threads", spelled(function).rpartition(".")[2]):
                return True
        tests = [branch.test for branch in scope.branches if number in branch.context.loops]
        return team.loop.kind == "while" or any(isinstance(p, Compare) for test in tests for p in walk(test))

    # one thread for one child

    def for_one(self) -> Iterator[Kept]:
        """Threads that only wait for one child, and are waited for by the function that makes them."""
        many = {id(maker.made) for team in self.side_by_side() for maker in team.makers}
        for code in self._graph.edges if self._threads.made else ():
            if is_for_tests(code):
                continue
            seen: set[int] = set()
            for join in code.scope.calls:
                for key in self._threads.receivers(code, join, "join") - seen:
                    made = self._threads.made[key]
                    if made.where is not code or id(made) in many or join.context.loops or made.site.context.loops:
                        continue
                    limits = has_timeout(join)
                    name = self._waits_once(made, limits) if limits or always(made.site, join, code) else ""
                    if name:
                        seen.add(key)
                        yield Kept(code, made, name, join, limits)

    def _waits_once(self, made: ThreadObject, limits: bool) -> str:
        """The work of a thread that waits for one child; `""` if it does anything else.

        Reading what the child writes is no mere waiting, but where the wait may be given up, so may the reading.
        """
        target, works = self._threads.target(made, None)
        if len(works) != 1 or target is None:
            return ""
        work = works[0]
        if isinstance(work, str):
            role = self._roles.child(work)
            runs = role is not None and (role.timeout is not None if limits else self._only_waits(work, made))
            waits = has("waits-for-child", work) and (limits or not may("reads-pipes", work.rpartition(".")[2]))
            return spelled(target) if waits or runs else ""
        errand = self._errand(work)
        if errand is None or errand.limited or (errand.captures and not limits):
            return ""
        return spelled(target) or work.qualname

    # what a function does

    def _errand(self, code: Code) -> _Errand | None:
        """How a function waits for one child, if it does nothing else of account."""
        scope = code.scope
        if scope.is_generator or code.is_async or scope.entered or scope.loops or scope.decorators:
            return None
        found: list[tuple[CallSite, ChildRole, Call]] = []
        waits: list[CallSite] = []
        others: list[CallSite] = []
        for site in scope.calls:
            child = self._child(site)
            if child is not None:
                found.append((site, *child))
            elif self._is_wait(code, site):
                waits.append(site)
            else:
                others.append(site)
        waits += [site for site, role, _ in found if role.waits]
        if not waits or len(found) > 1 or (found and len(waits) > 1):
            return None
        if not self._is_nothing_else(code, others, waits):
            return None
        if not found:  # the child is there already
            reads = any(spelled(site.call.function).endswith(".communicate") for site in waits)
            return _Errand(reads, any(_gives_up(site) for site in waits))
        _, role, call = found[0]
        limited = self._passes(call, code, "timeout") if role.waits else _gives_up(waits[0])
        return _Errand(not self._is_plain(role, call, code), limited)

    def _child(self, site: CallSite) -> tuple[ChildRole, Call] | None:
        for value in self._graph.targets(site):
            role = self._roles.child(library_name(value))
            if role is not None:
                return role, merged(value, site.call)
        return None

    def _is_wait(self, code: Code, site: CallSite) -> bool:
        function = site.call.function
        if not isinstance(function, Attribute) or not may("waits-for-child", function.attr):
            return False
        values = [v for v in self._evaluator.values(function.value, code).used() if v != Literal(None)]
        return bool(values) and all(self._evaluator.kind(value) == "child" for value in values)

    def _is_nothing_else(self, code: Code, others: list[CallSite], waits: list[CallSite]) -> bool:
        """Whether the rest is getting the command ready, and the end of the child is the end of the work."""
        first, calls = min(site.order for site in waits), {id(site.call) for site in waits}
        if any(site.order > first or not self._is_preparing(site) for site in others):
            return False
        kept = {site.statement for site in waits}
        if any(a.order > first and a.kind != "read" and a.statement not in kept for a in code.scope.accesses):
            return False
        bindings = [b for name in code.scope.globals | code.scope.nonlocals for b in code.scope.bindings.get(name, ())]
        return all(id(binding.value) in calls or binding.order < first for binding in bindings)

    def _is_preparing(self, site: CallSite) -> bool:
        if is_idle(self._graph, self._roles, site):
            return True
        names = [library_name(value) for value in self._graph.targets(site)]
        facts = [self._effects.lookup(name) for name in names if name]
        return len(facts) == len(names) > 0 and all(fact is not None and not fact.waits for fact in facts)

    def _is_plain(self, role: ChildRole, call: Call, code: Code) -> bool:
        """Whether the child's pipes need nobody: none is read or written, and no time is set."""
        if role.drains and role.stdout is None:
            return False
        if role.name.endswith("check_output") or any(
            self._passes(call, code, word) for word in guessed("pipe-argument")
        ):
            return False
        return not any(
            self._is_pipe(value)
            for wanted in (role.stdout, role.stderr)
            if wanted is not None
            for value in self._passed(call, code, wanted)
        )

    def _passes(self, call: Call, code: Code, word: str) -> bool:
        found = lookup(call, code, (word, None), self._evaluator)
        if found is ABSENT:
            return False
        expression = getattr(found, "expression", None)
        return not (isinstance(expression, Constant) and not expression.value)

    def _passed(self, call: Call, code: Code, wanted: tuple[str, int | None]) -> list[Value | None]:
        found = lookup(call, code, wanted, self._evaluator)
        if found is ABSENT:
            return []
        expression, home = getattr(found, "expression", None), getattr(found, "code", code)
        return list(self._evaluator.values(expression, home)) if expression is not None else [None]

    @staticmethod
    def _is_pipe(value: Value | None) -> bool:
        return value is None or (isinstance(value, Library) and value.name.endswith("PIPE"))


def _gives_up(site: CallSite) -> bool:
    """Whether a `wait` or `communicate` has a timeout of its own."""
    function = site.call.function
    position = 1 if isinstance(function, Attribute) and function.attr == "communicate" else 0
    timeout = given(site.call, "timeout", position)
    return timeout is not None and not (isinstance(timeout, Constant) and timeout.value is None)
