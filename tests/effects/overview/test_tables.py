"""The map of a small program: what runs where, how each piece of state is guarded, locks, and what blocks a loop."""

from dataclasses import replace
from pathlib import Path

import pytest

from concurlint.effects.overview.records import Overview
from concurlint.effects.overview.tables import overview
from tests.linked import program

SHOP = """
    import asyncio
    import threading
    import time
    from concurrent.futures import ThreadPoolExecutor, ProcessPoolExecutor

    A = threading.Lock()
    B = threading.RLock()
    LAST = None


    class Shop:
        def __init__(self):
            self.lock = threading.Lock()
            self.sold = 0
            self.stock = {}
            self.names = []
            self.open = False

        def sell(self, name):
            with self.lock:
                self.sold += 1
                self.stock[name] = self.sold
            self.names.append(name)
            self.open = True

        def report(self):
            return self.sold

        def clear(self):
            self.stock.clear()

        def count(self):
            with self.lock:
                return len(self.stock)


    def one():
        global LAST
        with A:
            with B:
                LAST = 1


    def two():
        with B:
            with A:
                pass


    def square(n):
        return n * n


    async def serve():
        time.sleep(1)


    def main(names):
        shop = Shop()
        with ThreadPoolExecutor() as pool:
            pool.map(shop.sell, names)
            pool.submit(shop.clear)
            pool.submit(shop.report)
        threading.Thread(target=one).start()
        threading.Thread(target=two).start()
        with ProcessPoolExecutor() as processes:
            processes.map(square, range(9))
        asyncio.run(serve())


    if __name__ == "__main__":
        main(["a", "b"])
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Overview:
    """The map of the shop."""
    found = program(tmp_path_factory.mktemp("shop"), {"app.py": SHOP})
    return overview(found, frozenset(file.name for file in found.files))


def test_each_way_in_is_told_with_where_it_runs(shop: Overview) -> None:
    told = {(entry.where, entry.code, entry.several) for entry in shop.entries if entry.where != "callers"}
    assert told == {
        ("main", "app", False),
        ("process", "app.square", True),
        ("task", "app.serve", False),
        ("thread", "app.Shop.clear", False),
        ("thread", "app.Shop.report", False),
        ("thread", "app.Shop.sell", True),
        ("thread", "app.one", False),
        ("thread", "app.two", False),
    }


def test_each_piece_of_state_has_a_mark(shop: Overview) -> None:
    assert {(state.name, state.mark.value, state.says) for state in shop.states} == {
        ("sold", "read bare", "changed under `Shop.lock`, read without it in `Shop.report`"),
        ("stock", "disagreeing", "changed under `Shop.lock`, but not in `Shop.clear`"),
        (
            "names",
            "by the GIL",
            "no lock; each change is one step under the GIL (threads `Shop.sell`, threads of callers)",
        ),
        (
            "open",
            "by the GIL",
            "no lock; each change is one step under the GIL (threads `Shop.sell`, threads of callers)",
        ),
        ("LAST", "guarded", "always under `A`"),
    }


def test_rows_to_look_at_come_first(shop: Overview) -> None:
    assert [state.mark.calls_for_a_look for state in shop.states] == [True, True, False, False, False]


def test_an_access_names_its_lock_and_what_runs_it(shop: Overview) -> None:
    stock = next(state for state in shop.states if state.name == "stock")
    assert [(a.how, a.code, a.locks, a.at_construction) for a in stock.accesses] == [
        ("store", "Shop.__init__", (), True),
        ("store", "Shop.sell", ("Shop.lock",), False),
        ("mutate", "Shop.clear", (), False),
        ("read", "Shop.count", ("Shop.lock",), False),
    ]
    assert stock.accesses[1].contexts[0] == "threads `Shop.sell`"


def test_locks_are_told_with_what_they_guard(shop: Overview) -> None:
    assert [(lock.name, lock.kind, lock.guards) for lock in shop.locks] == [
        ("A", "lock", ("LAST",)),
        ("B", "reentrant lock", ("LAST",)),
        ("Shop.lock", "lock", ("Shop.sold",)),
    ]


def test_both_orders_of_two_locks_are_told(shop: Overview) -> None:
    assert [(order.first, order.second, order.code, order.inverted) for order in shop.orders] == [
        ("A", "B", "app.one", True),
        ("B", "A", "app.two", True),
    ]


def test_what_blocks_a_loop_is_told(shop: Overview) -> None:
    assert shop.coroutines == 1
    assert [(row.code, row.call, row.blocks) for row in shop.loops] == [("app.serve", "time.sleep", "time.sleep")]


def test_without_the_gil_its_guard_is_gone(tmp_path: Path) -> None:
    found = program(tmp_path, {"app.py": SHOP})
    found.config = replace(found.config, free_threaded=True)
    found.forget()
    told = overview(found, frozenset(file.name for file in found.files))
    names = next(state for state in told.states if state.name == "names")
    assert (names.mark.value, names.says) == ("unguarded", "each change is one step under the GIL, and none without it")


def test_a_lock_has_one_name_however_it_is_reached(tmp_path: Path) -> None:
    files = {
        "locks.py": "import threading\nGUARD = threading.Lock()\n\ndef here():\n    with GUARD:\n        pass\n",
        "app.py": "import locks\n\ndef there():\n    with locks.GUARD:\n        pass\n",
    }
    found = program(tmp_path, files)
    told = overview(found, frozenset(file.name for file in found.files))
    assert [(lock.name, [taken.code for taken in lock.taken]) for lock in told.locks] == [
        ("GUARD", ["app.there", "locks.here"])
    ]
