"""Questions of rules yet to come, put to the Program as it is: the records must bear them without another visitor."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from concurlint.catalog.kinds import kinds_with
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.lockset.address import Lock, LockAddresses
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.program import Program
from concurlint.facts.records import Entered
from concurlint.project.classes import attribute_writes
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance, Partial, Value
from tests.linked import program

# Two locks taken in both orders

Order = tuple[Lock, Lock]


def entered_in(asked: Program, code: Code, entered: Entered) -> Iterator[Lock]:
    """The lock that a `with` item takes."""
    lock = asked[LockAddresses].of(entered.manager, code).lock
    if lock is not None:
        yield lock


def taken(asked: Program, code: Code, seen: frozenset[Code] = frozenset()) -> Iterator[Lock]:
    """The locks a run of `code` takes, itself or in what it calls."""
    if code in seen:
        return
    for entered, _, _ in code.scope.entered:
        yield from entered_in(asked, code, entered)
    for edge in asked.graph.edges[code]:
        if edge.runs:
            yield from taken(asked, edge.callee, seen | {code})


def orders(asked: Program) -> Iterator[Order]:
    """Which lock is held where which other is taken."""
    for code in asked.graph.edges:
        for entered, _, order in code.scope.entered:
            for outer in asked[LockSets].at(code, order).must:
                yield from ((outer, inner) for inner in entered_in(asked, code, entered))
        for edge in asked.graph.edges[code]:
            for outer in asked[LockSets].at(code, edge.site.order).must if edge.runs else ():
                yield from ((outer, inner) for inner in taken(asked, edge.callee))


def inversions(asked: Program) -> list[str]:
    """The pairs of locks that are taken in both orders, each pair once."""
    pairs = {(outer.identity, inner.identity): (outer, inner) for outer, inner in orders(asked)}
    both = {frozenset(key): pair for key, pair in pairs.items() if len(set(key)) == 2 and key[::-1] in pairs}
    return sorted(" / ".join(sorted((outer.spelling, inner.spelling))) for outer, inner in both.values())


BANK = """
import threading

accounts = threading.Lock()
journal = threading.Lock()


def pay():
    with accounts:
        write()


def write():
    with journal:
        pass


def audit():
    with journal:
        {body}


threading.Thread(target=pay).start()
threading.Thread(target=audit).start()
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("with accounts:\n            pass", ["accounts / journal"]),
        ("balance()\n\n\ndef balance():\n    with accounts:\n        pass", ["accounts / journal"]),
        ("pass", []),
        ("write()", []),
        ("pass\n    with accounts:\n        pass", []),
    ],
)
def test_locks_taken_in_both_orders_are_found_through_calls(tmp_path: Path, body: str, expected: list[str]):
    assert inversions(program(tmp_path, {"app.py": BANK.format(body=body)})) == expected


def test_locks_taken_in_both_orders_are_found_across_modules_and_objects(tmp_path: Path):
    files = {
        "stock.py": """
            import threading


            class Stock:
                def __init__(self):
                    self.guard = threading.Lock()

                def take(self):
                    with self.guard:
                        pass
            """,
        "shop.py": """
            import threading
            from stock import Stock

            till = threading.Lock()
            stock = Stock()


            def sell():
                with till:
                    stock.take()


            def restock():
                with stock.guard, till:
                    pass


            threading.Thread(target=sell).start()
            threading.Thread(target=restock).start()
            """,
    }
    assert inversions(program(tmp_path, files)) == ["stock.guard / till"]


# A lock of threads held across an await


def awaits_under_lock(asked: Program) -> list[tuple[int, str]]:
    """Lines that await while a lock is held that blocks the whole loop for others, with the lock."""
    return [
        (awaited.at[0], lock.spelling)
        for code in asked.graph.edges
        for awaited in code.scope.awaits
        for lock in asked[LockSets].effective(code, awaited.order).must
        if lock.kind == "lock"
    ]


AWAITING = """
import asyncio
import threading

blocking = threading.Lock()
friendly = asyncio.Lock()


async def fetch():
    {body}
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("with blocking:\n        await asyncio.sleep(1)", [(11, "blocking")]),
        ("with blocking:\n        async for row in rows():\n            pass", [(11, "blocking")]),
        ("blocking.acquire()\n    await asyncio.sleep(1)\n    blocking.release()", [(11, "blocking")]),
        ("blocking.acquire()\n    blocking.release()\n    await asyncio.sleep(1)", []),
        ("with blocking:\n        pass\n    await asyncio.sleep(1)", []),
        ("async with friendly:\n        await asyncio.sleep(1)", []),
        ("with blocking:\n        async def later():\n            await asyncio.sleep(1)", []),
    ],
)
def test_a_lock_of_threads_held_across_an_await_is_found(tmp_path: Path, body: str, expected: list[tuple[int, str]]):
    assert awaits_under_lock(program(tmp_path, {"app.py": AWAITING.format(body=body)})) == expected


# Work that cannot be sent to another process


def unpicklable(asked: Program) -> list[tuple[int, str]]:
    """Lines that hand a process what pickle refuses, with the reason."""
    return [
        (dispatch.site.statement[0], reason)
        for dispatch in asked[Spawns].all
        if dispatch.on == "process"
        for reason in [refused(asked, dispatch.value)]
        if reason
    ]


def refused(asked: Program, value: Value) -> str:
    """Why a callable cannot be pickled, `""` where it can for all that is known."""
    match value:
        case Function(code=code) if code.scope.kind == "lambda":
            return "a lambda"
        case Function(code=code) if code.parent is not None and code.parent.scope.kind == "function":
            return "a nested function"
        case Bound(owner=Instance(of=ClassOf(code=cls))):
            return next((f"holds `{name}`" for name in locks_in(asked, cls)), "")
        case Partial(work=work):
            return refused(asked, work)
    return ""


def locks_in(asked: Program, cls: Code) -> Iterator[str]:
    """The attributes of a class that hold locks of one process."""
    for name, writes in attribute_writes(cls).items():
        for access, code in writes:
            values = asked.evaluator.values(access.value, code) if access.value is not None else ()
            if any(asked.evaluator.kind(value) in kinds_with("lock") for value in values):
                yield name


PICKLING = """
import threading
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import Pool, Process


def work(item=0):
    return item


class Guarded:
    def __init__(self):
        self.lock = threading.Lock()

    def work(self, item=0):
        return item


class Plain:
    def work(self, item=0):
        return item


def main():
    def inner(item=0):
        return item

    pool = ProcessPoolExecutor()
    {call}


if __name__ == "__main__":
    main()
"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("pool.submit(lambda: 1)", "a lambda"),
        ("pool.map(lambda item: item, [1, 2])", "a lambda"),
        ("work_item = lambda: 1\n    pool.submit(work_item)", "a lambda"),
        ("pool.submit(inner)", "a nested function"),
        ("pool.submit(partial(inner, 1))", "a nested function"),
        ("pool.submit(Guarded().work)", "holds `lock`"),
        ("guarded = Guarded()\n    pool.map(guarded.work, [1])", "holds `lock`"),
        ("Process(target=inner).start()", "a nested function"),
        ("with Pool() as p:\n        p.map(inner, [1])", "a nested function"),
        ("pool.submit(work)", ""),
        ("pool.submit(partial(work, 1))", ""),
        ("pool.submit(Plain().work)", ""),
        ("threading.Thread(target=inner).start()", ""),
    ],
)
def test_work_that_pickle_refuses_is_found(tmp_path: Path, call: str, expected: str):
    found = unpicklable(program(tmp_path, {"app.py": PICKLING.format(call=call)}))
    assert [reason for _, reason in found] == ([expected] if expected else [])


# What a check gets after a mishap


def test_without_a_module_the_program_has_neither_its_calls_nor_its_dispatches(tmp_path: Path):
    files = {
        "one.py": "import threading\nfrom work import job\n\nthreading.Thread(target=job).start()\n",
        "two.py": "import threading\nfrom work import job\n\nthreading.Thread(target=job).start()\n",
        "work.py": "def job():\n    pass\n",
    }
    asked = program(tmp_path, files)
    rest = asked.without([module for module in asked.project.loaded if module.name == "one"])
    assert [dispatch.where.module.name for dispatch in asked[Spawns].all] == ["one", "two"]
    assert [dispatch.where.module.name for dispatch in rest[Spawns].all] == ["two"]
    assert {code.module.name for code in rest.graph.edges} == {"two", "work"}
    assert [dispatch.where.module.name for dispatch in asked[Spawns].all] == ["one", "two"]
