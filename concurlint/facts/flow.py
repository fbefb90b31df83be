"""The control-flow graph of a scope as its facts keep it: blocks of order numbers, and an edge for each way on."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from enum import IntEnum
from typing import TypeAlias

from concurlint.facts.packing import record
from concurlint.facts.syntax import Expression

ENTRY, RETURNED, RAISED = 0, 1, 2
"""The block that a run starts in, and those it ends in: by its end or a `return`, and by an exception."""


class Way(IntEnum):
    """Why an edge is taken."""

    NEXT = 0
    TRUE = 1  # the test came out true
    FALSE = 2
    ITEM = 3  # a `for` got a next item
    DONE = 4  # and here none
    CASE = 5  # the pattern matched; the test is a comparison where the pattern makes one
    NO_CASE = 6
    RAISE = 7  # a `raise` or failed `assert`, or an exception that a `finally` or `with` lets go on
    CAUGHT = 8  # an `except` clause took the exception; the test is what it names, None where it is bare
    UNCAUGHT = 9  # no clause did
    UNCAUGHT_BASE = 10  # no clause did, though one takes `Exception`: an interrupt, an exit, a cancellation
    SUPPRESSED = 11  # a context manager did, if it is one that does


Edge: TypeAlias = tuple[int, int, Expression | None]
"""Target block, `Way`, and the test that came out so."""


@record
class Graph:
    """What may follow what in one scope.

    Block b holds what was recorded with an order number in `starts[b]:ends[b]`; a number in none of them cannot be
    reached. `edges[b]` leave it at its end. When something in it raises, the run goes to block `catches[b]`, unless
    the edges say so. A `finally`, and the exit of a `with`, is there once for each way through it: its numbers are
    in several blocks. A test of `and`, `or` and `not` is taken apart: each edge has the one operand that decides.
    A comprehension's loops and conditions are laid out where it stands, those of a generator expression too.
    """

    starts: Sequence[int]
    ends: Sequence[int]
    catches: Sequence[int]
    edges: Sequence[Sequence[Edge]]
    operations: Sequence[int]  # order numbers of arithmetic and the like, which may raise and is not recorded


@record
class Flow:
    """A graph in a small space: all its numbers as two or four bytes each, and the tests that they point to."""

    numbers: bytes
    tests: tuple[Expression, ...] = ()
    exits: tuple[tuple[int, int], ...] = ()  # of each `with` item: the order number of its exit, and that of its entry


def pack(graph: Graph, exits: Sequence[tuple[int, int]] = ()) -> Flow:
    """The graph as the facts keep it: a large project has a million blocks, of which few are ever looked at."""
    tests: dict[Expression | None, int] = {None: 0}
    flat = [len(graph.starts), len(graph.operations), *graph.starts, *graph.ends, *graph.catches, *graph.operations]
    for edges in graph.edges:
        flat.append(len(edges))
        for target, way, test in edges:
            flat += (target, way, tests.setdefault(test, len(tests)))
    try:
        numbers = b"H" + array("H", flat).tobytes()
    except OverflowError:
        numbers = b"I" + array("I", flat).tobytes()
    return Flow(numbers, tuple(tests)[1:], tuple(exits))  # type: ignore[arg-type]


def unpack(flow: Flow) -> Graph:
    """The graph that was packed."""
    flat = array(chr(flow.numbers[0]), flow.numbers[1:])
    tests = (None, *flow.tests)
    size, operations = flat[:2]
    rest = 2 + 3 * size + operations
    starts, ends, catches = (flat[2 + part * size : 2 + (part + 1) * size] for part in range(3))
    numbers = iter(flat[rest:])
    edges = [[(next(numbers), next(numbers), tests[next(numbers)]) for _ in range(next(numbers))] for _ in range(size)]
    return Graph(starts, ends, catches, edges, flat[rest - operations : rest])


NOTHING = pack(Graph((1, 0, 0), (1, 0, 0), (RAISED, RAISED, RAISED), (((RETURNED, Way.NEXT, None),), (), ()), ()))
"""That of a scope in which nothing happens."""
