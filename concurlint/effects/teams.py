"""Threads that one function makes, starts and joins itself, as an executor would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.roles import Roles
from concurlint.effects.dispatch import Dispatch, ran
from concurlint.effects.guards import is_for_tests
from concurlint.effects.handed import Known, at_caller, whole_parameter
from concurlint.effects.meanwhile import Meanwhile
from concurlint.effects.tarrying import Tarrying
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Constant, Expression, Name, spelled, walk
from concurlint.project.arguments import given, merged
from concurlint.project.callgraph import CallGraph, Edge
from concurlint.project.modules import Code
from concurlint.project.values import Instance


@dataclass(frozen=True, slots=True, eq=False)
class Maker:
    """A call in the managing function that makes a thread, itself or through the wrapper of `edge`."""

    site: CallSite
    dispatch: Dispatch
    works: tuple[Code, ...]
    target: Expression | None  # None for the `run` of a class
    edge: Edge | None
    start: tuple[Code, CallSite]
    joins: tuple[CallSite, ...]
    loop: Loop | None

    @property
    def name(self) -> str:
        """What the threads run: the target as it is written, or the class of thread."""
        if self.target is None:
            owner = self.dispatch.code.owner
            return owner.name if owner is not None else self.dispatch.code.qualname
        return spelled(self.target) or self.works[0].qualname


@dataclass(frozen=True, slots=True, eq=False)
class Team:
    """Threads of one target that `code` manages: made in the turns of a loop, or by several calls."""

    code: Code
    makers: tuple[Maker, ...]
    loop: Loop | None

    @property
    def first(self) -> Maker:
        return self.makers[0]


class Teams:
    """Finds functions that start several threads on one target and wait for all of them."""

    def __init__(self, graph: CallGraph, dispatches: list[Dispatch], roles: Roles) -> None:
        self._graph = graph
        self._roles = roles
        self._evaluator = graph.evaluator
        self._made: dict[int, list[Dispatch]] = {}
        self._here: dict[Code, list[Dispatch]] = {}
        for dispatch in dispatches:
            if dispatch.on == "thread" and dispatch.site is not None and self._makes_thread(dispatch):
                self._made.setdefault(id(dispatch.site.call), []).append(dispatch)
                self._here.setdefault(dispatch.where, []).append(dispatch)
        self._tarrying = Tarrying(graph, roles)
        self._meanwhile = Meanwhile(graph, roles)

    def _makes_thread(self, dispatch: Dispatch) -> bool:
        """Whether the call makes a thread that waits for its `start()`; a timer's time is another matter."""
        if dispatch.hook is not None:
            return dispatch.hook.what == "thread"
        role = self._roles.runs(dispatch.name)
        return role is not None and role.group is not None and role.starts == "start"

    def all(self) -> Iterator[Team]:
        """One for each target and function."""
        if not self._made:
            return
        for code in self._graph.edges:
            if is_for_tests(code):
                continue
            makers = self._makers(code)
            works = {work for maker in makers for work in maker.works}
            others = [d for d in self._here.get(code, ()) if d.code not in works]
            if not makers or others or len({maker.works for maker in makers}) > 1:
                continue  # threads of several kinds may need each other
            team = self._team(code, makers)
            if team is not None and self._is_told(team):
                yield team

    @staticmethod
    def _team(code: Code, makers: list[Maker]) -> Team | None:
        looped = [maker for maker in makers if maker.loop is not None]
        if looped:
            return Team(code, (looped[0], *(m for m in makers if m is not looped[0])), looped[0].loop)
        ordered = sorted(makers, key=lambda maker: maker.site.order)
        starts = [m.start[1].order for m in ordered if m.start[0] is code]
        joins = min(join.order for m in ordered for join in m.joins)
        if len(ordered) < 2 or max(starts, default=0) > joins:
            return None
        return Team(code, tuple(ordered), None)

    def _is_told(self, team: Team) -> bool:
        """Whether an executor would do as well, as far as the text tells."""
        if any(self._is_daemon(maker, team.code) for maker in team.makers):
            return False
        items = [team.loop.iterable] if team.loop is not None and team.loop.iterable is not None else []
        if any(self._meanwhile.reads_pipe((*maker.dispatch.passed, *items)) for maker in team.makers):
            return False
        if self._meanwhile.is_busy(team.code, [m.site for m in team.makers], [m.start for m in team.makers],
                                   [j for m in team.makers for j in m.joins]):  # fmt: skip
            return False
        return not any(self._tarrying.tarries(work) for maker in team.makers for work in maker.works)

    # the calls

    def _makers(self, code: Code) -> list[Maker]:
        joined: dict[int, list[CallSite]] = {}
        for site in code.scope.calls:
            for made in self._receivers(code, site, "join"):
                if not _has_timeout(site):
                    joined.setdefault(made, []).append(site)
        found: list[Maker] = []
        for made, joins in joined.items():
            dispatches = self._made.get(made, ())
            for dispatch in dispatches[:1]:
                for site, edge in self._sites(code, dispatch):
                    maker = self._maker(code, site, edge, list(dispatches), joins)
                    if maker is not None:
                        found.append(maker)
        return found

    def _sites(self, code: Code, dispatch: Dispatch) -> Iterator[tuple[CallSite, Edge | None]]:
        """The calls in `code` that make the thread: its own, or those of the function that makes it."""
        if dispatch.where is code and dispatch.site is not None:
            yield dispatch.site, None
            return
        for edge in self._graph.edges.get(code, ()):
            if edge.callee is dispatch.where and edge.runs:
                yield edge.site, edge

    def _maker(
        self, code: Code, site: CallSite, edge: Edge | None, dispatches: list[Dispatch], joins: list[CallSite]
    ) -> Maker | None:
        loop, reached = self._reached(code, site, joins)
        start = self._start(code, dispatches[0], reached)
        if not reached or start is None:
            return None
        target, works = self._target(dispatches, edge)
        return Maker(site, dispatches[0], works, target, edge, start, tuple(reached), loop) if works else None

    @staticmethod
    def _reached(code: Code, site: CallSite, joins: list[CallSite]) -> tuple[Loop | None, list[CallSite]]:
        """The loop that the thread is made in, seen from the joins, and the joins that wait for all of them."""
        found: list[tuple[Loop | None, list[CallSite]]] = []
        for join in joins:
            around = set(join.context.loops)
            own = [number for number in site.context.loops if number not in around]
            further = [number for number in join.context.loops if number not in site.context.loops]
            if join.order < site.order or (own and not further) or not _always(site, join, code):
                continue
            loop = code.scope.loops[own[-1]] if own else None
            if loop is None or loop.kind != "while" or not isinstance(loop.iterable, Constant):
                found.append((loop, [join]))
        # a join in the turns of the loop itself only keeps the threads few
        return max(found, key=lambda each: each[0] is not None, default=(None, []))

    def _start(self, code: Code, dispatch: Dispatch, joins: list[CallSite]) -> tuple[Code, CallSite] | None:
        assert dispatch.site is not None
        made = id(dispatch.site.call)
        for site in code.scope.calls:
            if made in self._receivers(code, site, "start"):
                in_turn = any(site.context.loops[-1:] == join.context.loops[-1:] != () for join in joins)
                return None if in_turn else (code, site)
        owner = dispatch.code.owner
        where = [dispatch.where] if dispatch.hook is None or owner is None else owner.children
        for other in where:
            for site in other.scope.calls:
                function = site.call.function
                if isinstance(function, Attribute) and function.attr == "start":
                    return other, site
        return None

    def _receivers(self, code: Code, site: CallSite, attr: str) -> set[int]:
        """The calls that may have made the thread whose method is called."""
        function = site.call.function
        if not isinstance(function, Attribute) or function.attr != attr:
            return set()
        values = self._evaluator.values(function.value, code)
        return {id(v.site.call) for v in values if isinstance(v, Instance) and v.site is not None} & self._made.keys()

    def _target(self, dispatches: list[Dispatch], edge: Edge | None) -> tuple[Expression | None, tuple[Code, ...]]:
        """The target as it is written where the threads are managed, and all that it may be; nothing if not known."""
        first = dispatches[0]
        if first.hook is not None:
            return None, (first.code,)
        role = self._roles.runs(first.name)
        assert role is not None
        assert first.site is not None
        work, code = given(first.site.call, *role.work), first.where
        if work is not None and edge is not None:
            term = whole_parameter(work, code)
            found = at_caller(term, edge, self._evaluator) if term is not None and term.owner is code else None
            if isinstance(found, Known):
                work, code = found.expression, found.code
        values = self._evaluator.values(work, code) if work is not None else None
        if work is None or values is None or not values.items or (not values.whole and len(values.items) > 1):
            return None, ()
        works = [ran(value) for value in values]
        return work, tuple(w for w in works if w is not None) if all(works) else ()

    # daemons

    def _is_daemon(self, maker: Maker, code: Code) -> bool:
        """Whether anybody makes it a thread that the program does not wait for."""
        dispatch = maker.dispatch
        sites = [s for s in (maker.site, dispatch.site) if s is not None]
        around = {code, dispatch.where}
        if dispatch.hook is not None and dispatch.code.owner is not None:
            around |= set(dispatch.code.owner.family())
            sites += [s for c in dispatch.code.owner.children for s in c.scope.calls if _is_init(s)]
        for site in sites:
            daemon = given(merged(dispatch.value, site.call), "daemon", None)
            if daemon is not None and not (isinstance(daemon, Constant) and not daemon.value):
                return True
        for part in around:
            for access in part.scope.accesses:
                if access.kind == "write" and isinstance(access.target, Attribute) and access.target.attr == "daemon":
                    return not (isinstance(access.value, Constant) and not access.value.value)
            if any(isinstance(s.call.function, Attribute) and s.call.function.attr == "setDaemon"
                   for s in part.scope.calls):  # fmt: skip
                return True
        return False


def _is_init(site: CallSite) -> bool:
    function = site.call.function
    return isinstance(function, Attribute) and function.attr == "__init__"


def _has_timeout(site: CallSite) -> bool:
    return any(not (isinstance(a.value, Constant) and a.value.value is None) for a in site.call.arguments)


def _always(site: CallSite, join: CallSite, code: Code) -> bool:
    """Whether a thread that was made is joined, whatever the tests on the way say, but for those of itself."""
    known = {id(condition.test) for condition in site.context.conditions}
    asked = [c.test for c in join.context.conditions if id(c.test) not in known]
    if not asked:
        return True
    function = join.call.function
    assert isinstance(function, Attribute)
    about = [function.value]
    about += [loop.iterable for n in join.context.loops if (loop := code.scope.loops[n]).iterable is not None]
    names = {part.id for expression in about for part in walk(expression) if isinstance(part, Name)} | {"len"}
    return all({part.id for part in walk(test) if isinstance(part, Name)} <= names for test in asked)
