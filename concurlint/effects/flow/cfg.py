"""One function's control-flow graph, asked by the order numbers of its records."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Container, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from concurlint.catalog.traits import may
from concurlint.facts.flow import ENTRY, RAISED, RETURNED, Way, unpack
from concurlint.facts.records import Entered, Scope
from concurlint.facts.syntax import Call, Expression, Name, spelled


@dataclass(frozen=True, slots=True)
class Edge:
    """A way on from the end of a block; with `raised`, from where that order number in the block raises."""

    source: int
    target: int
    way: Way
    test: Expression | None = None
    raised: int | None = None


def is_named_suppress(entered: Entered) -> bool:
    """Whether a context manager is a call of `suppress`: all that can be told without knowing its value."""
    manager = entered.manager
    return isinstance(manager, Call) and may("suppresses", spelled(manager.function).rpartition(".")[2])


class Cfg:
    """What may follow what in one function, module body, class body or lambda.

    Records are found by their order numbers. A record may be in several blocks (a `finally` and the exit of a `with`
    are there once for each way through them) or in none (nothing leads to it). Block 0 is the entry, `RETURNED` and
    `RAISED` are the ways out. What `raises` lists may raise, and has then not been done: a client that believes that of
    calls only leaves out the edges whose `raised` is not in `runs_other_code`.

    `suppresses` tells which context managers take an exception that comes to their exit. `never_return` are the order
    numbers of calls after which nothing follows.
    """

    def __init__(
        self,
        scope: Scope,
        suppresses: Callable[[Entered], bool] = is_named_suppress,
        never_return: Iterable[int] = (),
    ) -> None:
        self.scope = scope
        flow = unpack(scope.flow)
        self._starts, self._ends, self.catches = flow.starts, list(flow.ends), flow.catches
        self._operations = flow.operations
        entries = {order: entered for entered, _, order in scope.entered}
        self.exits: dict[int, Entered] = {out: entries[order] for out, order in scope.flow.exits}
        """The exits of `with` items, in order of leaving, each with its item."""
        self.edges: list[tuple[Edge, ...]] = [
            tuple(
                Edge(block, target, Way(way), test)
                for target, way, test in edges
                if way != Way.SUPPRESSED or suppresses(self.exits[flow.starts[block]])
            )
            for block, edges in enumerate(flow.edges)
        ]
        """The ways on from the end of each block, by its number."""
        self._by_start: dict[int, list[int]] = {}
        for block, (start, end) in enumerate(zip(flow.starts, flow.ends, strict=True)):
            if start < end:
                self._by_start.setdefault(start, []).append(block)
        self._sorted = sorted(self._by_start)
        for order in never_return:
            for block in self.blocks(order):
                self._ends[block], self.edges[block] = order + 1, ()

    # records and blocks

    def orders(self, block: int) -> range:
        """The order numbers in a block."""
        return range(self._starts[block], self._ends[block])

    def blocks(self, order: int) -> tuple[int, ...]:
        """The blocks that hold an order number."""
        index = bisect_right(self._sorted, order) - 1
        found = self._by_start[self._sorted[index]] if index >= 0 else ()
        return tuple(block for block in found if order in self.orders(block))

    @cached_property
    def raises(self) -> list[tuple[Edge, ...]]:
        """The ways out of each block by an exception, in order of what raises."""
        raising = self.runs_other_code.union(self._operations, _seldom_raising(self.scope))
        led_to = {edge.target for edges in self.edges for edge in edges}
        caught = {c for b, c in enumerate(self.catches) if any(order in raising for order in self.orders(b))} | led_to
        return [
            tuple(
                Edge(block, catch, Way.RAISE, None, order)
                for order in self.orders(block)
                if order in raising or catch not in caught | {RAISED}  # a handler stands there for a reason
            )
            for block, catch in enumerate(self.catches)
        ]

    @cached_property
    def runs_other_code(self) -> frozenset[int]:
        """Calls, awaits, yields, both ends of a `with`, next items, imports: what fails where anything is known to.

        The other things in `raises` are reads of attributes and items, arithmetic and the like.
        """
        return frozenset([*self.exits, *_running_other_code(self.scope)])

    @cached_property
    def suspensions(self) -> tuple[int, ...]:
        """Where others may run in between: `await`, `yield`, and both ends of `async with`."""
        scope = self.scope
        found = {awaited.order for awaited in scope.awaits} | {yielded.order for yielded in scope.yielded}
        return tuple(sorted(found | {order for order, entered in self.exits.items() if entered.is_async}))

    @cached_property
    def predecessors(self) -> list[list[int]]:
        """The blocks that each block may be come to from, by its number."""
        found: list[list[int]] = [[] for _ in self.edges]
        for block in range(len(self.edges)):
            for target in dict.fromkeys(self._successors(block)):
                found[target].append(block)
        return found

    @cached_property
    def in_order(self) -> list[int]:
        """The blocks that can be come to, each before those that follow it, loops aside: the reverse postorder."""
        found: list[int] = []
        seen = {ENTRY}
        stack = [(ENTRY, self._successors(ENTRY))]
        while stack:
            block, targets = stack[-1]
            target = next((target for target in targets if target not in seen), None)
            if target is None:
                found.append(block)
                stack.pop()
            else:
                seen.add(target)
                stack.append((target, self._successors(target)))
        return found[::-1]

    def _successors(self, block: int) -> Iterator[int]:
        return iter([edge.target for edge in (*self.edges[block], *self.raises[block][:1])])

    # ways

    def from_start(self, avoiding: Container[int] = (), follow: Follow | None = None) -> Reach:
        """Where a run may come to that does none of `avoiding`, along the edges that `follow` allows."""
        return Reach(self, [(ENTRY, self._starts[ENTRY] - 1)], avoiding, follow)

    def after(self, order: int, avoiding: Container[int] = (), follow: Follow | None = None) -> Reach:
        """The same, from where a record has been done without an exception."""
        return Reach(self, [(block, order) for block in self.blocks(order)], avoiding, follow)

    def when_raised(self, order: int, avoiding: Container[int] = (), follow: Follow | None = None) -> Reach:
        """The same, from where a record has raised."""
        catches = dict.fromkeys(self.catches[block] for block in self.blocks(order))
        return Reach(self, [(catch, self._starts[catch] - 1) for catch in catches], avoiding, follow)

    @cached_property
    def reachable(self) -> Reach:
        """Where any run may come to."""
        return self.from_start()

    def suspensions_between(self, first: int, last: int) -> Iterator[int]:
        """The places on the ways from one record to the next run of another where others may run."""
        there = self.after(first, avoiding={last})
        for order in self.suspensions:
            if order != last and order in there and last in self.after(order, avoiding={first}):
                yield order


Follow = Callable[[Edge], bool]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A part of a block that is run through: after `low`, up to and with `high`; and the edge that leads there."""

    block: int
    low: int
    high: int
    via: Edge | None
    before: _Stretch | None


@dataclass(slots=True, eq=False, init=False)
class Reach:
    """The order numbers and ways out that may be come to from somewhere; `order in reach` tells of a record."""

    _cfg: Cfg
    _stretches: dict[int, list[_Stretch]] = field(default_factory=dict)

    def __init__(
        self, cfg: Cfg, starts: Iterable[tuple[int, int]], avoiding: Container[int], follow: Follow | None
    ) -> None:
        self._cfg = cfg
        self._stretches = {}
        queue: list[tuple[int, int, Edge | None, _Stretch | None]] = [(b, low, None, None) for b, low in starts]
        seen: set[tuple[int, int]] = set()
        for block, low, via, before in queue:
            if (block, low) in seen:
                continue
            seen.add((block, low))
            orders = cfg.orders(block)
            ahead = range(max(low + 1, orders.start), orders.stop)
            stop = next((order for order in ahead if order in avoiding), None)
            here = _Stretch(block, low, orders.stop - 1 if stop is None else stop, via, before)
            self._stretches.setdefault(block, []).append(here)
            raised = (e for e in cfg.raises[block] if e.raised is not None and low < e.raised <= here.high)
            for edge in (*(cfg.edges[block] if stop is None else ()), *raised):
                if follow is None or follow(edge):
                    queue.append((edge.target, cfg.orders(edge.target).start - 1, edge, here))

    def __contains__(self, order: int) -> bool:
        return self._at(order) is not None

    def _at(self, order: int) -> _Stretch | None:
        blocks = self._cfg.blocks(order)
        found = (s for block in blocks for s in self._stretches.get(block, ()) if s.low < order <= s.high)
        return next(found, None)

    @property
    def blocks(self) -> frozenset[int]:
        """The blocks that are come to, if only in part."""
        return frozenset(self._stretches)

    @property
    def returns(self) -> bool:
        """Whether the end of the function or a `return` is come to, with all that is done on the way out."""
        return RETURNED in self._stretches

    @property
    def raises(self) -> bool:
        """Whether an exception may leave the function."""
        return RAISED in self._stretches

    def way_to(self, order: int) -> list[Edge] | None:
        """The edges of a shortest way to a record; None if it is not come to."""
        return _edges(self._at(order))

    def way_out(self, block: int) -> list[Edge] | None:
        """The same for `RETURNED` or `RAISED`."""
        return _edges(next(iter(self._stretches.get(block, ())), None))


def _edges(stretch: _Stretch | None) -> list[Edge] | None:
    if stretch is None:
        return None
    found: list[Edge] = []
    while stretch is not None and stretch.via is not None:
        found.append(stretch.via)
        stretch = stretch.before
    return found[::-1]


def _running_other_code(scope: Scope) -> Iterator[int]:
    yield from (site.order for site in scope.calls)
    yield from (awaited.order for awaited in scope.awaits)
    yield from (yielded.order for yielded in scope.yielded)
    yield from (order for _, _, order in scope.entered)
    yield from (loop.order for loop in scope.loops if loop.kind != "while")
    yield from (b.order for bindings in scope.bindings.values() for b in bindings if b.kind in ("import", "class"))


def _seldom_raising(scope: Scope) -> set[int]:
    found = {access.order for access in scope.accesses if not isinstance(access.target, Name)}
    found.update(b.order for bindings in scope.bindings.values() for b in bindings if b.path or b.kind == "augment")
    return found
