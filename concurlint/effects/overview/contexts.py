"""What runs each function: threads, tasks, processes, imports, or threads of those who use the program."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from concurlint.effects.calls.summaries import reached
from concurlint.effects.contexts.callers import Callers, is_by_callers
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.overview.records import Entry
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing, TaskSharing
from concurlint.effects.startup.import_time import is_guarded
from concurlint.effects.startup.import_time_starts import ImportTimeStarts
from concurlint.facts.records import Condition
from concurlint.project.modules import Code

MAIN = "main"
_CALLERS = "callers"


class RunContexts:
    """Names the contexts of functions in a word each."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._graph = program.graph
        self._spawns = program[Spawns]
        self._sharing = program[Sharing]
        self._tasks = program[TaskSharing]

    def of(self, code: Code) -> tuple[str, ...]:
        """What runs a function, most particular first; `main` for what nothing else is known to run."""
        found = [self._word(run.dispatch) for run in self._sharing.runs.get(code, ())]
        found += [self._word(run.dispatch) for run in self._tasks.runs.get(code, ())]
        found += ["process"] * (code in self._in_processes)
        if code.scope.kind in ("module", "class"):
            found.append("import")
        if not found and code.is_async:
            found.append("task")
        return tuple(dict.fromkeys(found)) or (MAIN,)

    def many(self, code: Code) -> bool:
        """Whether several threads may run a function side by side."""
        return any(run.dispatch.several or is_by_callers(run.dispatch) for run in self._sharing.runs.get(code, ()))

    def dispatches(self, code: Code) -> set[Spawn]:
        """The dispatches whose threads come to a function."""
        return {run.dispatch for run in self._sharing.runs.get(code, ())}

    @staticmethod
    def _word(dispatch: Spawn) -> str:
        if is_by_callers(dispatch):
            return "threads of callers"
        if dispatch.on == "anywhere":
            return "finalizer"
        if dispatch.on != "thread":
            return dispatch.on
        name = dispatch.code.qualname if dispatch.code.scope.kind == "function" else dispatch.name
        return f"thread `{name}`" if not dispatch.several else f"threads `{name}`"

    @cached_property
    def _in_processes(self) -> set[Code]:
        sent = [dispatch.code for dispatch in self._spawns.all if dispatch.on == "process"]
        return set(reached(self._graph, sent))

    def entries(self) -> Iterator[Entry]:
        """Every way in: what is started, what frameworks call, what is there for callers, and the main modules."""
        for spawn in self._spawns.all:
            yield self._entry(spawn, spawn.on)
        for spawn in self._program[Callers].all:
            yield self._entry(spawn, _CALLERS)
        for module in dict.fromkeys(code.module for code in self._graph.edges):
            if module.source.path.name == "__main__.py" or _has_guard(module.body):
                at = module.body.span(module.body.scope.at)
                yield Entry(module.name, at, MAIN, "run as a program")
        for call, what in self._program[ImportTimeStarts].all():
            at = call.code.span(call.at)
            yield Entry(full_name(call.top), at, "import", f"starts {what}")

    def _entry(self, spawn: Spawn, where: str) -> Entry:
        code = spawn.code
        return Entry(
            code=full_name(code),
            at=code.span(code.scope.at),
            where=where,
            by=spawn.name,
            started=spawn.where.span(spawn.site.call.at) if spawn.site is not None else None,
            several=spawn.several or where == _CALLERS,
            reaches=self._counts.get(spawn, 0),
            confidence=spawn.confidence,
        )

    @cached_property
    def _counts(self) -> dict[Spawn, int]:
        found: dict[Spawn, int] = {}
        for sharing in (self._sharing, self._tasks):
            for runs in sharing.runs.values():
                for spawn in {run.dispatch for run in runs}:
                    found[spawn] = found.get(spawn, 0) + 1
        return found


def full_name(code: Code) -> str:
    """The dotted name of a function or class, with its module."""
    return f"{code.module.name}.{code.qualname}" if code.scope.kind != "module" else code.module.name


def _has_guard(body: Code) -> bool:
    """Whether a module does something only where it is run as a program."""
    return any(is_guarded((Condition(branch.test, True),), body) for branch in body.scope.branches)
