"""Threads that one function makes, starts and joins itself, as an executor would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.flow.typestate import alike
from concurlint.effects.program import Program
from concurlint.effects.threads.between import BetweenStartAndJoin
from concurlint.effects.threads.objects import ThreadObject, ThreadObjects, Work
from concurlint.effects.threads.termination import Termination
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, spelled, walk
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """A call in the managing function that makes a thread, itself or through the wrapper of `edge`.

    `target` is what the thread runs as it is written there, None for the `run` of a class.
    """

    site: CallSite
    made: ThreadObject
    works: tuple[Work, ...]
    target: Expression | None
    edge: Edge | None
    start: tuple[Code, CallSite]
    join: CallSite
    loop: Loop | None

    @property
    def name(self) -> str:
        """What the threads run: the target as it is written, or the class of thread."""
        if self.target is None and self.made.cls is not None:
            return self.made.cls.name
        work = self.works[0]
        written = spelled(self.target) if self.target is not None else ""
        return written or (work if isinstance(work, str) else work.qualname)


@dataclass(frozen=True, slots=True, eq=False)
class ForkJoin:
    """Threads of one target that `code` manages: made in the turns of a loop, or by several calls."""

    code: Code
    makers: tuple[Maker, ...]
    loop: Loop | None

    @property
    def first(self) -> Maker:
        return self.makers[0]


class ForkJoins:
    """Finds functions that start several threads on one target and wait for all of them."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._threads = program[ThreadObjects]
        self._tarrying = program[Termination]
        self._meanwhile = program[BetweenStartAndJoin]

    def all(self) -> Iterator[ForkJoin]:
        """One for each function that manages one."""
        for code in self._graph.edges if self._threads.made else ():
            if is_for_tests(code):
                continue
            makers = self._makers(code)
            calls = {id(maker.made.site) for maker in makers}
            others = [made for made in self._threads.here.get(code, ()) if id(made.site) not in calls]
            if not makers or others or len({maker.works for maker in makers}) > 1:
                continue  # threads of several kinds may need each other
            team = self._team(code, makers)
            if team is not None and self._is_told(team):
                yield team

    @staticmethod
    def _team(code: Code, makers: list[Maker]) -> ForkJoin | None:
        looped = [maker for maker in makers if maker.loop is not None]
        if looped:
            return ForkJoin(code, (looped[0], *(m for m in makers if m is not looped[0])), looped[0].loop)
        ordered = sorted(makers, key=lambda maker: maker.site.order)
        starts = [maker.start[1].order for maker in ordered if maker.start[0] is code]
        if len(ordered) < 2 or max(starts, default=0) > min(maker.join.order for maker in ordered):
            return None
        return ForkJoin(code, tuple(ordered), None)

    def _is_told(self, team: ForkJoin) -> bool:
        """Whether an executor would do as well, as far as the text tells."""
        makers = team.makers
        if team.loop is None and any(_is_same(one, other) for one, other in combinations(makers, 2)):
            return False
        if not all(_differs(maker, team.code) for maker in makers if maker.loop is not None):
            return False  # the same work on the same thing is there to run at once
        if any(self._threads.is_daemon(maker.made, maker.site, team.code) for maker in makers):
            return False
        items = [team.loop.iterable] if team.loop is not None and team.loop.iterable is not None else []
        if any(self._meanwhile.reads_pipe((*maker.made.passed, *items)) for maker in makers):
            return False
        begun = [maker.site for maker in makers]
        begun += [maker.start[1] for maker in makers if maker.start[0] is team.code]
        if self._meanwhile.is_busy(team.code, begun, [maker.join for maker in makers]):
            return False
        return not any(self._tarrying.tarries(work) for maker in makers for work in maker.works)

    def _makers(self, code: Code) -> list[Maker]:
        joined: dict[int, list[CallSite]] = {}
        for site in code.scope.calls:
            for key in self._threads.receivers(code, site, "join"):
                if not has_timeout(site):
                    joined.setdefault(key, []).append(site)
        found: list[Maker] = []
        for key, joins in joined.items():
            made = self._threads.made[key]
            for site, edge in self._sites(code, made):
                maker = self._maker(code, site, edge, made, joins)
                if maker is not None:
                    found.append(maker)
        return found

    def _sites(self, code: Code, made: ThreadObject) -> Iterator[tuple[CallSite, Edge | None]]:
        """The calls in `code` that make the thread: its own, or those of the function that makes it."""
        if made.where is code:
            yield made.site, None
            return
        for edge in self._graph.edges.get(code, ()):
            if edge.callee is made.where and edge.runs:
                yield edge.site, edge

    def _maker(
        self, code: Code, site: CallSite, edge: Edge | None, made: ThreadObject, joins: list[CallSite]
    ) -> Maker | None:
        loop, join = _reached(code, site, joins)
        start = self._threads.starts(code, made)
        if join is None or start is None:
            return None
        if start[0] is code and start[1].context.loops[-1:] == join.context.loops[-1:] != ():
            return None  # each is waited for before the next is started
        target, works = self._threads.target(made, edge)
        return Maker(site, made, works, target, edge, start, join, loop) if works else None


def _reached(code: Code, site: CallSite, joins: list[CallSite]) -> tuple[Loop | None, CallSite | None]:
    """The loop that the thread is made in, seen from the join that waits for all of them; and that join."""
    found: list[tuple[Loop | None, CallSite | None]] = []
    for join in joins:
        around = set(join.context.loops)
        own = [number for number in site.context.loops if number not in around]
        further = [number for number in join.context.loops if number not in site.context.loops]
        if join.order < site.order or (own and not further) or not always(site, join, code):
            continue
        loop = code.scope.loops[own[-1]] if own else None
        if loop is None or loop.kind != "while" or not isinstance(loop.iterable, Constant):
            found.append((loop, join))
    # a join in the turns of the loop itself only keeps the threads few
    return max(found, key=lambda each: each[0] is not None, default=(None, None))


def _differs(maker: Maker, code: Code) -> bool:
    """Whether each thread gets something of its own, of the turn of the loop."""
    assert maker.loop is not None
    if maker.loop.target is None or any(isinstance(part, Call) for part in _given(maker)):
        return True
    turning = {part.id for part in walk(maker.loop.target) if isinstance(part, Name)}
    turning |= bound_in(maker.loop, code)
    read = {part.id for part in _given(maker) if isinstance(part, Name)}
    for work in maker.works:
        if isinstance(work, Code) and code in (work.parent, *work.family()):
            read |= set(work.scope.uses)
    return bool({_plain(name) for name in read} & {_plain(name) for name in turning})


def _plain(name: str) -> str:
    """A name as it is written: those that comprehensions bind carry a number."""
    return name.partition("@")[0]


def _is_same(one: Maker, other: Maker) -> bool:
    """Whether two threads are handed the same."""
    mine, theirs = one.site.call.arguments, other.site.call.arguments
    named = {a.keyword: a.value for a in theirs if a.keyword is not None}
    plain = [a for a in theirs if a.keyword is None]
    for number, argument in enumerate(mine):
        if argument.keyword == "name":
            continue
        value = named.get(argument.keyword) if argument.keyword is not None else None
        if argument.keyword is None and number < len(plain):
            value = plain[number].value
        if value is None or not alike(argument.value, value):
            return False
    return len(mine) == len(theirs)


def _given(maker: Maker) -> Iterator[Expression]:
    for argument in maker.site.call.arguments:
        yield from walk(argument.value)


def bound_in(loop: Loop, code: Code) -> set[str]:
    """The names that the turns of a loop bind."""
    return {
        name
        for name, bindings in code.scope.bindings.items()
        if any(loop.number in binding.context.loops for binding in bindings)
    }


def has_timeout(site: CallSite) -> bool:
    """Whether a `join` may give up."""
    return any(not (isinstance(a.value, Constant) and a.value.value is None) for a in site.call.arguments)


def always(site: CallSite, join: CallSite, code: Code) -> bool:
    """Whether a thread that was made is joined, whatever the tests on the way say, but for those of itself."""
    known = {id(condition.test) for condition in site.context.conditions}
    asked = [c.test for c in join.context.conditions if id(c.test) not in known]
    function = join.call.function
    assert isinstance(function, Attribute)
    about = [function.value]
    about += [loop.iterable for n in join.context.loops if (loop := code.scope.loops[n]).iterable is not None]
    names = {part.id for expression in about for part in walk(expression) if isinstance(part, Name)} | {"len"}
    return all({part.id for part in walk(test) if isinstance(part, Name)} <= names for test in asked)
