"""Races on shared state: updates, slips from a lock, tests that may be out of date when acted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from concurlint.effects.locks import Held, Lock
from concurlint.effects.sharing import Run, Sharing
from concurlint.effects.touches import Location, Touch
from concurlint.facts.records import (
    Attribute,
    Branch,
    Call,
    Constant,
    Context,
    Expression,
    Item,
    Name,
    spelled,
    walk,
)
from concurlint.finding import Step
from concurlint.project.callgraph import CallGraph, Edge, library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code

_EXISTS = {"exists", "isfile", "isdir", "is_file", "is_dir", "lexists"}
_MAKES = {"os.makedirs", "os.mkdir", "os.rename", "os.remove", "os.unlink", "os.rmdir", "builtins.open",
          "pathlib.Path.mkdir", "pathlib.Path.touch", "pathlib.Path.unlink", "pathlib.Path.write_text",
          "pathlib.Path.write_bytes", "shutil.rmtree", "shutil.copy", "shutil.move"}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """An unlocked update and what may run at the same time."""

    touch: Touch
    run: Run
    other: Touch | None

    def steps(self) -> tuple[Step, ...]:
        """How the update comes to run on threads, and the other side if it is elsewhere."""
        return (*thread_steps(self.run), *_other_side(self.other))


@dataclass(frozen=True, slots=True, eq=False)
class Slip:
    """A write without the lock that guards the same state elsewhere."""

    touch: Touch
    lock: str
    guarded: Touch
    bare_via: Edge | None = None
    guarded_via: Edge | None = None

    def steps(self) -> tuple[Step, ...]:
        """The call that comes without the lock, and the place where it is held."""
        steps: list[Step] = []
        if self.bare_via is not None:
            edge = self.bare_via
            message = f"`{edge.caller.qualname}` calls `{edge.callee.qualname}` without the lock"
            steps.append(Step(edge.caller.span(edge.site.call.at), message))
        if self.guarded_via is not None:
            edge = self.guarded_via
            message = f"`{edge.caller.qualname}` holds `{self.lock}` and calls `{edge.callee.qualname}`"
            steps.append(Step(edge.caller.span(edge.site.call.at), message))
        else:
            message = f"`{self.guarded.code.qualname}` holds `{self.lock}` here"
            steps.append(Step(self.guarded.code.span(self.guarded.place), message))
        return tuple(steps)


@dataclass(frozen=True, slots=True, eq=False)
class _Way:
    """A touch with the locks held there when its function is called through `edge` (None: any way)."""

    touch: Touch
    held: Held
    edge: Edge | None

    @property
    def on_loop(self) -> bool:
        """Whether a coroutine does it: coroutines of one loop do not run at the same time."""
        return self.touch.code.is_async or (self.edge is not None and self.edge.caller.is_async)


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """A test and an act that relies on it, run by several threads with no lock around both."""

    code: Code
    test: Expression
    act: Step
    run: Run
    shown: str
    remedy: str

    def steps(self) -> tuple[Step, ...]:
        """The act, then how the code comes to run on threads."""
        return (self.act, *thread_steps(self.run))


def thread_steps(run: Run) -> tuple[Step, ...]:
    """Where the threads are started and how they come to the function."""
    dispatch = run.dispatch
    name = dispatch.name.rpartition(".")[2]
    if dispatch.site is not None:
        how = "several threads" if dispatch.several else "a thread"
        first = Step(dispatch.where.span(dispatch.site.call.at), f"`{name}` has {how} run `{dispatch.code.qualname}`")
    else:
        first = Step(dispatch.code.span(dispatch.code.scope.at), f"`{dispatch.name}` runs it on threads")
    calls = [
        Step(edge.caller.span(edge.site.call.at), f"`{edge.caller.qualname}` calls `{edge.callee.qualname}`")
        for edge in run.via
    ]
    return (first, *calls)


def _other_side(other: Touch | None) -> tuple[Step, ...]:
    if other is None:
        return ()
    return (Step(other.code.span(other.place), f"`{other.code.qualname}` changes it at the same time"),)


class Races:
    """Puts the three questions to the shared state of a program."""

    def __init__(self, graph: CallGraph, sharing: Sharing) -> None:
        self._graph = graph
        self._evaluator = graph.evaluator
        self._sharing = sharing

    @cached_property
    def _by_location(self) -> dict[Location, list[Touch]]:
        found: dict[Location, list[Touch]] = {}
        for code in self._graph.edges:
            for touch in self._sharing.touching.touches(code):
                found.setdefault(touch.location, []).append(touch)
        return found

    # 302

    @cached_property
    def _slips(self) -> list[Slip]:
        return [slip for location, touches in self._by_location.items() for slip in self._slips_of(location, touches)]

    def inconsistent_locking(self) -> Iterator[Slip]:
        """Writes without the lock that most other writes of the same state hold."""
        yield from self._slips

    def _slips_of(self, location: Location, touches: list[Touch]) -> Iterator[Slip]:
        if location.kind == "closure":
            return
        if location.kind == "attribute":  # objects made in some function may be its own still
            touches = [touch for touch in touches if touch.through_self or _of_others(touch)]
        live = [t for t in touches if not self._is_private_yet(t) or self._runs_beside_threads(t)]
        held = [way for touch in live for way in self._ways(touch)]
        counts: dict[object, list[tuple[_Way, Lock]]] = {}
        for way in held:
            for lock in way.held.locks:
                if lock.kind == "lock" and self._is_for_threads(lock) and self._guards(lock, way.touch):
                    counts.setdefault(lock.identity, []).append((way, lock))
        if not counts:
            return
        guarded = max(counts.values(), key=len)
        lock = guarded[0][1]
        bare = [
            way
            for way in held
            if not way.held.unknown
            and lock.identity not in {one.identity for one in way.held.locks}
            and not self._is_flag(way.touch)
            and self._is_sure(way, len(guarded))
        ]
        if all(way.on_loop for way, _ in guarded):
            bare = [way for way in bare if not way.on_loop]
        if not bare or len(bare) > len(guarded):
            return
        ways = [way for way, _ in guarded]
        if all(way.touch.changes == "mutate" for way in (*bare, *ways)) and len(bare) == len(ways):
            if len({way.touch.code for way in ways}) < len(ways):
                return
        for way in bare:
            other = next((w for w in ways if w.touch is not way.touch), ways[0])
            yield Slip(way.touch, lock.spelling, other.touch, way.edge, other.edge)

    def _is_sure(self, way: _Way, guarded: int) -> bool:
        """One place under another lock only speaks against itself if the others agree, and if the change
        could be torn at all."""
        if not any(lock.kind == "lock" for lock in way.held.locks):
            return True
        return guarded > 1 and way.touch.changes != "mutate"

    def _ways(self, touch: Touch) -> list[_Way]:
        """The locks held at a touch, by each way its function is called where the ways differ."""
        here = self._sharing.locks.at(touch.code, touch.context, touch.order)
        edges = [e for e in self._sharing.locks.callers(touch.code) if e.caller is not touch.code and e.runs]
        edges = [e for e in edges if not self._sharing.is_before_sharing(e.caller)]
        if here.locks or len(edges) < 2:
            return [_Way(touch, self._sharing.held(touch), None)]
        found = [
            _Way(touch, here | self._sharing.locks.effective(e.caller, e.site.context, e.site.order), e)
            for e in edges
        ]
        if touch.location.kind == "attribute" and any(
            not self._is_of_object(lock, touch) for way in found for lock in way.held.locks
        ):
            return [_Way(touch, self._sharing.held(touch), None)]
        return found

    def _guards(self, lock: Lock, touch: Touch) -> bool:
        """A lock of the same object, or of a module; one of some other object may be there for something else."""
        made = lock.identity[0] if isinstance(lock.identity, tuple) else lock.identity.code
        if made is None or self._is_of_object(lock, touch):
            return True
        if touch.location.kind != "attribute" and made.module is touch.location.home.module:
            return True
        return not isinstance(lock.identity, tuple) and made.scope.kind == "module"

    def _is_of_object(self, lock: Lock, touch: Touch) -> bool:
        """Whether a lock belongs to the object whose state is touched, not to the module around."""
        made = lock.identity[0] if isinstance(lock.identity, tuple) else lock.identity.code.enclosing_class
        return (made is not None and made in self._evaluator.lineage(touch.location.home)[0]) or (
            made is not None and touch.location.home in self._evaluator.lineage(made)[0]
        )

    def _runs_beside_threads(self, touch: Touch) -> bool:
        """Whether a starter's write comes after it started threads and before it joined them."""
        for run in self._sharing.started_in(touch.code):
            start, end = self._window(run)
            if start < touch.order < end and touch.location in self._touched_by(run):
                return True
        return False

    def _touched_by(self, run: Run) -> set[Location]:
        found: set[Location] = set()
        for code, runs in self._sharing.runs.items():
            if any(other.dispatch is run.dispatch for other in runs):
                found |= {touch.location for touch in self._sharing.touching.touches(code)}
        return found

    def _is_private_yet(self, touch: Touch) -> bool:
        """Import-time and constructor writes: nobody else can see the state."""
        if touch.code.scope.kind in ("module", "class"):
            return True
        return touch.location.kind == "attribute" and self._sharing.is_before_sharing(touch.code)

    def _is_flag(self, touch: Touch) -> bool:
        if touch.changes != "store" or isinstance(touch.target, Item):
            return False
        return isinstance(touch.value, Constant) and isinstance(touch.value.value, (bool, type(None)))

    def _is_for_threads(self, lock: Lock) -> bool:
        identity = lock.identity
        if isinstance(identity, tuple):
            return True
        made = identity.call
        if not isinstance(made, Call):
            return False
        names = {library_name(v) for v in self._evaluator.values(made.function, identity.code)}
        return any(name.startswith(("threading.", "multiprocessing.", "_thread.")) for name in names)

    # 301

    def unlocked_updates(self) -> Iterator[Race]:
        """Updates that threads may make at once, unless another rule speaks of the same place."""
        taken = {(s.touch.code, s.touch.place) for s in self._slips}
        taken |= {(code, place) for code, place in self._acted}
        for code in self._sharing.runs:
            for touch in self._sharing.touching.touches(code):
                if touch.changes != "update" or (touch.code, touch.place) in taken:
                    continue
                race = self._race(touch)
                if race is not None:
                    yield race
                    if race.other is not None and race.other.changes == "update":
                        if (race.other.code, race.other.place) not in taken:
                            yield Race(race.other, race.run, touch)

    def _race(self, touch: Touch) -> Race | None:
        held = self._sharing.held(touch)
        if held.unknown or self._is_private_yet(touch):
            return None
        run = self._sharing.parallel_run(touch)
        if run is not None and not self._protects_all(held, touch, run) and not self._own_key(touch, run):
            return Race(touch, run, None)
        if held.locks:
            return None
        for run in self._sharing.thread_runs(touch):
            other = self._other(touch, run, held)
            if other is not None:
                return Race(touch, run, other)
        return None

    def _protects_all(self, held: Held, touch: Touch, run: Run) -> bool:
        """Whether one of the locks is the same object in every run: not one that each `self` has for itself."""
        for lock in held.locks:
            shared_state = touch.location.kind in ("global", "class")
            identity = lock.identity
            per_object = (
                (isinstance(identity, tuple) and identity[0] is not None)
                or (not isinstance(identity, tuple) and identity.code.owner is not None)
            )
            own_thread_object = run.dispatch.hook is not None and run.dispatch.hook.what == "thread"
            if shared_state and per_object and own_thread_object:
                continue
            return True
        return False

    def _own_key(self, touch: Touch, run: Run) -> bool:
        """`totals[i] += 1` where `i` is the number of the run: no two runs share an item."""
        dispatch = run.dispatch
        if not isinstance(touch.target, Item) or dispatch.code is not touch.code:
            return False
        names = [p.name for p in touch.code.scope.parameters if p.kind == "positional"]
        if touch.code.self_name() is not None:
            names = names[1:]
        passed = dict(zip(names, dispatch.passed, strict=False)) | dispatch.named
        for index in touch.target.index:
            given = passed.get(index.id) if isinstance(index, Name) else None
            if given is not None and self._counts(given, dispatch.where):
                return True
            if isinstance(index, Name) and dispatch.items is not None and names[:1] == [index.id]:
                return self._is_range(dispatch.items, dispatch.where)
        return False

    def _counts(self, expression: Expression, code: Code) -> bool:
        """Whether an expression is the variable of a loop over `range` or the count of `enumerate`."""
        home = holder(code, expression.id) if isinstance(expression, Name) else None
        bindings = (home or code.module.body).scope.bindings.get(getattr(expression, "id", ""), [])
        return any(
            b.kind == "for" and b.value is not None and (self._is_range(b.value, code) or (b.path[:1] == (0,) and self._is_range(b.value, code, "enumerate")))
            for b in bindings
        )

    def _is_range(self, expression: Expression, code: Code, name: str = "range") -> bool:
        if not isinstance(expression, Call):
            return False
        return any(library_name(v) == f"builtins.{name}" for v in self._evaluator.values(expression.function, code))

    def _other(self, touch: Touch, run: Run, held: Held) -> Touch | None:
        for other in self._by_location.get(touch.location, ()):
            if other is touch or other.changes == "mutate":
                continue
            if self._is_private_yet(other) and other.code is not run.dispatch.where:
                continue
            if self._sharing.held(other).meets(held):
                continue
            if other.is_constant_store and touch.changes != "update":
                continue
            if self._concurrent(other, run):
                return other
        return None

    def _concurrent(self, other: Touch, run: Run) -> bool:
        runs = self._sharing.runs.get(other.code, [])
        same_owner = run.dispatch.where
        for candidate in runs:
            if candidate.dispatch is not run.dispatch:
                if candidate in self._sharing.thread_runs(other) and (
                    other.location.kind != "attribute" or candidate.dispatch.where is same_owner
                ):
                    return True
        if runs:
            return False
        where = run.dispatch.where
        if other.code is where:
            start, end = self._window(run)
            return start < other.order < end
        if other.location.kind != "attribute" or where.owner is None:
            return False
        method = other.code.owner
        public = not other.code.name.startswith("_") or other.code.name in ("__call__", "__setitem__")
        return method is not None and public and method in self._evaluator.lineage(where.owner)[0]

    def _window(self, run: Run) -> tuple[int, int]:
        """Evaluation orders in the starting function between which the thread may run."""
        site = run.dispatch.site
        if site is None:
            return (0, 0)
        where = run.dispatch.where
        start, end = site.order, 1 << 30
        for call in where.scope.calls:
            function = call.call.function
            attr = function.attr if isinstance(function, Attribute) else ""
            if attr == "start" and call.order > site.order and start == site.order:
                start = call.order
            if attr in ("join", "result", "shutdown", "wait") and call.order > start:
                return start, call.order
        return start, end

    # 303

    @cached_property
    def _gaps(self) -> list[tuple[Gap, Touch | None]]:
        found: list[tuple[Gap, Touch | None]] = []
        slipped = {(s.touch.code, s.touch.place) for s in self._slips}
        for code in self._sharing.runs:
            for touch in self._sharing.touching.touches(code):
                if (touch.code, touch.place) not in slipped:
                    gap = self._gap(touch)
                    if gap is not None:
                        found.append((gap, touch))
            found += [(gap, None) for gap in self._path_gaps(code)]
        return found

    @cached_property
    def _acted(self) -> set[tuple[Code, tuple[int, int, int, int]]]:
        return {(touch.code, touch.place) for _, touch in self._gaps if touch is not None}

    def unlocked_checks(self) -> Iterator[Gap]:
        """Tests that another thread can make untrue before what they guard is done."""
        seen: set[int] = set()
        for gap, _ in self._gaps:
            if id(gap.test) not in seen:
                seen.add(id(gap.test))
                yield gap

    def _gap(self, touch: Touch) -> Gap | None:
        if touch.changes == "store" and isinstance(touch.value, Constant):
            return None
        if self._is_private_yet(touch):
            return None
        tests = [
            c.test for c in touch.context.conditions if self._asks(c.test, touch.location, touch.code)
        ]
        if not tests:
            return None
        run = self._sharing.parallel_run(touch)
        if run is None or self._own_key(touch, run):
            return None
        held = self._sharing.held(touch)
        for test in tests:
            if self._held_at(touch.code, test, touch.context).meets(held) and (held.locks or held.unknown):
                return None
        act = Step(touch.code.span(touch.place), f"`{touch.location.shown}` is changed here because of the test")
        return Gap(touch.code, tests[-1], act, run, touch.location.shown, self._remedy(touch))

    def _remedy(self, touch: Touch) -> str:
        if isinstance(touch.target, Item) and touch.changes == "store":
            return "hold one lock around the test and the store (or use `setdefault` where making it twice is fine)"
        return "hold one lock around the test and what follows from it"

    def _held_at(self, code: Code, test: Expression, context: Context) -> Held:
        branch = next((b for b in code.scope.branches if b.test is test), None)
        if branch is None:
            return self._sharing.locks.effective(code, context, 0)
        return self._sharing.locks.effective(code, branch.context, branch.order)

    def _asks(self, test: Expression, location: Location, code: Code) -> bool:
        """Whether a test looks at the location, directly or through a name bound to such a look once."""
        for part in walk(test):
            if isinstance(part, (Name, Attribute)) and self._is_at(part, location, code):
                return True
            if isinstance(part, Call) and spelled(part.function) == "hasattr" and len(part.arguments) == 2:
                named = part.arguments[1].value
                if isinstance(named, Constant) and named.value == location.name:
                    return True
            if isinstance(part, Name) and holder(code, part.id) is code:
                bindings = code.scope.bindings.get(part.id, [])
                for binding in bindings:
                    if binding.kind == "assign" and binding.value is not None and any(
                        isinstance(p, (Name, Attribute)) and p is not part and self._is_at(p, location, code)
                        for p in walk(binding.value)
                    ):
                        return True
        return False

    def _is_at(self, expression: Expression, location: Location, code: Code) -> bool:
        return location in (
            self._sharing.touching.locate(expression, code),
            self._sharing.touching.locate(expression, code, within=True),
        )

    # paths

    def _path_gaps(self, code: Code) -> Iterator[Gap]:
        """`if not exists(p): make(p)` in code that several threads run."""
        runs = [run for run in self._sharing.runs.get(code, ()) if run.dispatch.several or run.dispatch.many]
        if not runs:
            return
        for branch in code.scope.branches:
            subject = self._asked_path(branch.test, code)
            if not subject:
                continue
            for site, name, _ in self._graph.libraries.get(code, ()):
                if name not in _MAKES or not self._follows(site.context, branch):
                    continue
                if not self._is_about(site.call, subject) or self._tolerates(site.call, name):
                    continue
                held = self._sharing.locks.effective(code, site.context, site.order)
                around = self._sharing.locks.effective(code, branch.context, branch.order)
                if (held.locks or held.unknown) and held.meets(around):
                    continue
                act = Step(code.span(site.call.at), f"`{spelled(site.call.function)}` relies on the test")
                yield Gap(code, branch.test, act, runs[0], subject, self._path_remedy(name))
                break

    def _path_remedy(self, name: str) -> str:
        if name in ("os.makedirs", "pathlib.Path.mkdir"):
            return "make it without asking: `exist_ok=True`"
        if name == "builtins.open":
            return "open it with mode `\"x\"` and catch FileExistsError"
        return "do it without asking and catch the error, or hold one lock around both"

    def _asked_path(self, test: Expression, code: Code) -> str:
        for part in walk(test):
            if isinstance(part, Call) and isinstance(part.function, Attribute) and part.function.attr in _EXISTS:
                names = {library_name(v) for v in self._evaluator.values(part.function, code)}
                if any(name.startswith("os.path.") for name in names) and part.arguments:
                    return spelled(part.arguments[0].value)
                if any(name.startswith("pathlib.") for name in names):
                    return spelled(part.function.value)
            elif isinstance(part, Call) and part.arguments:
                names = {library_name(v) for v in self._evaluator.values(part.function, code)}
                if any(n.startswith("os.path.") and n.rpartition(".")[2] in _EXISTS for n in names):
                    return spelled(part.arguments[0].value)
        return ""

    @staticmethod
    def _follows(context: Context, branch: Branch) -> bool:
        return any(c.test is branch.test for c in context.conditions)

    @staticmethod
    def _is_about(call: Call, subject: str) -> bool:
        parts = [argument.value for argument in call.arguments]
        if isinstance(call.function, Attribute):
            parts.append(call.function.value)
        return any(spelled(p) == subject for p in parts)

    @staticmethod
    def _tolerates(call: Call, name: str) -> bool:
        for argument in call.arguments:
            value = argument.value
            if argument.keyword in ("exist_ok", "missing_ok", "ignore_errors"):
                return not (isinstance(value, Constant) and value.value is False)
        if name == "builtins.open":
            modes = [a.value for a in call.arguments if a.keyword == "mode"] + [
                a.value for a in call.arguments[1:2] if a.keyword is None
            ]
            text = next((str(m.value) for m in modes if isinstance(m, Constant)), "r")
            return "w" not in text and "a" not in text
        return False


def _of_others(touch: Touch) -> bool:
    """Whether a touch reaches into objects handed to it, or that a module made once for all."""
    return bool(touch.sites) and all(
        site is None or site.code.scope.kind == "module" for site in touch.sites
    )
