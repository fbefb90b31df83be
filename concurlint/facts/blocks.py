"""Builds the control-flow graph of a scope while its statements are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from concurlint.facts.flow import ENTRY, RAISED, RETURNED, Edge, Flow, Graph, Way, pack
from concurlint.facts.syntax import Expression

_MOST_COPIED = 200  # blocks of a `finally`: a larger one is shared by all ways through it

Pending: TypeAlias = list[Edge]
"""Ways on that lead nowhere yet: the same, with the block that each starts from."""

Mark: TypeAlias = tuple[int, int, int, int, Pending | None]
Target: TypeAlias = tuple[str, int]
"""What a jump does, and which of the loops around it that concerns."""

_ON, _UP = ("on", -1), ("raise", -1)


@dataclass(slots=True, eq=False)
class Loop:
    """A loop being read: where its next turn starts (-1: never), and the ways out by `break`."""

    head: int
    breaks: Pending = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Region:
    """What is left through a `finally` or the exit of a context manager: where exceptions come in and go on."""

    entry: int
    outer: int
    leaving: dict[Target, Pending] = field(default_factory=dict)


class FlowBuilder:
    """Follows the collector through one scope and keeps its count of order numbers."""

    __slots__ = (
        "_around",
        "_catches",
        "_edges",
        "_ends",
        "_exits",
        "_incoming",
        "_operations",
        "_starts",
        "catch",
        "here",
        "order",
    )

    def __init__(self) -> None:
        self.order = 0
        self.here = ENTRY  # -1 where nothing leads to
        self.catch = RAISED
        self._starts, self._ends, self._catches = [1, 0, 0], [1, 0, 0], [RAISED, RAISED, RAISED]
        self._edges: list[list[Edge]] = [[], [], []]
        self._incoming: Pending | None = None  # of the newest block, if it is the one we are in
        self._around: list[Loop | Region] = []
        self._operations: list[int] = []
        self._exits: list[tuple[int, int]] = []

    def finish(self) -> Flow:
        """The graph, when the last statement has been read."""
        self.lead(self.leave(), RETURNED)
        return pack(Graph(self._starts, self._ends, self._catches, self._edges, self._operations), self._exits)

    # blocks

    def _new(self) -> int:
        self._starts.append(0)
        self._ends.append(0)
        self._catches.append(self.catch)
        self._edges.append([])
        return len(self._starts) - 1

    def reserve(self) -> int:
        """A block that ways may lead to before it is begun by `place`."""
        return self._new()

    def catching(self) -> int:
        """From here on, exceptions go to a reserved block, which is given."""
        on = self.leave()
        self.catch = self.reserve()
        self.begin(on)
        return self.catch

    def place(self, block: int) -> None:
        """Go on in a reserved block."""
        self._close()
        self._starts[block] = self._ends[block] = self.order + 1
        self._catches[block] = self.catch
        self.here, self._incoming = block, None

    def begin(self, pending: Pending) -> int:
        """Go on in a new block that these ways lead to; in none if there are none."""
        self._close()
        if not pending:
            self.here, self._incoming = -1, None
            return -1
        block = self._new()
        self._starts[block] = self.order + 1
        self.lead(pending, block)
        self.here, self._incoming = block, pending
        return block

    def _close(self) -> None:
        if self.here >= 0:
            self._ends[self.here] = self.order + 1

    def lead(self, pending: Pending, target: int) -> None:
        """Lead these ways to a block."""
        for source, way, test in pending:
            self._edges[source].append((target, way, test))

    def leave(self) -> Pending:
        """The way on from here, where nothing follows any more; a block in which nothing happened is undone."""
        block, incoming = self.here, self._incoming
        self._close()
        self.here, self._incoming = -1, None
        if block < 0:
            return []
        if incoming is None or self._starts[block] <= self.order or block != len(self._starts) - 1:
            return [(block, Way.NEXT, None)]
        self._pop(block)
        for source, _, _ in incoming:
            self._edges[source].pop()
        return incoming

    def _pop(self, size: int) -> None:
        del self._starts[size:], self._ends[size:], self._catches[size:], self._edges[size:]

    def fork(self, one: Way, other: Way, test: Expression | None) -> tuple[Pending, Pending]:
        """Both ways on from here; the block goes on until the next begins."""
        here = self.here
        self._incoming = None
        return ([], []) if here < 0 else ([(here, one, test)], [(here, other, test)])

    def join(self, pending: Pending) -> None:
        """Go on here, where these ways come in too."""
        if pending:
            self.begin(self.leave() + pending)

    def mark(self) -> Mark:
        """Where we are, for `undo_idle`."""
        here = self.here
        return self.order, here, len(self._starts), len(self._edges[here]) if here >= 0 else 0, self._incoming

    def undo_idle(self, mark: Mark) -> bool:
        """Take back all branching since the mark if nothing happened in it, and say so."""
        order, here, size, edges, incoming = mark
        if order != self.order:
            return False
        self._pop(size)
        self.here, self._incoming = here, incoming
        if here >= 0:
            del self._edges[here][edges:]
        return True

    def note_operation(self) -> None:
        """Something that has no record and may raise."""
        self.order += 1
        self._operations.append(self.order)

    # jumps

    def open_loop(self, head: int) -> Loop:
        """Enter the body of a loop."""
        loop = Loop(head)
        self._around.append(loop)
        return loop

    def close_loop(self, loop: Loop) -> Pending:
        """The end of the body, from where the next turn starts; the ways out by `break` are given."""
        self.again(self.leave(), loop.head)
        self._around.pop()
        return loop.breaks

    def again(self, pending: Pending, head: int) -> None:
        """Lead these ways to the head of a loop."""
        if head >= 0:
            self.lead(pending, head)

    def jump(self, how: str) -> None:
        """Leave by "return", "break" or "continue"."""
        depth = -1
        if how != "return":
            loops = (d for d in range(len(self._around) - 1, -1, -1) if isinstance(self._around[d], Loop))
            depth = next(loops, -1)
        self._send((how, depth), self.leave())

    def _send(self, to: Target, pending: Pending) -> None:
        """Lead the ways of a jump to the next region around that it leaves, or to where it goes."""
        how, depth = to
        for around in reversed(self._around[depth + 1 :]):
            if isinstance(around, Region):
                around.leaving.setdefault(to, []).extend(pending)
                return
        loop = self._around[depth] if depth >= 0 else None
        if how == "return":
            self.lead(pending, RETURNED)
        elif isinstance(loop, Loop):
            if how == "break":
                loop.breaks.extend(pending)
            else:
                self.again(pending, loop.head)

    def raise_(self, pending: Pending | None = None) -> None:
        """Leave by an exception, or have these ways do so."""
        ways = self.leave() if pending is None else pending
        self.lead([(source, way or Way.RAISE, test) for source, way, test in ways], self.catch)

    # regions that are left through other code

    def enter(self) -> Region:
        """Enter a region that is left through a `finally` or the exit of a context manager."""
        outer = self.catch
        region = Region(self.catching(), outer)
        self._around.append(region)
        return region

    def exit_with(self, region: Region, entered: int, on: Pending) -> Pending:
        """Leave what a `with` item holds, entered at that order number; `on` are the ways to its end."""
        self._exits.append((self.order + 1, entered))
        return self.exit(region, on, None)

    def exit(self, region: Region, on: Pending, walk: Callable[[], object] | None) -> Pending:
        """Leave a region through what `walk` reads; the ways that go on after it are given.

        It is read once and copied for each further way through it. Without a `walk` it is a context manager's exit.
        """
        self.catch = region.outer
        inner = self._around[-1] = Region(-1, region.outer)
        ways = [(_ON, on)] if on else []
        ways += [(_UP, [(region.entry, Way.NEXT, None)]), *region.leaving.items()]
        first = self.begin(ways[0][1])
        self.order += 1  # so that there is a block
        if walk is not None:
            walk()
        end, last = self.leave(), len(self._starts)
        self._around.pop()
        copies = [0, *(self._copy(first, last, to == _UP, pending) for to, pending in ways[1:])]
        after: Pending = []
        for (to, _), shift in zip(ways, copies, strict=True):
            out = _shifted(end, shift)
            if to == _ON:
                after += out
            elif to != _UP:
                self._send(to, out)
            else:
                self.raise_(out)
                after += [] if walk else [(source, Way.SUPPRESSED, None) for source, _, _ in out]
            for jump, pending in inner.leaving.items() if shift or to == ways[0][0] else ():
                self._send(jump, _shifted(pending, shift))
        return after

    def _copy(self, first: int, last: int, is_raising: bool, pending: Pending) -> int:
        """Copy blocks for another way through them; by how much the numbers of the copy are higher, 0 if shared."""
        if last - first > _MOST_COPIED:
            self.lead(pending, first)
            return 0
        if is_raising and last - first == 1:  # the block where the exceptions come in has room for it
            entry = pending[0][0]
            self._starts[entry], self._ends[entry] = self._starts[first], self._ends[first]
            self._edges[entry] = list(self._edges[first])
            return entry - first
        shift = len(self._starts) - first
        self._starts += self._starts[first:last]
        self._ends += self._ends[first:last]
        own = range(first, last)
        self._catches += [to + shift if to in own else to for to in self._catches[first:last]]
        for edges in self._edges[first:last]:
            self._edges.append([(to + shift if to in own else to, way, test) for to, way, test in edges])
        self.lead(pending, first + shift)
        return shift


def _shifted(pending: Pending, shift: int) -> Pending:
    return [(source + shift, way, test) for source, way, test in pending]
