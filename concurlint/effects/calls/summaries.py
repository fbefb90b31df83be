"""What functions do themselves and by those they call: a summary of events for each, and the way to each event."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from heapq import heappop, heappush
from itertools import count
from typing import TypeAlias, TypeVar

from concurlint.project.callgraph import CallGraph, Edge
from concurlint.project.modules import Code

Event = TypeVar("Event")
Summaries: TypeAlias = dict[Code, dict[Hashable, Event]]
"""The events of each function, by what makes two of them one."""
Rank: TypeAlias = tuple[int, ...]


def summaries(
    graph: CallGraph,
    direct: Iterable[tuple[Code, Event]],
    through: Callable[[Edge, Event], Event | None],
    *,
    key: Callable[[Event], Hashable] = lambda _: None,
    rank: Callable[[Event], Rank] = lambda _: (),
    holds: Callable[[Event, Summaries[Event]], bool] = lambda *_: True,
    most: int = 1 << 30,
) -> Summaries[Event]:
    """The events of all functions, given those that happen in each itself and what a call makes of its callee's.

    `through` gives the event as the caller has it, None if this very call does not come to it. Of several with one
    `key` a function keeps the best by `rank`, and of equals the one with the shortest way; in circles of calls that
    is the fixed point. `holds` is asked when an event's turn comes, with what is known by then.
    """

    def onward(code: Code, event: Event) -> Iterator[tuple[Code, Event]]:
        for edge in graph.callers.get(code, ()):
            outer = through(edge, event)
            if outer is not None:
                yield edge.caller, outer

    return spread(direct, onward, key=key, rank=rank, holds=holds, most=most)


def spread(
    starts: Iterable[tuple[Code, Event]],
    onward: Callable[[Code, Event], Iterable[tuple[Code, Event]]],
    *,
    key: Callable[[Event], Hashable] = lambda _: None,
    rank: Callable[[Event], Rank] = lambda _: (),
    holds: Callable[[Event, Summaries[Event]], bool] = lambda *_: True,
    most: int = 1 << 30,
) -> Summaries[Event]:
    """The same by any ways on from a function: up to its callers, down to what it calls, or by what it hands over."""
    found: Summaries[Event] = {}
    turn = count()
    queue: list[tuple[Rank, int, Code, Event]] = [(rank(event), next(turn), code, event) for code, event in starts]
    queue.sort(key=lambda entry: entry[:2])
    while queue:
        _, _, code, event = heappop(queue)
        known = found.get(code, {})
        if key(event) in known or len(known) >= most or not holds(event, found):
            continue
        found.setdefault(code, {})[key(event)] = event
        for other, further in onward(code, event):
            if key(further) not in found.get(other, ()):
                heappush(queue, (rank(further), next(turn), other, further))
    return found


def reached(
    graph: CallGraph,
    starts: Iterable[Code],
    *,
    up: bool = False,
    follow: Callable[[Edge], bool] = lambda edge: edge.runs,
    deepest: int = 1 << 30,
    callers: Callable[[Code], Iterable[Edge]] | None = None,
) -> dict[Code, tuple[Edge, ...]]:
    """All that functions come to by calls, themselves too, each by the shortest way; `up`: all that leads to them.

    `callers` may know of more, or fewer, calls of a function than the graph.
    """
    edges = (callers or (lambda code: graph.callers.get(code, ()))) if up else (lambda code: graph.edges.get(code, ()))
    found: dict[Code, tuple[Edge, ...]] = dict.fromkeys(starts, ())
    queue = list(found)
    for code in queue:
        way = found[code]
        for edge in edges(code) if len(way) < deepest else ():
            other = edge.caller if up else edge.callee
            if other not in found and follow(edge):
                found[other] = (edge, *way) if up else (*way, edge)
                queue.append(other)
    return found
