"""Which code its users may call from several threads at once, and what says so: contracts, claims, locks of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property

from concurlint.catalog.entries import HookRole
from concurlint.catalog.traits import has, may
from concurlint.effects.contexts.claims import Claims
from concurlint.effects.contexts.process_wide import ProcessWide, is_of_tests
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.contexts.threaded_use import ThreadedUse
from concurlint.effects.program import Program
from concurlint.finding import Confidence, Evidence
from concurlint.project.classes import attribute_writes
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance

_SPOKEN = {"__call__", "__getitem__", "__setitem__", "__delitem__", "__contains__", "__iter__", "__next__", "__len__",
           "__enter__", "__exit__", "__getattr__", "__get__", "__set__"}  # fmt: skip
"""Special methods that users run by syntax; those of construction and of comparison are not among them."""

_WSGI = ("environ", "start_response")

_WORDS = re.compile(r"(?<=[a-z0-9_])(?=[A-Z])")
CALLERS = "callers"


class Callers:
    """The public functions and methods that several threads of a user may run side by side on one object."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._config = program.config
        self._claims = program[Claims]
        self._process_wide = program[ProcessWide]
        self._use = program[ThreadedUse]
        self._dispatches = program[Spawns]

    @cached_property
    def all(self) -> tuple[Spawn, ...]:
        """One for each such function or method, with its evidence in the name of the hook."""
        return tuple(self._spawns())

    @cached_property
    def evidence(self) -> Mapping[Code, Evidence]:
        """The classes, and the modules' bodies, for which something says so."""
        found: dict[Code, Evidence] = {}
        for code in self._graph.edges:
            if code.scope.kind in ("class", "module") and not is_of_tests(code.module):
                evidence = self._of(code)
                if evidence is not None:
                    found[code] = evidence
        return found

    def _of(self, code: Code) -> Evidence | None:
        """What says that threads meet in a class or module; the plainest word wins."""
        if self._is_denied(code):
            return None
        shown = code.qualname if code.scope.kind == "class" else code.module.name
        if _is_named(_dotted(code), self._config.thread_safe):
            return Evidence(f"the configuration calls `{shown}` thread-safe", Confidence.HIGH)
        claim = self._claims.of(code)
        if claim is not None:
            return claim
        if self._config.threads == "assumed":
            return Evidence("every public function may be called by several threads", Confidence.HIGH)
        if code.scope.kind == "class" and may("shared-kind", _WORDS.split(code.name)[-1]) and self._claims.of_package:
            return Evidence(f"`{self._claims.of_package}` promises thread safety", Confidence.MIDDLE)
        test = self._use.by_tests.get(code)
        if test is not None:
            return Evidence(f"`{test}` has several threads call `{shown}`", Confidence.MIDDLE)
        lock = self._own_lock(code)
        return Evidence(f"`{shown}` has a lock of its own: `{lock}`", Confidence.LOW) if lock else None

    def _is_denied(self, code: Code) -> bool:
        return _is_named(_dotted(code), self._config.not_thread_safe) or self._claims.denies(code)

    def _own_lock(self, code: Code) -> str:
        """The lock for threads that a class makes for its objects, or a module for itself."""
        if code.scope.kind == "class":
            for attr, writes in attribute_writes(code).items():
                for access, method in writes:
                    values = self._evaluator.values(access.value, method) if access.value is not None else ()
                    if any(self._evaluator.kind(value) in ("lock", "rw-lock") for value in values):
                        return f"self.{attr}"
        for name, bindings in code.scope.bindings.items():
            for binding in bindings:
                if binding.kind == "assign" and binding.value is not None and not binding.path:
                    values = self._evaluator.values(binding.value, code)
                    if any(self._evaluator.kind(value) in ("lock", "rw-lock") for value in values):
                        return name
        return ""

    def _spawns(self) -> Iterator[Spawn]:
        for home, evidence in self.evidence.items():
            for code in self._public(home):
                yield _called(code, home, evidence)
        for home in self._graph.edges:
            if home.scope.kind in ("class", "module") and home not in self.evidence:
                yield from self._of_process(home)
        yield from self._applications()

    def _applications(self) -> Iterator[Spawn]:
        """WSGI applications, which servers with threads call; what else such an object has is for setting it up."""
        evidence = Evidence("servers call a WSGI application on several threads", Confidence.MIDDLE)
        for code in self._graph.edges:
            names = tuple(p.name for p in code.scope.parameters if p.kind == "positional")
            home = code.parent
            if names[-2:] != _WSGI or home is None or is_of_tests(code.module) or self._is_denied(home):
                continue
            if code.name == "__call__" if home.scope.kind == "class" else home.scope.kind == "module":
                yield _called(code, home, evidence)

    def _of_process(self, home: Code) -> Iterator[Spawn]:
        """What leads to state that nobody has to hand to a thread: it is there once for all of the process."""
        whole, package = self._process_wide, home.module.name.partition(".")[0]
        if not whole.reckons_with_threads(home.module) or is_of_tests(home.module) or self._is_denied(home):
            return
        sole = whole.sole_classes.get(home)
        what = f"`{sole}` is one object for all" if sole else "it works with state of the whole process"
        evidence = Evidence(f"{what}, and `{package}` reckons with threads elsewhere", Confidence.LOW)
        for code in self._public(home):
            if (sole or code in whole.leading) and code not in self._starting:
                yield _called(code, home, evidence)

    @cached_property
    def _starting(self) -> frozenset[Code]:
        """The functions that start threads, tasks or processes themselves: those decide what runs beside what."""
        return frozenset(spawn.where for spawn in self._dispatches.all if spawn.site is not None)

    def _public(self, home: Code) -> Iterator[Code]:
        """What users call: of a class the methods, its bases' too where it does not override them."""
        if home.scope.kind == "module":
            yield from (child for child in home.children if _is_public(child))
            return
        if self._runs_alone(home):
            return
        yield from self._makers(home)
        seen: set[str] = set()
        for cls in self._evaluator.lineage(home)[0]:
            for child in cls.children:
                if child.name not in seen and (_is_public(child) or child.name in _SPOKEN):
                    seen.add(child.name)
                    yield child

    def _makers(self, home: Code) -> Iterator[Code]:
        """What making an object runs beside `__init__`: it may give all callers the same one."""
        metas = [meta.code for meta in self._graph.metaclasses(home)]
        for cls, name in [(home, "__new__"), *((meta, "__call__") for meta in metas)]:
            for one in self._evaluator.lineage(cls)[0]:
                yield from (child for child in one.children if child.name == name)

    def _runs_alone(self, home: Code) -> bool:
        """Whether objects of the class are errors, tests or threads, which are not shared to be called."""
        return any(_is_unshared(name) for name in self._evaluator.lineage(home)[1])


def _called(code: Code, home: Code, evidence: Evidence) -> Spawn:
    """What users do with a function, or with a method of an object that they share."""
    hook = HookRole(evidence.because, "thread", many=True, owner="shared", what=CALLERS)
    owner: Instance | ClassOf = ClassOf(home) if code.name == "__new__" else Instance(ClassOf(home))
    value = Bound(Function(code), owner) if home.scope.kind == "class" else Function(code)
    return Spawn(
        code, None, "thread", evidence.because, code, value, True, False, hook=hook, confidence=evidence.confidence
    )


def is_by_callers(dispatch: Spawn) -> bool:
    """Whether it is users who may run a function on threads of theirs."""
    return dispatch.hook is not None and dispatch.hook.what == CALLERS


def _is_public(code: Code) -> bool:
    return code.scope.kind == "function" and not code.name.startswith("_") and not code.is_async


def _dotted(code: Code) -> str:
    return f"{code.module.name}.{code.qualname}" if code.scope.kind == "class" else code.module.name


def _is_named(name: str, wanted: tuple[str, ...]) -> bool:
    """Whether a dotted name, or what it stands in, is among those wanted."""
    return any(name == one or name.startswith(f"{one}.") for one in wanted)


def _is_unshared(base: str) -> bool:
    """Whether objects of classes with that library base are not shared: errors are known by the end of it."""
    last = base.rpartition(".")[2]
    return has("unshared", base) or may("unshared", last) or last.endswith("Exception")
