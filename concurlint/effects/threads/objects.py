"""Thread objects: the calls that make one, what it runs, who starts it, and whether the program waits for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from concurlint.effects.calls.arguments import Known, at_caller, whole_parameter
from concurlint.effects.contexts.spawns import Spawn, Spawns, handed_arguments, ran
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, spelled
from concurlint.project.arguments import given, merged
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Value

Work: TypeAlias = Code | str
"""What a thread runs: code of the project, or a library function by its dotted name."""


@dataclass(frozen=True, slots=True, eq=False)
class ThreadObject:
    """A call that makes a thread which waits for its `start()`; `cls` is the class whose `run` it runs."""

    where: Code
    site: CallSite
    target: Expression | None
    cls: Code | None = None
    run: Code | None = None
    passed: tuple[Expression, ...] = ()
    named: dict[str, Expression] = field(default_factory=dict)
    dispatches: tuple[Spawn, ...] = ()


class ThreadObjects:
    """Every call that makes a thread object, and the calls of their methods."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self.made: dict[int, ThreadObject] = {}
        self.here: dict[Code, list[ThreadObject]] = {}
        sent: dict[int, list[Spawn]] = {}
        for dispatch in program[Spawns].all:
            if dispatch.on == "thread" and dispatch.site is not None:
                sent.setdefault(id(dispatch.site.call), []).append(dispatch)
                if dispatch.hook is not None and dispatch.hook.what == "thread":
                    self._add(self._of_class(dispatch, dispatch.site))
        for code, calls in program.graph.libraries.items():
            for site, name, value in calls:
                self._plain(code, site, name, value, tuple(sent.get(id(site.call), ())))

    def _of_class(self, dispatch: Spawn, site: CallSite) -> ThreadObject:
        """A thread of a class of the project, whose `run` may be there to have the target run."""
        run, role = dispatch.code, self._roles.runs(dispatch.name)
        if role is None or not any(_hands_on(each) for each in run.scope.calls):
            return ThreadObject(dispatch.where, site, None, run.owner, run, dispatches=(dispatch,))
        passed, named = handed_arguments(role, site.call)
        return ThreadObject(dispatch.where, site, given(site.call, role.work[0], None), run.owner, None, passed, named)

    def _plain(self, code: Code, site: CallSite, name: str, value: Value, sent: tuple[Spawn, ...]) -> None:
        """`Thread(target=…)`; a timer's time is another matter."""
        role = self._roles.runs(name)
        if role is None or role.on != "thread" or role.group is None or role.starts != "start":
            return
        call = merged(value, site.call)
        passed, named = handed_arguments(role, call)
        self._add(ThreadObject(code, site, given(call, *role.work), None, None, passed, named, sent))

    def _add(self, made: ThreadObject) -> None:
        if id(made.site.call) not in self.made:
            self.made[id(made.site.call)] = made
            self.here.setdefault(made.where, []).append(made)

    def receivers(self, code: Code, site: CallSite, attr: str) -> set[int]:
        """The thread objects, by their key in `made`, whose method of that name a call may call."""
        function = site.call.function
        if not isinstance(function, Attribute) or function.attr != attr:
            return set()
        values = self._evaluator.values(function.value, code).used()
        return {id(v.site.call) for v in values if isinstance(v, Instance) and v.site is not None} & self.made.keys()

    def starts(self, code: Code, made: ThreadObject) -> tuple[Code, CallSite] | None:
        """The call that starts the thread: in `code`, or where it is made, or in the thread's own class."""
        key = id(made.site.call)
        for site in code.scope.calls:
            if key in self.receivers(code, site, "start"):
                return code, site
        for other in [made.where] if made.cls is None else made.cls.children:
            for site in other.scope.calls:
                function = site.call.function
                if other is not code and isinstance(function, Attribute) and function.attr == "start":
                    return other, site
        return None

    def target(self, made: ThreadObject, edge: Edge | None) -> tuple[Expression | None, tuple[Work, ...]]:
        """What the thread runs, written as where `edge` has it made, and all that it may be; nothing if not known."""
        if made.run is not None:
            return None, (made.run,)
        work, code = made.target, made.where
        if work is not None and edge is not None:
            term = whole_parameter(work, code)
            found = at_caller(term, edge, self._evaluator) if term is not None and term.owner is code else None
            if isinstance(found, Known):
                work, code = found.expression, found.code
        values = self._evaluator.values(work, code) if work is not None else None
        if work is None or values is None or not values.items or (not values.whole and len(values.items) > 1):
            return None, ()
        works = tuple(ran(value) or library_name(value) for value in values)
        return work, works if all(works) else ()

    def is_daemon(self, made: ThreadObject, site: CallSite, code: Code) -> bool:
        """Whether anybody makes it a thread that the program does not wait for."""
        sites, around = [site, made.site], {code, made.where}
        if made.cls is not None:
            around |= set(made.cls.family())
            sites += [s for part in made.cls.children for s in part.scope.calls if _is_init(s)]
        for each in sites:
            daemon = given(each.call, "daemon", None)
            if daemon is not None and not _is_false(daemon):
                return True
        for part in around:
            for access in part.scope.accesses:
                target = access.target
                if access.kind == "write" and isinstance(target, Attribute) and target.attr == "daemon":
                    return access.value is None or not _is_false(access.value)
            if any(isinstance(s.call.function, Attribute) and s.call.function.attr == "setDaemon"
                   for s in part.scope.calls):  # fmt: skip
                return True
        return False


def _hands_on(site: CallSite) -> bool:
    """`super().run()` or `self._target()`"""
    function = site.call.function
    if not isinstance(function, Attribute):
        return False
    is_parent = isinstance(function.value, Call) or spelled(function.value).endswith("Thread")
    return function.attr == "_target" or (function.attr == "run" and is_parent)


def _is_init(site: CallSite) -> bool:
    function = site.call.function
    return isinstance(function, Attribute) and function.attr == "__init__"


def _is_false(expression: Expression) -> bool:
    return isinstance(expression, Constant) and not expression.value
