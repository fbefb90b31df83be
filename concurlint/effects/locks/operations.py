"""Where one function takes and gives back locks, in every form there is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from concurlint.effects.calls.access_paths import Path, path_of
from concurlint.effects.flow.conditions import passed_on
from concurlint.effects.locks.address import LOCK_KINDS, Lock, LockAddresses
from concurlint.effects.program import Program
from concurlint.facts.records import Awaited, CallSite, Condition, Context, Entered, Returned
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Name, Place
from concurlint.finding import Step
from concurlint.project.arguments import merged
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance

_TAKES, _GIVES = {"acquire", "__enter__", "__aenter__"}, {"release", "__exit__", "__aexit__"}
_STACKS = ("contextlib.ExitStack.", "contextlib.AsyncExitStack.")


@dataclass(frozen=True, slots=True, eq=False)
class Acquisition:
    """A `with` item or a call that takes a lock; `waits` when it does so for as long as it takes."""

    lock: Lock
    code: Code
    at: Place
    context: Context
    order: int
    waits: bool
    entered: Entered | None = None
    site: CallSite | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """A lock held at a place (or to be taken by a call), as seen there, and the calls to where it is taken."""

    lock: Lock
    taking: Acquisition
    via: tuple[Edge, ...] = ()
    asked: tuple[Condition, ...] = ()  # what functions further down ask of a parameter that is only passed on

    def steps(self, verb: str) -> tuple[Step, ...]:
        """The calls that lead to the taking, and the taking."""
        calls = [
            Step(e.caller.span(e.site.call.at), f"`{e.caller.qualname}` calls `{e.callee.qualname}`") for e in self.via
        ]
        taking = self.taking
        last = Step(taking.code.span(taking.at), f"`{taking.code.qualname}` {verb} `{taking.lock.spelling}` here")
        return (*calls, last)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """What becomes of a lock at a record: how often more it is held then, at least and at most."""

    order: int
    lock: Lock
    least: int
    most: int
    hold: Hold | None = None
    stack: Path | None = None  # the `ExitStack` that will give it back


@dataclass(frozen=True, slots=True, eq=False)
class Give:
    """A call that gives a lock back; `stack` is closed and gives back all that it took."""

    order: int
    lock: Lock | None
    site: CallSite | None = None
    stack: Path | None = None
    is_sure: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """A `with` item: what it takes itself, and the functions of the project that it runs."""

    order: int
    entered: Entered
    takes: tuple[Take, ...]
    edges: tuple[Edge, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Operations:
    """All that one function does with locks, itself; and the calls that tell by their result whether they took one."""

    takes: tuple[Take, ...] = ()
    gives: tuple[Give, ...] = ()
    entries: tuple[Entry, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.takes or self.gives or self.entries)


class LockOperations:
    """Reads the lock operations off each function."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._evaluator = program.evaluator
        self._addresses = program[LockAddresses]
        self._known: dict[Code, Operations] = {}

    def of(self, code: Code) -> Operations:
        """The operations of one function."""
        if code not in self._known:
            entries = tuple(entry for entry in self._entries(code) if entry.takes or entry.edges)
            managers = {id(entered.manager) for entered, _, _ in code.scope.entered}
            takes: list[Take] = []
            gives: list[Give] = []
            for site in code.scope.calls:
                function = site.call.function
                if isinstance(function, Attribute) and id(site.call) not in managers:
                    if function.attr in _TAKES:
                        takes += self._taken(site, function.value, code)
                    elif function.attr in _GIVES:
                        gives += self._given(site, function.value, code)
                    elif function.attr in ("enter_context", "enter_async_context") and site.call.arguments:
                        takes += self._stacked(site, function.value, code)
            stacks = {take.stack for take in takes if take.stack is not None}
            gives += self._closings(code, stacks) if stacks else ()
            self._known[code] = Operations(tuple(takes), tuple(gives), entries)
        return self._known[code]

    # calls

    def _taken(self, site: CallSite, receiver: Expression, code: Code) -> Iterator[Take]:
        address = self._addresses.of(receiver, code)
        lock = address.lock or (self._addresses.anonymous(receiver, code) if address.unknown else None)
        order = self._done(site, code, is_async=lock is not None and lock.kind.startswith("async"))
        if lock is None or order is None:
            return
        waits = waits_for_ever(site.call)
        sure = waits and (address.is_sure or address.lock is None)
        yield self._take(Acquisition(lock, code, site.call.at, site.context, order, waits, None, site), sure)

    @staticmethod
    def _take(taking: Acquisition, sure: bool, stack: Path | None = None) -> Take:
        return Take(taking.order, taking.lock, int(sure), 1, Hold(taking.lock, taking), stack)

    @staticmethod
    def _done(site: CallSite, code: Code, *, is_async: bool) -> int | None:
        """The order number at which the lock is there: a coroutine takes it where it, or what it is handed to,
        is awaited."""
        if not is_async:
            return site.order
        waiting: list[Awaited | Returned] = [*code.scope.awaits, *code.scope.yielded]
        for waits in waiting:
            value = waits.value
            if value is site.call or (isinstance(value, Call) and any(a.value is site.call for a in value.arguments)):
                return waits.order
        return None

    def _given(self, site: CallSite, receiver: Expression, code: Code) -> Iterator[Give]:
        address = self._addresses.of(receiver, code)
        if address.lock is not None or address.unknown:
            yield Give(site.order, address.lock or self._addresses.anonymous(receiver, code), site)

    # `with`

    def _entries(self, code: Code) -> Iterator[Entry]:
        for entered, context, order in code.scope.entered:
            manager = entered.manager
            if isinstance(manager, Call):
                takes, edges = self._called(manager, code)
            else:
                takes, edges = self._managed(manager, code)
            found = [
                self._take(Acquisition(lock, code, entered.at, context, order, True, entered), sure)
                for lock, sure in takes
            ]
            yield Entry(order, entered, tuple(found), tuple(edges))

    def _called(self, manager: Call, code: Code) -> tuple[Sequence[tuple[Lock, bool]], list[Edge]]:
        """What a call that stands as context manager takes when it is entered."""
        function = manager.function
        if isinstance(function, Attribute) and function.attr == "acquire":
            lock = self._addresses.of(function.value, code).lock
            if lock is not None:  # that of a file lock gives something to be entered
                return [(lock, True)], []
        edges = [e for e in self._graph.edges.get(code, ()) if e.site.call is manager and e.consumed]
        others = [v for v in self._evaluator.values(function, code) if not self._is_followed(v, edges)]
        if not others and edges:
            return [], edges
        if others and all(self._takes_none(library_name(v)) for v in others):
            return [], edges
        takes, entering = self._managed(manager, code)
        return [(lock, sure and not edges) for lock, sure in takes], [*edges, *entering]

    @staticmethod
    def _is_followed(value: object, edges: list[Edge]) -> bool:
        inner = value.function if isinstance(value, Bound) else value
        return isinstance(inner, Function) and any(edge.callee is inner.code for edge in edges)

    def _takes_none(self, name: str) -> bool:
        """Whether enough is known of a library call to say that it gives no lock."""
        if not name or self._evaluator.roles.kind(name) in LOCK_KINDS:
            return False
        if name.startswith("builtins.") and name.count(".") > 1:
            return False  # what a container's method gives may well be a lock
        if name.startswith(("contextlib.", "builtins.", "unittest.", "tempfile.", "warnings.")):
            return True
        fact = self._effects.lookup(name)
        return fact is not None and fact.effect != "block_lock"

    def _managed(self, manager: Expression, code: Code) -> tuple[list[tuple[Lock, bool]], list[Edge]]:
        """What an object takes when it is entered, each lock with whether it surely does; and the project's methods
        that this runs."""
        address = self._addresses.of(manager, code)
        edges = [e for e in self._graph.edges.get(code, ()) if is_entering(e) and _owner(e.site.call) is manager]
        unknown = address.unknown or len(edges) < len(address.objects)
        found: list[tuple[Lock, bool]] = []
        if address.lock is not None:
            found.append((address.lock, address.is_sure))
        if unknown:
            found.append((self._addresses.anonymous(manager, code), True))
        return found, edges

    # stacks

    def _stacked(self, site: CallSite, stack: Expression, code: Code) -> Iterator[Take]:
        """What `stack.enter_context(lock)` takes, for as long as the stack holds it."""
        names = {library_name(value) for value in self._evaluator.values(site.call.function, code)}
        manager = site.call.arguments[0].value
        address = self._addresses.of(manager, code)
        lock = address.lock or (self._addresses.anonymous(manager, code) if address.unknown else None)
        if lock is not None and any(name.startswith(_STACKS) for name in names):
            taking = Acquisition(lock, code, site.call.at, site.context, site.order, True, None, site)
            yield self._take(taking, address.is_sure or address.lock is None, path_of(stack, code, self._evaluator))

    def _closings(self, code: Code, stacks: set[Path]) -> Iterator[Give]:
        """The ends of `with` blocks, and calls of `close`, that give back what a stack holds."""
        methods: dict[Path | None, set[str]] = {}
        for site in code.scope.calls:
            function = site.call.function
            if isinstance(function, Attribute) and function.attr in ("close", "aclose", "pop_all"):
                path = path_of(function.value, code, self._evaluator)
                methods.setdefault(path, set()).add(function.attr)
                if path in stacks and function.attr != "pop_all":
                    yield Give(site.order, None, site, path)
        for out, into in code.scope.flow.exits:
            entered = next(entered for entered, _, order in code.scope.entered if order == into)
            bound = (name for name, bs in code.scope.bindings.items() if any(b.value is entered.manager for b in bs))
            name = next(bound, None)
            manager = Name(name, entered.at) if name is not None else entered.manager
            path = path_of(manager, code, self._evaluator) if isinstance(manager, Name) else None
            if path in stacks:
                yield Give(out, None, None, path, "pop_all" not in methods.get(path, ()))


def is_entering(edge: Edge) -> bool:
    """Whether a call is what `with` does to an object first."""
    function = edge.site.call.function
    return isinstance(function, Attribute) and function.attr in ("__enter__", "__aenter__")


def is_leaving(edge: Edge) -> bool:
    """Whether a call is what `with` does to an object last."""
    function = edge.site.call.function
    return isinstance(function, Attribute) and function.attr in ("__exit__", "__aexit__")


def _owner(call: Call) -> Expression | None:
    return call.function.value if isinstance(call.function, Attribute) else None


def lifted(hold: Hold, lock: Lock, edge: Edge) -> Hold:
    """A hold of the callee as its caller has it, where it gets at the lock as `lock`."""
    first = hold.via[0].site.context if hold.via else hold.taking.context
    call = merged(edge.value, edge.site.call), isinstance(edge.value, (Bound, ClassOf, Instance))
    asked = tuple(passed_on((*first.conditions, *hold.asked), edge.callee, edge.caller, call))
    return Hold(lock, hold.taking, (edge, *hold.via), asked)


def waits_for_ever(call: Call) -> bool:
    """Whether an acquire call waits as long as it takes: no `blocking=False`, no timeout."""
    values = [a.value.value if isinstance(a.value, Constant) and not a.star else 0 for a in call.arguments]
    return all(value is True or value is None or value == -1 for value in values)
