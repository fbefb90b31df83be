"""What holds together only because one thread at a time runs Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import gil_package, gil_pattern, has
from concurlint.effects.accesses import StateAccess
from concurlint.effects.calls.access_paths import Path, path_of
from concurlint.effects.contexts.reach import Run, thread_steps
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing
from concurlint.effects.races.updates import Races
from concurlint.facts.records import Binding
from concurlint.facts.syntax import Attribute, Call, Comprehension, Constant, Expression, Name, Place, spelled
from concurlint.finding import Step
from concurlint.project.bindings import bound_once
from concurlint.project.callgraph import library_name
from concurlint.project.classes import attribute_writes
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class Torn:
    """A change that others see half done once threads really run at the same time."""

    touch: StateAccess
    method: str
    run: Run

    def steps(self) -> tuple[Step, ...]:
        """How it comes to run on threads."""
        return thread_steps(self.run)


@dataclass(frozen=True, slots=True, eq=False)
class Borrowed:
    """An iterator advanced in code that several threads run."""

    code: Code
    at: Place
    shown: str
    is_generator: bool
    made: Step
    run: Run

    def steps(self) -> tuple[Step, ...]:
        """Where the iterator is made, and how the code comes to run on threads."""
        return (self.made, *thread_steps(self.run))


class GilReliance:
    """The questions of the rules about builds without the GIL."""

    def __init__(self, program: Program) -> None:
        self._files = program.files
        self._races = program[Races]
        self._sharing = program[Sharing]
        self._graph = program.graph
        self._evaluator = program.evaluator

    # changes in one step

    def torn_changes(self) -> Iterator[Torn]:
        """Methods of shared lists and dicts that are one step only under the GIL, with no lock."""
        for code in self._sharing.runs:
            for touch in self._sharing.touching.touches(code):
                method = self._method(touch)
                if not method or self._races.is_spoken_of(touch) or self._races.overlap.is_private_yet(touch):
                    continue
                held = self._sharing.held(touch)
                if held.must or held.unknown:
                    continue
                run = self._sharing.parallel_run(touch) or self._beside_others(touch)
                if run is not None:
                    yield Torn(touch, method, run)

    def _method(self, touch: StateAccess) -> str:
        """The dotted name of a method whose change others may see half done; "" for one that is whole."""
        if touch.changes != "mutate":
            return ""
        for site, name, _ in self._graph.libraries.get(touch.code, ()):
            function = site.call.function
            if isinstance(function, Attribute) and function.value is touch.target and has("torn", name):
                at_end = [a.value for a in site.call.arguments if isinstance(a.value, Constant)]
                if touch.attr == "pop" and (not site.call.arguments or any(c.value == -1 for c in at_end)):
                    return ""
                return name
        return ""

    def _beside_others(self, touch: StateAccess) -> Run | None:
        return next(
            (run for run in self._sharing.thread_runs(touch) if self._races.overlap.is_touched_beside(touch, run)), None
        )

    # iterators

    def borrowed_iterators(self) -> Iterator[Borrowed]:
        """Iterators that several threads advance, with no lock."""
        seen: set[tuple[Code, str]] = set()
        for code, runs in self._sharing.runs.items():
            for expression, at, order in self._advanced(code):
                shown = spelled(expression)
                for run in runs:
                    made = self._made(expression, code, run)
                    held = self._sharing.locks.effective(code, order)
                    if made is None or held.must or held.unknown or (code, shown) in seen:
                        continue
                    if not (run.dispatch.several or self._started_again(run)):
                        continue
                    value, where = made
                    is_generator = self._is_generator(value, where)
                    if is_generator or self._is_iterator(value, where):
                        seen.add((code, shown))
                        step = Step(where.span(value.at), f"`{shown}` is one iterator, made here")
                        yield Borrowed(code, at, shown, is_generator, step, run)

    def _advanced(self, code: Code) -> Iterator[tuple[Expression, Place, int]]:
        """What loops and calls of `next` take items from."""
        for loop in code.scope.loops:
            if isinstance(loop.iterable, (Name, Attribute)) and loop.kind != "while" and not loop.is_async:
                yield loop.iterable, loop.at, loop.order
        for site, name, _ in self._graph.libraries.get(code, ()):
            if name == "builtins.next" and site.call.arguments:
                yield site.call.arguments[0].value, site.call.at, site.order

    def _made(self, expression: Expression, code: Code, run: Run) -> tuple[Expression, Code] | None:
        """The one expression that an iterator comes from, if it is made outside of the run."""
        path = path_of(expression, code, self._evaluator)
        if path is None or len(path.attrs) > 1:
            return None
        if path.kind == "self":
            writes = attribute_writes(path.home).get(path.attrs[0], []) if path.attrs and run.shares_self else []
            if len(writes) == 1 and writes[0][0].value is not None:
                return writes[0][0].value, writes[0][1]
            return None
        binding = bound_once(path.name, path.home) if not path.attrs else None
        return self._of_binding(binding, path, run) if binding is not None else None

    def _of_binding(self, binding: Binding, path: Path, run: Run) -> tuple[Expression, Code] | None:
        inside = {run.dispatch.code, *(edge.callee for edge in run.via)}
        if binding.kind == "parameter" and path.home is run.dispatch.code and run.dispatch.site is not None:
            names = [p.name for p in path.home.scope.parameters if p.kind == "positional"]
            names = names[1:] if path.home.self_name() is not None else names
            passed = dict(zip(names, run.dispatch.passed, strict=False)) | run.dispatch.named
            given = passed.get(path.name)
            where = run.dispatch.where
            if not isinstance(given, (Name, Attribute)) or given is None:
                return None
            found = self._outer(given, where)
            loops = run.dispatch.site.context.loops
            return found if found is None or not loops or not self._made_in(found, loops) else None
        if binding.kind in ("assign", "with") and binding.value is not None and path.home not in inside:
            return (binding.value, path.home) if not binding.path else None
        return None

    def _outer(self, expression: Expression, code: Code) -> tuple[Expression, Code] | None:
        path = path_of(expression, code, self._evaluator)
        binding = bound_once(path.name, path.home) if path is not None and not path.attrs else None
        if path is None or binding is None or binding.value is None or binding.kind not in ("assign", "with"):
            return None
        return (binding.value, path.home) if not binding.path else None

    @staticmethod
    def _made_in(made: tuple[Expression, Code], loops: tuple[int, ...]) -> bool:
        """Whether each turn of the loop that starts the threads makes one of its own."""
        value, code = made
        site = next((s for s in code.scope.calls if s.call is value), None)
        return site is not None and bool(set(site.context.loops) & set(loops))

    def _started_again(self, run: Run) -> bool:
        """Whether the same function is handed to a second thread in the same place."""
        same = [r for r in self._sharing.started_in(run.dispatch.where) if r.code is run.dispatch.code]
        return len(same) > 1

    def _is_generator(self, value: Expression, code: Code) -> bool:
        if isinstance(value, Comprehension):
            return value.kind == "generator"
        if not isinstance(value, Call):
            return False
        callees = [self._graph.runs(v) for v in self._evaluator.values(value.function, code)]
        return bool(callees) and all(callee is not None and callee.scope.is_generator for callee in callees)

    def _is_iterator(self, value: Expression, code: Code) -> bool:
        if not isinstance(value, Call):
            return False
        names = [library_name(v) for v in self._evaluator.values(value.function, code)]
        return bool(names) and all(has("iterator", name) for name in names)

    # extensions

    def extensions(self) -> Iterator[tuple[Code, Place, str]]:
        """Imports of packages that turn the GIL on again: where, and the package."""
        for code in self._importing():
            seen: set[str] = set()
            for bindings in code.scope.bindings.values():
                for binding in bindings:
                    imported = binding.imported
                    package = imported.module.partition(".")[0] if imported and not imported.level else ""
                    name = gil_package(package) if package and package not in seen else ""
                    if name and not self._evaluator.project.knows(package, code.module.source):
                        seen.add(package)
                        yield code, binding.at, name

    def _importing(self) -> Iterator[Code]:
        """The code of all files that mention such a package, with or without a trace of concurrency."""
        for source in self._files:
            module = self._evaluator.project.open(source) if gil_pattern().search(source.data) else None
            yield from module.codes if module is not None else ()
