"""The Program: all that a check may ask about a project."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from copy import copy
from functools import cached_property

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.config import Config
from concurlint.effects.blocking.calls import Blocking, BlockingCalls
from concurlint.effects.commands.commands import Commands
from concurlint.effects.commands.exit_status import Statuses
from concurlint.effects.commands.pipes import Children
from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.contexts.import_time import ImportTimeCall, calls_at_import, is_guarded, reached_at_import
from concurlint.effects.contexts.relevance import spreading_names
from concurlint.effects.contexts.spawns import Dispatch, Dispatches
from concurlint.effects.contexts.speedup import Speed
from concurlint.effects.cost.load import Computing, Load
from concurlint.effects.cost.numbers import largest, number
from concurlint.effects.flow.conditions import holds, is_named_for_windows, says_windows
from concurlint.effects.locks.lockset import Locks
from concurlint.effects.locks.questions import Locking
from concurlint.effects.loops.questions import Loops
from concurlint.effects.loops.sequential import Serial
from concurlint.effects.processes.transfer import Processes
from concurlint.effects.races.questions import Crossings
from concurlint.effects.races.overlap import Overlap
from concurlint.effects.races.sharing import Sharing
from concurlint.effects.races.updates import Races
from concurlint.effects.resources import Ownership
from concurlint.effects.tasks.questions import Asynchrony
from concurlint.effects.threads.callables import Handing
from concurlint.effects.threads.questions import Workers
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Argument, Call, Expression
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.callgraph import CallGraph
from concurlint.project.evaluate import Evaluator
from concurlint.project.loading import Loader
from concurlint.project.modules import Code, Module, Project
from concurlint.project.values import NOTHING, Bound, Instance, Literal, Value
from concurlint.source import SourceFile


class Program:
    """A linked project with everything inferred about it; each part is worked out when first asked for."""

    def __init__(
        self,
        project: Project,
        files: Sequence[SourceFile],
        config: Config,
        effects: Effects,
        roles: Roles,
        *,
        everything: bool = False,
    ) -> None:
        """Link the files; those with no trace of concurrency are only opened where something leads to them,
        or all of those asked about with `everything`."""
        self.project = project
        self.files = files
        self.config = config
        self.effects = effects
        self.roles = roles
        self.evaluator = Evaluator(project, self.roles, self._is_known)
        self.graph = CallGraph(self.evaluator)
        self._link(files, everything)

    def without(self, modules: Collection[Module]) -> Program:
        """The program as if it had no calls in the given modules; what a check does after a mishap there."""
        other = copy(self)
        for name, value in vars(type(self)).items():
            if isinstance(value, cached_property):
                vars(other).pop(name, None)
        other.graph = self.graph.without(modules)
        other.dispatches = Dispatches(other.graph, self.roles)
        return other

    def _is_known(self, name: str) -> bool:
        roles = self.roles
        return (
            self.effects.lookup(name) is not None
            or roles.runs(name) is not None
            or roles.class_role(name) is not None
            or bool(roles.returns(name) or roles.starts(name) or roles.comes_from_outside(name))
        )

    def _link(self, files: Sequence[SourceFile], everything: bool) -> None:
        """Two rounds: what is passed where is only known once the calls of the first are."""
        loader = Loader(self.project, files, self.roles, everything=everything)
        modules = loader.start()
        self.graph.build(modules)
        self.dispatches = Dispatches(self.graph, self.roles)
        modules += self._callers(loader)
        self.evaluator.callers = self.graph.known_callers()
        self._bind_dispatched()
        self.evaluator.forget()
        self.graph.build(modules)
        self.dispatches = Dispatches(self.graph, self.roles)

    def _callers(self, loader: Loader) -> list[Module]:
        """Modules without a trace of their own that import what starts, dispatches, guards or is shared."""
        callers: list[Module] = []
        while True:
            found = loader.importers(spreading_names(self.graph, self.dispatches.all, self.roles))
            if not found:
                return callers
            callers += found
            self.graph.extend(code for module in found for code in module.codes)
            self.dispatches.extend()

    def _bind_dispatched(self) -> None:
        """A dispatch passes arguments like a call does."""
        for dispatch in self.dispatches.all:
            if dispatch.site is None or not (dispatch.passed or dispatch.named):
                continue
            arguments = [Argument(value, None, 0) for value in dispatch.passed]
            arguments += [Argument(value, name, 0) for name, value in dispatch.named.items()]
            call = Call(dispatch.site.call.function, tuple(arguments), dispatch.site.call.at)
            known = self.evaluator.callers.setdefault(dispatch.code, [])
            known.append((call, dispatch.where, dispatch.value))

    def codes(self) -> Iterator[Code]:
        """Every code object whose calls are resolved, in a stable order."""
        yield from self.graph.edges

    def library_calls(self) -> Iterator[tuple[Code, CallSite, str]]:
        """Calls of library functions with their dotted names."""
        for code, calls in self.graph.libraries.items():
            for site, name, _ in calls:
                yield code, site, name

    def import_time_starts(self) -> Iterator[tuple[ImportTimeCall, str]]:
        """Starts of processes at import: the call, and what it starts in words."""
        linux = self.config.target_platform == "linux"
        yield from self._iterated_at_import()
        first: set[object] = set()
        for call in calls_at_import(self.graph, self.dispatches.all):
            what = self.roles.starts(call.name) or self._pool_handed_over(call)
            if not what or (linux and self._forces_fork(call.top.module)):
                continue
            pool = self._pool_of(call)
            if pool is None or pool not in first:
                first.add(pool)
                yield call, what

    def _iterated_at_import(self) -> Iterator[tuple[ImportTimeCall, str]]:
        """Loops at import over objects that start workers when iterated."""
        for code, via in reached_at_import(self.graph, self.dispatches.all):
            for loop in code.scope.loops:
                if loop.iterable is None or is_guarded(loop.context.conditions, code):
                    continue
                for value in self.evaluator.values(loop.iterable, code):
                    role = self.roles.iterated(self.evaluator.type_name(value))
                    made = value.site if isinstance(value, Instance) else None
                    if role is None or made is None or not isinstance(made.call, Call):
                        continue
                    workers = given(made.call, *role.workers)
                    known = self.evaluator.values(workers, made.code).only() if workers is not None else Literal(0)
                    if isinstance(known, Literal) and known.value:
                        yield ImportTimeCall(code, loop.at, None, role.name, via), role.what

    def _pool_of(self, call: ImportTimeCall) -> Value | None:
        """The pool a call gives work to: only the first call starts its workers."""
        if call.site is None:
            return None
        function = call.site.call.function
        values = self.evaluator.values(function, call.code).items
        owner = values[0].owner if values and isinstance(values[0], Bound) else None
        return owner if owner is not None and self.evaluator.kind(owner) == "process-pool" else None

    def _pool_handed_over(self, call: ImportTimeCall) -> str:
        """A process pool that another call (`run_in_executor`) puts to work."""
        role = self.roles.runs(call.name)
        if role is None or role.pool is None or call.site is None:
            return ""
        pool = given(call.site.call, *role.pool)
        values = self.evaluator.values(pool, call.code) if pool is not None else NOTHING
        kinds = {self.evaluator.kind(value) for value in values}
        return "a process pool's workers" if kinds == {"process-pool"} else ""

    def _forces_fork(self, module: Module) -> bool:
        for code in module.codes:
            for site, name, _ in self.graph.libraries.get(code, ()):
                position = self.roles.start_method(name)
                if position is not None:
                    method = given(site.call, *position)
                    if method is not None and self.evaluator.values(method, code).only() == Literal("fork"):
                        return True
        return False

    # questions of single rules

    def thread_work_for_speed(self) -> Iterator[Dispatch]:
        """Dispatches of several pieces of work to threads; none where these do compute side by side."""
        if self.config.free_threaded:
            return
        for dispatch, siblings in Speed(self.graph, self.dispatches.all).hoped_for():
            if not siblings or any(self.load_of(sibling).is_heavy for sibling in siblings):
                yield dispatch

    def load_of(self, dispatch: Dispatch) -> Load:
        """What the dispatched function computes with the arguments it is given there."""
        known: dict[str, float] = {}
        names = [p.name for p in dispatch.code.scope.parameters if p.kind == "positional"]
        if dispatch.code.self_name() is not None:
            names = names[1:]
        for name, passed in [*zip(names, dispatch.passed, strict=False), *dispatch.named.items()]:
            stated = number(passed, dispatch.where, self.evaluator, {})
            if stated is not None:
                known[name] = stated
        biggest = largest(dispatch.items, dispatch.where, self.evaluator, {})
        if biggest is not None and names:
            known[names[0]] = biggest
        return self.computing.load(dispatch.code, known)

    @cached_property
    def _handing(self) -> Handing:
        return Handing(self.graph, self.roles, self.dispatches)

    def handed_over(self) -> Iterator[tuple[Code, CallSite, str, Expression]]:
        """See `Handing.handed_over`."""
        return self._handing.handed_over()

    def is_surely_not_callable(self, work: Expression, code: Code) -> bool:
        """See `Handing.is_surely_not_callable`."""
        return self._handing.is_surely_not_callable(work, code)

    def dropped_tasks(self) -> Iterator[tuple[Code, CallSite, str, tuple[Step, ...]]]:
        """See `Handing.dropped_tasks`."""
        return self._handing.dropped_tasks()

    def private_locks(self) -> Iterator[tuple[Code, Call, str]]:
        """See `Handing.private_locks`."""
        return self._handing.private_locks()

    def blocking_in_coroutines(self) -> Iterator[tuple[Code, CallSite, Blocking]]:
        """Calls in async functions and callbacks of loops that block their event loop."""
        return self.blocking.on_loops(self.dispatches)

    def remedy_in_coroutine(self, code: Code, blocking: Blocking) -> str:
        """What to do instead in a coroutine, by the framework in use and the call that blocks."""
        if not code.is_async:
            return "hand it to a thread: `loop.run_in_executor(None, …)`"
        away = f"`await {self.framework(code)}.to_thread{'.run_sync' if self.framework(code) != 'asyncio' else ''}(…)`"
        if len(blocking.chain) > 1:
            return f"run it in a thread: {away}"
        if blocking.name == "time.sleep":
            return f"use `await {self.framework(code)}.sleep(…)`"
        better = self.roles.remedy(blocking.name) if self.framework(code) == "asyncio" else ""
        return f"use {better}" if better else f"run it in a thread: {away}"

    def framework(self, code: Code) -> str:
        """See `framework_of`."""
        return framework_of(code)

    def is_windows_only(self, code: Code, site: CallSite) -> bool:
        """Whether a call only runs on Windows: by the conditions around it or its callers, or by name."""
        return self.config.target_platform == "windows" or self._on_windows(code, site, 0)

    def _on_windows(self, code: Code, site: CallSite, depth: int) -> bool:
        if holds(site.context.conditions, code, says_windows) or is_named_for_windows(code):
            return True
        edges = self.graph.callers.get(code, ()) if depth < 3 else ()
        return bool(edges) and all(self._on_windows(e.caller, e.site, depth + 1) for e in edges)

    @cached_property
    def races(self) -> Races:
        """Races on shared state."""
        return Races(Overlap(self.graph, self.sharing))

    @cached_property
    def asynchrony(self) -> Asynchrony:
        """What becomes of coroutines, and of the event loop they run on."""
        return Asynchrony(self.graph, self.dispatches, self.roles, self.effects, self.locks, self.sharing)

    @cached_property
    def blocking(self) -> BlockingCalls:
        """Which calls block."""
        return BlockingCalls(self.graph, self.effects)

    @cached_property
    def computing(self) -> Computing:
        """How long functions compute with the GIL held."""
        return Computing(self.graph, self.effects)

    @cached_property
    def loops(self) -> Loops:
        """Loops in Python that a library does at once."""
        return Loops(self.graph, self.roles, self.effects, self.computing)

    @cached_property
    def commands(self) -> Commands:
        """The commands that are started."""
        return Commands(self.graph, self.roles)

    @cached_property
    def processes(self) -> Processes:
        """What is handed to other processes."""
        return Processes(self.graph, self.roles, self.config, self.dispatches)

    @cached_property
    def ownership(self) -> Ownership:
        """What is opened and left open."""
        return Ownership(self.graph, self.roles)

    @cached_property
    def locks(self) -> Locks:
        """Which locks are held where."""
        # who calls `asyncio.run` keeps its locks meanwhile
        started = frozenset(one.code for one in self.dispatches.all if not (one.on == "task" and one.waits))
        return Locks(self.graph, self.effects, started)

    @cached_property
    def locking(self) -> Locking:
        """How locks are used."""
        return Locking(self.graph, self.dispatches, self.locks, self.effects)

    @cached_property
    def crossings(self) -> Crossings:
        """Where threads meet."""
        return Crossings(self.races, self.config, self.files)

    @cached_property
    def sharing(self) -> Sharing:
        """Which state threads share."""
        return Sharing(self.graph, self.dispatches, self.locks)

    @cached_property
    def serial(self) -> Serial:
        """Loops that do one after another what could be done at once."""
        return Serial(self.graph, self.dispatches, self.roles, self.effects, self.locks, self.sharing.touching)

    @cached_property
    def children(self) -> Children:
        """The child processes and what becomes of them."""
        return Children(self.graph, self.roles)

    @cached_property
    def workers(self) -> Workers:
        """Threads and executors, and what becomes of their work."""
        return Workers(self.graph, self.dispatches.all, self.roles, self.effects)

    @cached_property
    def statuses(self) -> Statuses:
        """Waits for child processes and what they come to."""
        return Statuses(self.graph, self.roles, self.locks)
