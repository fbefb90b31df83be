"""The graph of a function and what the function does, run in every way it can go, are the same."""

from itertools import pairwise
from textwrap import indent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
    yield m(1)
    while t(2):
        yield m(3)
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


def numbered(block: str) -> str:
    """A function of these statements, each step of it with a number of its own."""
    pieces = ("async def main():\n" + indent(block, "    ")).split("#")
    return pieces[0] + "".join(f"{number}{piece}" for number, piece in enumerate(pieces[1:], 1))


def block_of(statements: list[str]) -> str:
    """Statements one after the other."""
    return "".join(f"{statement}\n" for statement in statements)


def compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Statements that hold others."""
    block = st.lists(inner, min_size=1, max_size=3).map(block_of).map(lambda text: indent(text, "    "))
    test = st.sampled_from(["t(#)", "not t(#)", "t(#) and t(#)", "t(#) or not t(#)", "await a(#)", "m(#) or t(#)"])
    loops = st.sampled_from(["for item in i(#)", "async for item in i(#)", "while True"]) | test.map("while {}".format)
    managers = st.sampled_from(["with c(#)", "with s(#)", "async with s(#), c(#)", "with c(#) as got, s(#)"])
    orelse = st.just("") | block.map("else:\n{}".format)
    clause = st.sampled_from(
        ["except Given", "except (Given, KeyError) as error", "except Exception", "except Interrupt"]
    )
    handlers = st.lists(st.tuples(clause, block).map(lambda two: "{}:\n{}".format(*two)), min_size=1, max_size=2)
    caught = st.builds(lambda some, last: "".join(some) + last, handlers, st.just("") | block.map("except:\n{}".format))
    final = block.map("finally:\n{}".format)
    cases = st.lists(
        st.tuples(st.sampled_from(["0", "1 | 2", "1 if t(#)", "got if t(#)"]), block), min_size=1, max_size=2
    )
    return st.one_of(
        st.builds("if {}:\n{}{}".format, test, block, orelse),
        st.builds("{}:\n{}{}".format, loops, block, orelse),
        st.builds("{}:\n{}".format, managers, block),
        st.builds("try:\n{}{}{}{}".format, block, caught, orelse, st.just("") | final),
        st.builds("try:\n{}{}".format, block, final),
        st.builds(
            lambda some, last: "match n(#):\n" + indent("".join(f"case {p}:\n{b}" for p, b in some) + last, "    "),
            cases,
            st.just("") | block.map("case _:\n{}".format),
        ),
    )


SIMPLE = st.sampled_from(
    [
        "m(#)",
        "m(#)",
        "await a(#)",
        "pass",
        "break",
        "continue",
        "return m(#)",
        "raise Given",
        "assert t(#), m(#)",
        "got = m(#) if t(#) else t(#) and m(#)",
        "got = [m(#) for one in i(#) if t(#) or t(#)]",
        "got = {m(#): one async for one in i(#) for two in i(#)}",
    ]
)
STATEMENTS = st.recursive(SIMPLE, compound, max_leaves=12)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(STATEMENTS, min_size=1, max_size=4).map(block_of).map(numbered),
    st.lists(st.lists(st.integers(0, 23), max_size=25), min_size=1, max_size=8),
)
def test_each_run_of_a_function_made_up_is_a_way_through_its_graph(text: str, decisions: list[list[int]]):
    try:
        compile(text, "main.py", "exec")
    except SyntaxError:  # a `break` outside a loop, a bare `except` that is not the last
        return
    known = marked(text)
    done = [run(text, Oracle(told, raising)) for told in decisions for raising in (False, True)]
    assert [way for way in done if not known.knows(way)] == []
