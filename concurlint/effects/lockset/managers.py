"""What entering a context manager takes: locks, objects of the project, generators made context managers."""

from __future__ import annotations

from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import any_has, may
from concurlint.effects.lockset.address import Lock, LockAddresses
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, Call, Expression
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Function, Value


@dataclass(frozen=True, slots=True)
class Managed:
    """The locks that are taken, each with whether it surely is, and the functions of the project that run."""

    locks: tuple[tuple[Lock, bool], ...] = ()
    edges: tuple[Edge, ...] = ()


class LockManagers:
    """Looks at context managers."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects
        self._evaluator = program.evaluator
        self._addresses = program[LockAddresses]

    def of(self, manager: Expression, code: Code) -> Managed:
        """What is taken where an expression is entered."""
        if not isinstance(manager, Call):
            return self._object(manager, code)
        function = manager.function
        if isinstance(function, Attribute) and may("acquires", function.attr):
            lock = self._addresses.of(function.value, code).lock
            if lock is not None:  # to acquire a file lock gives something to be entered
                return Managed(((lock, True),))
        edges = tuple(e for e in self._graph.edges.get(code, ()) if e.site.call is manager and self._is_context(e))
        others = [value for value in self._evaluator.values(function, code) if not _is_followed(value, edges)]
        if (edges and not others) or (others and all(self._takes_none(library_name(value)) for value in others)):
            return Managed((), edges)
        made = self._object(manager, code)
        return Managed(tuple((lock, sure and not edges) for lock, sure in made.locks), (*edges, *made.edges))

    def _is_context(self, edge: Edge) -> bool:
        """Whether a call makes a context manager of a generator."""
        return edge.callee.scope.is_generator and self._evaluator.method_kind(edge.callee) == "context"

    def _takes_none(self, name: str) -> bool:
        """Whether enough is known of a library call to say that it gives no lock."""
        if not name or self._evaluator.roles.kind(name) in kinds_with("lock") or self._addresses.is_handle(name):
            return False
        if name.startswith("builtins.") and name.count(".") > 1:
            return False  # what a container's method gives may well be a lock
        if any_has("lockless", name.partition(".")[0]):
            return True
        fact = self._effects.lookup(name)
        return fact is not None and fact.effect != "block_lock"

    def _object(self, manager: Expression, code: Code) -> Managed:
        address = self._addresses.of(manager, code)
        edges = tuple(e for e in self._graph.edges.get(code, ()) if is_entering(e) and _owner(e.site.call) is manager)
        locks = [] if address.lock is None else [(address.lock, address.is_sure)]
        if address.unknown or len(edges) < len(address.objects):
            locks.append((self._addresses.anonymous(manager, code), True))
        return Managed(tuple(locks), edges)


def is_entering(edge: Edge) -> bool:
    """Whether a call is what `with` does to an object first."""
    function = edge.site.call.function
    return isinstance(function, Attribute) and function.attr in ("__enter__", "__aenter__")


def is_leaving(edge: Edge) -> bool:
    """Whether a call is what `with` does to an object last."""
    function = edge.site.call.function
    return isinstance(function, Attribute) and function.attr in ("__exit__", "__aexit__")


def _is_followed(value: Value, edges: tuple[Edge, ...]) -> bool:
    inner = value.function if isinstance(value, Bound) else value
    return isinstance(inner, Function) and any(edge.callee is inner.code for edge in edges)


def _owner(call: Call) -> Expression | None:
    return call.function.value if isinstance(call.function, Attribute) else None
