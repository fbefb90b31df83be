"""State that is there once for the whole process, and what leads to it, where authors reckon with threads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import cached_property

from concurlint.catalog.traits import has
from concurlint.effects.accesses import Location, StateAccesses
from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.claims import Claims
from concurlint.effects.program import Program
from concurlint.project.modules import Code, Module
from concurlint.project.values import ClassOf, Instance, Site


class ProcessWide:
    """A module-level cache, a counter of a class, the one object of a class: all threads that call in share it.

    Nobody has to hand such state to a thread. What is left to ask is whether there are threads at all: yes, where the
    package itself guards something with a lock for threads, or keeps something for each thread.
    """

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._touching = program[StateAccesses]
        self._claims = program[Claims]

    def is_of_process(self, location: Location) -> bool:
        """Whether state is there once for all, in a package whose authors reckon with threads."""
        module = location.home.module
        if self._claims.denies(location.home):
            return False
        return self._is_whole(location) and self.reckons_with_threads(module) and not is_of_tests(module)

    def _is_whole(self, location: Location) -> bool:
        """A global, an attribute of a class, or one of a metaclass's objects, which are classes."""
        if location.kind == "attribute":
            return "builtins.type" in self._evaluator.lineage(location.home)[1]
        return location.kind == "global" or (location.kind == "class" and _is_lasting(location.home))

    def reckons_with_threads(self, module: Module) -> bool:
        """Whether the package of a module makes locks for threads, or state of one thread."""
        return _package(module) in self._aware

    @cached_property
    def leading(self) -> frozenset[Code]:
        """The functions that change such state, and all that lead to them."""
        changing = [code for code in self._graph.edges if self._changes(code)]
        return frozenset(reached(self._graph, changing, up=True))

    @cached_property
    def sole_classes(self) -> Mapping[Code, str]:
        """Classes of which a module makes an object for all, with the name that it has there."""
        found: dict[Code, str] = {}
        for code in self._graph.edges:
            if code.scope.kind == "module" and self.reckons_with_threads(code.module):
                for name, cls in self._made_for_all(code):
                    found.setdefault(cls, name)
        return {cls: name for cls, name in found.items() if cls not in self._made_again}

    @cached_property
    def _made_again(self) -> frozenset[Code]:
        """Classes of which functions make objects."""
        return frozenset(
            value.code
            for code in self._graph.edges
            if code.scope.kind == "function"
            for site in code.scope.calls
            for value in self._graph.targets(site)
            if isinstance(value, ClassOf)
        )

    @cached_property
    def _aware(self) -> frozenset[str]:
        """The packages that make more of threads than of an event loop, on which one thing at a time is done."""
        threads: Counter[str] = Counter()
        loops: Counter[str] = Counter()
        for code, calls in self._graph.libraries.items():
            if code.scope.kind == "module":
                loops[_package(code.module)] += any(has("reactor", name) for name in _imported(code.module))
            if not is_of_tests(code.module):
                made = any(has("thread-primitive", name) or has("unshared", name) for _, name, _ in calls)
                threads[_package(code.module)] += made
        return frozenset(package for package, count in threads.items() if count > loops[package])

    def _changes(self, code: Code) -> bool:
        if code.scope.kind in ("module", "class") or not self.reckons_with_threads(code.module):
            return False
        return any(self._is_whole(touch.location) for touch in self._touching.touches(code))

    def _made_for_all(self, body: Code) -> Iterator[tuple[str, Code]]:
        for name, bindings in body.scope.bindings.items():
            for binding in bindings:
                if binding.kind != "assign" or binding.value is None or binding.path:
                    continue
                for value in self._evaluator.values(binding.value, body):
                    if isinstance(value, Instance) and isinstance(value.of, ClassOf) and value.site is not None:
                        if value.site.code.scope.kind == "module" and not _is_under_test(value.site):
                            yield name, value.of.code


def _is_lasting(cls: Code) -> bool:
    """Whether there is one such class: not a new one for each call of a function around."""
    around = cls.parent
    while around is not None and around.scope.kind == "class":
        around = around.parent
    return around is None or around.scope.kind == "module"


def _is_under_test(made: Site) -> bool:
    """Whether a call is only made under a condition, as for type checkers or in a script."""
    return any(site.call is made.call and site.context.conditions for site in made.code.scope.calls)


def is_of_tests(module: Module) -> bool:
    """Whether a module belongs to tests, by its dotted name."""
    parts = module.name.split(".")
    return any(part in ("tests", "test", "testing", "conftest") or part.startswith("test_") for part in parts)


def _imported(module: Module) -> set[str]:
    """The top-level packages that a module imports."""
    bound = (one.imported for bindings in module.body.scope.bindings.values() for one in bindings)
    return {one.module.partition(".")[0] for one in bound if one is not None and not one.level}


def _package(module: Module) -> str:
    return module.name.partition(".")[0]
