"""The graph of a function and what the function does, run in every way it can go, are the same."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from textwrap import indent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concurlint.facts.flow import Graph, Way, pack, unpack
from concurlint.facts.syntax import Name
from tests.flows import Oracle, marked, run, runs

FUNCTIONS = {
    "straight on": """
def main():
    m(1)
    m(2)
""",
    "branches": """
def main():
    if t(1):
        m(2)
    elif t(3):
        return m(4)
    else:
        m(5)
    m(6)
""",
    "operands of a test": """
def main():
    if t(1) and not t(2) or t(3):
        m(4)
    else:
        m(5)
""",
    "operands of a value": """
def main():
    got = t(1) and t(2) or t(3)
    m(4)
""",
    "conditional expressions": """
def main():
    got = m(1) if t(2) and t(3) else t(4) or m(5)
    m(6)
""",
    "asserts": """
def main():
    assert t(1) or t(2), m(3)
    m(4)
""",
    "a for loop": """
def main():
    for item in i(1):
        if t(2):
            break
        if t(3):
            continue
        m(4)
    else:
        m(5)
    m(6)
""",
    "a while loop": """
def main():
    while t(1):
        if t(2):
            break
        elif t(3):
            continue
        m(4)
    else:
        m(5)
    m(6)
""",
    "a loop that only ends by break": """
def main():
    while True:
        if t(1):
            break
        m(2)
    m(3)
""",
    "a loop that never ends": """
def main():
    while 1:
        m(1)
    m(2)
""",
    "loops in loops": """
def main():
    for item in i(1):
        while t(2):
            if t(3):
                break
        else:
            continue
        break
    else:
        m(4)
    m(5)
""",
    "a try": """
def main():
    try:
        m(1)
        m(2)
    except Given:
        m(3)
    else:
        m(4)
    m(5)
""",
    "a clause for each": """
def main():
    try:
        m(1)
    except Given:
        m(2)
    except:
        return m(3)
    m(4)
""",
    "raising again": """
def main():
    try:
        m(1)
    except Given as error:
        if t(2):
            raise
        raise KeyError from error
    m(3)
""",
    "a finally": """
def main():
    try:
        if t(1):
            return m(2)
        m(3)
    finally:
        m(4)
    m(5)
""",
    "leaving loops through a finally": """
def main():
    while t(1):
        try:
            if t(2):
                break
            if t(3):
                continue
            if t(4):
                return
        finally:
            m(5)
        m(6)
    else:
        m(7)
    m(8)
""",
    "a finally that returns": """
def main():
    try:
        m(1)
    finally:
        if t(2):
            return
    m(3)
""",
    "a finally that goes on with the loop": """
def main():
    while t(1):
        try:
            m(2)
        finally:
            if t(3):
                break
            continue
    m(4)
""",
    "a finally in a finally": """
def main():
    try:
        m(1)
    finally:
        try:
            if t(2):
                return
        finally:
            m(3)
    m(4)
""",
    "a try in a finally": """
def main():
    try:
        if t(1):
            return
    finally:
        try:
            m(2)
        except Given:
            m(3)
    m(4)
""",
    "a finally around a finally": """
def main():
    while t(1):
        try:
            try:
                if t(2):
                    break
            finally:
                m(3)
        finally:
            m(4)
""",
    "nothing in a finally": """
def main():
    try:
        return m(1)
    finally:
        pass
""",
    "all of a try in a loop with else": """
def main():
    for item in i(1):
        try:
            if t(2):
                break
        except Given:
            continue
        else:
            m(3)
        finally:
            m(4)
    else:
        m(5)
""",
    "a with": """
def main():
    with c(1):
        if t(2):
            return
    m(3)
""",
    "a with of two": """
def main():
    with c(1), c(2):
        m(3)
    m(4)
""",
    "a with that takes exceptions": """
def main():
    with s(1):
        return m(2)
    m(3)
""",
    "breaking out of a with": """
def main():
    while t(1):
        with c(2):
            if t(3):
                break
            continue
    m(4)
""",
    "a match with a case for all": """
def main():
    match n(1):
        case 0:
            m(2)
        case 1 if t(3):
            return
        case _:
            m(4)
    m(5)
""",
    "a match that may fail": """
def main():
    match n(1):
        case 0 | 1:
            m(2)
    m(3)
""",
    "a match of a name": """
def main():
    match n(1):
        case 0:
            return m(2)
        case other:
            return m(3)
    m(4)
""",
    "comprehensions": """
def main():
    [m(1) for one in i(2) if t(3)]
    {m(4) for one in i(5) for two in i(6)}
    m(7)
""",
    "a generator": """
def main():
    yield 1
    while t(2):
        yield 3
    return m(4)
""",
    "asynchronous statements": """
async def main():
    async with c(1):
        await a(2)
    async for item in i(3):
        if await a(4):
            break
    else:
        await a(5)
""",
    "a deed after the end": """
def main():
    m(1)
    return m(2)
    m(3)
""",
    "a chained comparison": """
def main():
    if 0 < n(1) < n(2) < 3:
        m(3)
    m(4)
""",
    "a generator that is thrown into": """
def main():
    try:
        yield 1
        yield 2
    except Given:
        m(3)
    finally:
        m(4)
    yield 5
""",
    "an exit": """
def main():
    try:
        m(1)
        exit()
        m(2)
    finally:
        m(3)
""",
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_graph_has_the_ways_that_runs_take_and_no_others(name: str):
    known = marked(FUNCTIONS[name])
    done = list(runs(FUNCTIONS[name], most=6000))
    assert [way for way in done if not known.knows(way)] == []
    taken = {pair for way in done for pair in pairwise(way)}
    assert known.pairs() == taken


@pytest.mark.parametrize("steps", [3, 70_000])
def test_a_graph_is_unpacked_as_it_was_packed(steps: int):
    test = Name("it", (1, 1, 1, 3))
    graph = Graph(
        starts=[1, 0, 0, steps],
        ends=[steps, 0, 0, steps + 2],
        catches=[2, 2, 2, 2],
        edges=[[(3, Way.TRUE, test), (1, Way.FALSE, test)], [], [], [(1, Way.NEXT, None)]],
        operations=[2],
    )
    packed = pack(graph, [(steps + 1, 1)])
    found = unpack(packed)
    assert [list(column) for column in (found.starts, found.ends, found.catches, found.operations)] == [
        graph.starts,
        graph.ends,
        graph.catches,
        graph.operations,
    ]
    assert (found.edges, packed.exits) == (graph.edges, ((steps + 1, 1),))


TESTS = (
    "t(#)",
    "not t(#)",
    "t(#) and t(#)",
    "t(#) or not t(#) and m(#)",
    "await a(#)",
    "(got := n(#)) or t(#)",
    "not (t(#) or t(#))",
    "0 < n(#) < n(#) <= 2",
    "(t(#) if t(#) else m(#))",
    "[m(#) for one in i(#) if t(#)]",
)
SIMPLE = (
    "m(#)",
    "m(#); m(#)",
    "await a(#)",
    "pass",
    "raise Given",
    "assert t(#), m(#)",
    "assert not (t(#) and t(#))",
    "yield #",
    "got = (yield #), m(#)",
    "got = m(#) if t(#) else t(#) and m(#)",
    "got = [m(#) for one in i(#) if t(#) or t(#)]",
    "got = {m(#): one async for one in i(#) for two in i(#)}",
    "got = sum(m(#) for one in i(#) if t(#) if t(#))",
    "got = lambda: m(#)",
    "got = {m(#): 1, **{m(#): t(#) or m(#)}}",
)
RETURNS, BREAKS = ("return", "return m(#)"), ("break", "continue")
LOOPS = ("for item in i(#)", "async for item in i(#)", "while {test}", "while True")
MANAGERS = ("with c(#)", "with s(#)", "async with s(#), c(#)", "with c(#) as got, s(#)")
CAUGHT = ("Given", "(Given, KeyError) as error", "Exception", "Interrupt")
PATTERNS = ("0", "1 | 2", "1 if t(#)", "got if t(#)", "int()", "[got, *_]")


@dataclass
class Writer:
    """Makes up a function. A run that goes on for ever ends by an exception, which `stop` lets nobody keep."""

    draw: st.DrawFn
    left: int = 14  # how many statements may still be written
    depth: int = 0
    jumps: tuple[str, ...] = RETURNS  # which ways out there are where we are

    def one_of(self, texts: tuple[str, ...]) -> str:
        text = self.draw(st.sampled_from(texts))
        return text.replace("{test}", self.one_of(TESTS)) if "{test}" in text else text

    def may(self, text: Callable[[], str]) -> str:
        return text() if self.draw(st.booleans()) else ""

    def block(self, *first: str, jumps: tuple[str, ...] | None = None) -> str:
        """Statements one after the other, indented."""
        outer = self.jumps
        self.jumps = outer if jumps is None else jumps
        self.depth += 1
        texts = [self.statement() for _ in range(self.draw(st.integers(1, 3)))]
        self.depth -= 1
        self.jumps = outer
        return indent("\n".join([*first, *texts]), "    ") + "\n"

    def statement(self) -> str:
        self.left -= 1
        kinds = (self.simple, self.choice, self.loop, self.attempt, self.group, self.held, self.matched)
        return self.draw(st.sampled_from(kinds if self.left > 0 and self.depth < 6 else kinds[:1]))()

    def simple(self) -> str:
        return self.one_of(SIMPLE + self.jumps * 2)

    def choice(self) -> str:
        text = f"if {self.one_of(TESTS)}:\n{self.block()}"
        text += self.may(lambda: f"elif {self.one_of(TESTS)}:\n{self.block()}")
        return text + self.orelse()

    def orelse(self) -> str:
        return self.may(lambda: f"else:\n{self.block()}")

    def loop(self) -> str:
        head = self.one_of(LOOPS)
        body = self.block(*["m(#)"] * (head == "while True"), jumps=(*self.jumps, *BREAKS))
        return f"{head}:\n{body}{self.orelse()}"

    def final(self) -> str:
        return f"finally:\n{self.block('stop()')}"

    def attempt(self) -> str:
        clauses = self.clauses("except")
        bare = self.may(lambda: f"except:\n{self.block('stop()')}")
        rest = clauses + bare + self.orelse() if clauses + bare else ""
        return f"try:\n{self.block()}{rest}{self.may(self.final) if rest else self.final()}"

    def clauses(self, word: str, jumps: tuple[str, ...] | None = None) -> str:
        count = range(self.draw(st.integers(0, 2)))
        return "".join(f"{word} {self.one_of(CAUGHT)}:\n{self.block(jumps=jumps)}" for _ in count)

    def group(self) -> str:
        clauses = self.clauses("except*", jumps=())  # it cannot be left
        return f"try:\n{self.block()}{clauses}{self.may(self.final) if clauses else self.final()}"

    def held(self) -> str:
        return f"{self.one_of(MANAGERS)}:\n{self.block()}"

    def matched(self) -> str:
        cases = "".join(f"case {self.one_of(PATTERNS)}:\n{self.block()}" for _ in range(self.draw(st.integers(0, 2))))
        rest = f"case _:\n{self.block()}" if not cases else self.may(lambda: f"case _:\n{self.block()}")
        return f"match n(#):\n{indent(cases + rest, '    ')}"


@st.composite
def functions(draw: st.DrawFn) -> str:
    """The text of a function, each step of it with a number of its own."""
    block = Writer(draw).block()
    is_async = draw(st.booleans())
    if is_async:
        block = block.replace("yield #", "await a(#)")
    else:
        block = block.replace("async ", "").replace("await a(", "t(")
    pieces = f"{'async ' * is_async}def main():\n{block}".split("#")
    return pieces[0] + "".join(f"{number}{piece}" for number, piece in enumerate(pieces[1:], 1))


DECISIONS = st.lists(st.lists(st.integers(0, 23), max_size=25), min_size=1, max_size=8)


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(functions(), DECISIONS)
def test_each_run_of_a_function_made_up_is_a_way_through_its_graph(text: str, decisions: list[list[int]]):
    known = marked(text)
    done = [run(text, Oracle(told, raising)) for told in decisions for raising in (False, True)]
    assert [way for way in done if not known.knows(way)] == []
