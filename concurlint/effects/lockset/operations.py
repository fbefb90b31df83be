"""Where one function takes and gives back locks, in every form there is."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from concurlint.catalog.traits import Trait, has, may
from concurlint.effects.lockset.address import LockAddresses
from concurlint.effects.lockset.events import Acquisition, Entry, Give, Hold, Operations, Take
from concurlint.effects.lockset.managers import LockManagers
from concurlint.effects.program import Program
from concurlint.facts.records import Awaited, CallSite, Returned
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, spelled
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code

_OF_LOCKS: tuple[Trait, ...] = ("acquires", "tries-to-acquire", "releases")
_OF_STACKS: tuple[Trait, ...] = ("enters", "calls-at-exit", "exits-all", "hands-on-all")


class LockOperations:
    """Reads the lock operations off each function."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._addresses = program[LockAddresses]
        self._managers = program[LockManagers]
        self._known: dict[Code, Operations] = {}

    def of(self, code: Code) -> Operations:
        """The operations of one function."""
        if code not in self._known:
            self._known[code] = self._read(code)
        return self._known[code]

    def _read(self, code: Code) -> Operations:
        managers = {id(entered.manager) for entered, _, _ in code.scope.entered}
        entries = [entry for entry in self._entries(code) if entry.takes or entry.edges]
        takes: list[Take] = []
        gives: list[Give] = []
        stacks: dict[str, list[tuple[Trait, CallSite]]] = {}
        for site in code.scope.calls:
            function = site.call.function
            trait = self._trait(site, function.attr) if isinstance(function, Attribute) else None
            if trait is None or not isinstance(function, Attribute) or id(site.call) in managers:
                continue
            if trait == "releases":
                gives += self._given(site.order, function.value, code, site)
            elif trait in _OF_LOCKS:
                takes += self._taken(site, function.value, code, tries=trait == "tries-to-acquire")
            else:
                stacks.setdefault(spelled(function.value), []).append((trait, site))
        for stack, calls in stacks.items():
            entries += self._stacked(stack, calls, code)
            gives += self._closings(stack, calls, code)
        return Operations(tuple(takes), tuple(gives), tuple(entries))

    def _trait(self, site: CallSite, method: str) -> Trait | None:
        """What a call does, by the library's name for it, or else the method's."""
        known = (_known(library_name(value)) for value in self._graph.targets(site))
        return next((trait for trait in known if trait is not None), _taken_for(method))

    # calls

    def _taken(self, site: CallSite, receiver: Expression, code: Code, *, tries: bool) -> Iterator[Take]:
        address = self._addresses.of(receiver, code)
        lock = address.lock or (self._addresses.anonymous(receiver, code) if address.unknown else None)
        order = _done(site, code, is_async=lock is not None and lock.kind.startswith("async"))
        if lock is not None and order is not None:
            waits = not tries and waits_for_ever(site.call)
            sure = waits and (address.is_sure or address.lock is None)
            taking = Acquisition(lock, code, site.call.at, site.context, order, waits, None, site)
            yield Take(order, lock, int(sure), 1, Hold(lock, taking), "", site, (True, False))

    def _given(self, order: int, receiver: Expression, code: Code, site: CallSite | None) -> Iterator[Give]:
        address = self._addresses.of(receiver, code)
        if address.lock is not None or address.unknown:
            yield Give(order, address.lock or self._addresses.anonymous(receiver, code), site)

    # `with`, and stacks of what would stand there

    def _entries(self, code: Code) -> Iterator[Entry]:
        for entered, context, order in code.scope.entered:
            made = self._managers.of(entered.manager, code)
            takings = [
                (Acquisition(lock, code, entered.at, context, order, True, entered), sure) for lock, sure in made.locks
            ]
            yield Entry(order, tuple(_entering(taking, sure) for taking, sure in takings), made.edges)

    def _stacked(self, stack: str, calls: list[tuple[Trait, CallSite]], code: Code) -> Iterator[Entry]:
        """What `stack.enter_context(lock)` takes, for as long as the stack holds it."""
        for trait, site in calls:
            if trait == "enters" and site.call.arguments:
                made = self._managers.of(site.call.arguments[0].value, code)
                takings = [
                    (Acquisition(lock, code, site.call.at, site.context, site.order, True, None, site), sure)
                    for lock, sure in made.locks
                ]
                takes = tuple(_entering(taking, sure, stack) for taking, sure in takings)
                yield Entry(site.order, takes, made.edges, stack)

    def _closings(self, stack: str, calls: list[tuple[Trait, CallSite]], code: Code) -> Iterator[Give]:
        """Where a stack gives back what it holds: at the end of its `with`, or where it is told to."""
        is_sure = not any(trait == "hands-on-all" for trait, _ in calls)
        later = [
            site.call.arguments[0].value for trait, site in calls if trait == "calls-at-exit" and site.call.arguments
        ]
        ends = [site.order for trait, site in calls if trait == "exits-all"]
        for order in (*ends, *(out for out, into in code.scope.flow.exits if self._opens(into, stack, code))):
            yield Give(order, None, None, stack, is_sure)
            for function in later:  # `stack.callback(lock.release)`
                if isinstance(function, Attribute) and may("releases", function.attr):
                    yield from self._given(order, function.value, code, None)

    @staticmethod
    def _opens(order: int, stack: str, code: Code) -> bool:
        """Whether the `with` item of that order number enters the stack."""
        manager = next(entered.manager for entered, _, into in code.scope.entered if into == order)
        bound = (name for name, bs in code.scope.bindings.items() if any(b.value is manager for b in bs))
        return next(bound, spelled(manager)) == stack


@cache
def _known(name: str) -> Trait | None:
    return next((trait for trait in (*_OF_LOCKS, *_OF_STACKS) if name and has(trait, name)), None)


@cache
def _taken_for(method: str) -> Trait | None:
    return next((trait for trait in _OF_LOCKS if may(trait, method)), None)


def _entering(taking: Acquisition, sure: bool, stack: str = "") -> Take:
    return Take(taking.order, taking.lock, int(sure), 1, Hold(taking.lock, taking), stack)


def _done(site: CallSite, code: Code, *, is_async: bool) -> int | None:
    """The order number at which the lock is there: for a coroutine, where it or what it is handed to is awaited."""
    if not is_async:
        return site.order
    waiting: list[Awaited | Returned] = [*code.scope.awaits, *code.scope.yielded]
    for waits in waiting:
        value = waits.value
        if value is site.call or (isinstance(value, Call) and any(a.value is site.call for a in value.arguments)):
            return waits.order
    return None


def waits_for_ever(call: Call) -> bool:
    """Whether an acquire call waits as long as it takes: no `blocking=False`, no timeout."""
    values = [a.value.value if isinstance(a.value, Constant) and not a.star else 0 for a in call.arguments]
    return all(value is True or value is None or value == -1 for value in values)
