"""What threads do that concerns others: state of the whole process changed, objects of another thread used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from concurlint.catalog.tables import line, line_around
from concurlint.effects.contexts.reach import Run, comes_to, thread_steps
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing
from concurlint.facts.records import Access, CallSite, Context
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Item, Name, Place, spelled, walk
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.callgraph import library_name
from concurlint.project.classes import is_self
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Site, Value


@dataclass(frozen=True, slots=True, eq=False)
class Trespass:
    """Something a thread does that it should leave to others; `facts` is the catalogue's line on it."""

    code: Code
    at: Place
    name: str
    facts: dict[str, Any]
    run: Run
    made: Step | None = None

    def steps(self) -> tuple[Step, ...]:
        """How the code comes to run on a thread, and where the object was made."""
        return (*((self.made,) if self.made is not None else ()), *thread_steps(self.run))


class Confinement:
    """Looks at what code on threads does to things it does not have for itself."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._sharing = program[Sharing]
        self._target = program.config.target_python

    # state of the process

    def state_changes(self) -> Iterator[Trespass]:
        """Changes of what all threads of the process share, made by code on threads."""
        seen: set[tuple[Code, str]] = set()
        for code, runs in self._sharing.spawned_runs.items():
            for at, context, name in self._changing(code):
                facts = line("process_state", name)
                if facts is None or (code, facts["changes"]) in seen or self._is_past(facts):
                    continue
                if self._asks_for_main(code, context) or (facts.get("fails") and self._expects_failure(code, context)):
                    continue
                run = next((run for run in runs if comes_to(run, context) and self._is_at_large(run, facts)), None)
                if run is not None:
                    seen.add((code, facts["changes"]))
                    yield Trespass(code, at, name, facts, run)

    def _is_at_large(self, run: Run, facts: dict[str, Any]) -> bool:
        """Whether a run comes by no caller that asks for the main thread; and for what is put back soon, that
        several do so at once."""
        if any(self._asks_for_main(edge.caller, edge.site.context) for edge in run.via):
            return False
        return not facts.get("restored") or not (run.dispatch.site and run.dispatch.site.awaited)

    def _changing(self, code: Code) -> Iterator[tuple[Place, Context, str]]:
        for site, name, _ in self._graph.libraries.get(code, ()):
            yield site.call.at, site.context, name
        for access in code.scope.accesses:
            target = access.target
            if access.kind != "read" and isinstance(target, Item):
                for value in self._evaluator.values(target.value, code).used():
                    yield target.at, access.context, library_name(value)

    def _is_past(self, facts: dict[str, Any]) -> bool:
        """Whether the target's version keeps it apart for each thread."""
        until = facts.get("until")
        return until is not None and self._target >= tuple(int(part) for part in until.split("."))

    @staticmethod
    def _asks_for_main(code: Code, context: Context) -> bool:
        """Whether the code looks first if this is the main thread."""
        return any(
            "main_thread" in spelled(part) for c in context.conditions for part in walk(c.test) if spelled(part)
        ) or any("main_thread" in spelled(p) for b in code.scope.branches for p in walk(b.test))

    @staticmethod
    def _expects_failure(code: Code, context: Context) -> bool:
        """Whether the error that it raises in other threads is caught."""
        tried = {attempt.number for attempt in context.attempts if attempt.part == "body"}
        return any(handler.attempt in tried for handler in code.scope.handlers)

    # objects of another thread

    def foreign_objects(self) -> Iterator[Trespass]:
        """Objects bound to the thread that made them, used by code on another."""
        seen: set[tuple[Code, str]] = set()
        for code, runs in self._sharing.spawned_runs.items():
            for site, name, value in self._graph.libraries.get(code, ()):
                found = self._foreign(code, site, value, runs) or self._of_module(code, site, name, runs)
                key = (code, found.name if found is not None else "")
                if found is not None and key not in seen:
                    seen.add(key)
                    yield found
            for access in code.scope.accesses:
                set_item = isinstance(access.target, Item) and access.kind != "read"
                found = self._set(code, access, runs) if set_item else None
                if found is not None and (code, found.name) not in seen:
                    seen.add((code, found.name))
                    yield found

    def _set(self, code: Code, access: Access, runs: list[Run]) -> Trespass | None:
        """A setting stored as an item: `label["text"] = "ready"`."""
        base = access.target.value if isinstance(access.target, Item) else access.target
        objects = self._evaluator.values(base, code).used()
        facts = next((f for f in map(self._bound, objects) if f is not None), None)
        return self._used(code, base, access.target.at, facts, runs) if facts is not None else None

    def _foreign(self, code: Code, site: CallSite, value: Value, runs: list[Run]) -> Trespass | None:
        function = site.call.function
        if not isinstance(value, Bound) or not isinstance(function, Attribute):
            return None
        facts = self._bound(value.owner)
        if facts is None or function.attr in facts["free"]:
            return None
        return self._used(code, function.value, site.call.at, facts, runs)

    def _used(self, code: Code, used: Expression, at: Place, facts: dict[str, Any], runs: list[Run]) -> Trespass | None:
        """What is said of a bound object, if it was made by others than the thread that uses it."""
        name = spelled(used) or facts["what"]
        if isinstance(used, Name) and is_self(code, used.id) is not None:
            run = next((run for run in runs if not self._makes(run, code)), None)
            return Trespass(code, at, name, facts, run) if run is not None else None
        objects = self._evaluator.values(used, code).used()
        sites = [self._origin(v.site) if isinstance(v, Instance) else None for v in objects]
        for run in runs:
            made = [s for s in sites if s is not None]
            if made and len(made) == len(sites) and all(self._is_made_elsewhere(s, run) for s in made):
                if not any(self._is_freed(s) for s in made):
                    step = Step(made[0].code.span(made[0].call.at), f"the {facts['what']} is made here")
                    return Trespass(code, at, name, facts, run, step)
        return None

    def _makes(self, run: Run, code: Code) -> bool:
        """Whether the thread makes an object of the class whose method uses itself."""
        cls = code.enclosing_class
        return any(
            isinstance(target, ClassOf) and cls in self._evaluator.lineage(target.code)[0]
            for part, runs in self._sharing.runs.items()
            if any(other.dispatch is run.dispatch for other in runs)
            for site in part.scope.calls
            for target in self._graph.targets(site)
        )

    def _bound(self, owner: Value) -> dict[str, Any] | None:
        if not isinstance(owner, Instance):
            return None
        names: tuple[str, ...] = ()
        if isinstance(owner.of, ClassOf):
            libraries = self._evaluator.lineage(owner.of.code)[1]
            names = tuple(name for library in libraries for name in self._evaluator.roles.ancestry(library))
        elif self._evaluator.type_name(owner):
            names = self._evaluator.roles.ancestry(self._evaluator.type_name(owner))
        return next((facts for facts in (line_around("thread_bound", n) for n in names) if facts is not None), None)

    def _origin(self, site: Site | None) -> Site | None:
        """Where the object itself was made, or the bound object that gave it (a cursor's connection)."""
        call = site.call if site is not None else None
        if site is not None and isinstance(call, Call) and isinstance(call.function, Attribute):
            for value in self._evaluator.values(call.function.value, site.code).used():
                if isinstance(value, Instance) and value.site is not None and self._bound(value) is not None:
                    return value.site
        return site

    def _is_made_elsewhere(self, site: Site, run: Run) -> bool:
        reached = {code for code, runs in self._sharing.runs.items() if any(r.dispatch is run.dispatch for r in runs)}
        made: Code | None = site.code
        return made not in reached

    def _is_freed(self, site: Site) -> bool:
        """Whether the object was made with leave to be used by any thread."""
        if not isinstance(site.call, Call):
            return False
        if any(argument.star for argument in site.call.arguments):
            return True
        for name in ("sqlite3.Connection",):
            wanted = given(site.call, *line("thread_bound", name)["unless"])
            if wanted is not None and not (isinstance(wanted, Constant) and wanted.value is True):
                return True
        return False

    def _of_module(self, code: Code, site: CallSite, name: str, runs: list[Run]) -> Trespass | None:
        module = name.rpartition(".")[0]
        facts = line("thread_bound_modules", module)
        if facts is None:
            return None
        run = next((run for run in runs if run.dispatch.several or facts.get("always")), None)
        run = run or self._beside(module, runs)
        return Trespass(code, site.call.at, module, facts, run) if run is not None else None

    def _beside(self, module: str, runs: list[Run]) -> Run | None:
        """A run of a single thread beside other code that uses the module."""
        for run in runs:
            for code, calls in self._graph.libraries.items():
                own = any(r.dispatch is run.dispatch for r in self._sharing.runs.get(code, ()))
                if not own and any(name.rpartition(".")[0] == module for _, name, _ in calls):
                    return run
        return None
