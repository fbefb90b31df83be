"""What shows that several threads use one object: tests that have them do so, callbacks on a thread of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property

from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Name, spelled
from concurlint.project.classes import attribute_writes, is_self
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance, Value
from concurlint.purposes import Purpose


class ThreadedUse:
    """Looks at what tests have threads call, and at what a class has called on a thread of its own."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._spawns = program[Spawns]
        self._purposes = program.purposes

    @cached_property
    def by_tests(self) -> Mapping[Code, str]:
        """The classes, and the bodies of modules, that several threads of a test call, with the test's file."""
        found: dict[Code, str] = {}
        for dispatch in self._spawns.all:
            if dispatch.on == "thread" and dispatch.several and dispatch.hook is None and self._is_test(dispatch.where):
                for home in self._called(dispatch):
                    found.setdefault(home, dispatch.where.module.source.path.name)
        return found

    def called_on_own_thread(self, cls: Code) -> Collection[Code] | None:
        """All that a thread of a class's own runs, if callables that users have set are among that; else None.

        What users do there they may do with the very object, while others go on to use it.
        """
        classes = self._evaluator.lineage(cls)[0]
        own = [one.code for one in self._spawns.all if one.on == "thread" and self._belongs(one, classes)]
        below = reached(self._graph, own) if own else {}
        calls = ((site, code) for code in below if code.owner in classes for site in code.scope.calls)
        return below if any(self._is_set_by_users(site, code, classes) for site, code in calls) else None

    # tests

    def _is_test(self, code: Code) -> bool:
        return self._purposes.of(code.module.source.name) is Purpose.TEST

    def _called(self, dispatch: Spawn) -> Iterator[Code]:
        """What the threads of a test come to first that is no test, if they share it."""
        if not self._is_test(dispatch.code):
            yield from self._shared(dispatch.value, ())
            return
        inside = reached(self._graph, [dispatch.code], follow=lambda edge: self._is_test(edge.callee))
        for code in inside:
            for edge in self._graph.edges.get(code, ()):
                if not self._is_test(edge.callee):
                    yield from self._shared(edge.value, inside)

    @staticmethod
    def _shared(value: Value, inside: Collection[Code]) -> Iterator[Code]:
        """Where a function that threads call belongs, unless each works with an object of its own."""
        match value:
            case Bound(owner=Instance(of=ClassOf(code=cls), site=site)):
                if site is None or site.code not in inside:
                    yield cls
            case Function(code=code) if code.parent is not None and code.parent.scope.kind == "module":
                yield code.parent

    # callbacks

    def _belongs(self, spawn: Spawn, classes: tuple[Code, ...]) -> bool:
        hook = spawn.hook
        return spawn.code.owner in classes and (hook is None or hook.what == "thread")

    def _is_set_by_users(self, site: CallSite, code: Code, classes: tuple[Code, ...]) -> bool:
        function = site.call.function
        if not isinstance(function, Attribute) or not isinstance(function.value, Name):
            return False
        if is_self(code, function.value.id) is None:
            return False
        attr, ours = function.attr, any(self._graph.runs(value) is not None for value in self._graph.targets(site))
        is_set = not ours and any(attr in attribute_writes(cls) for cls in classes)
        return is_set or any(_has_setter(cls, attr) for cls in classes)


def _has_setter(cls: Code, attr: str) -> bool:
    """Whether a property may be set: it has two methods of one name."""
    named = [child for child in cls.children if child.name == attr]
    return any(spelled(decorator) == f"{attr}.setter" for child in named for decorator in child.scope.decorators)
