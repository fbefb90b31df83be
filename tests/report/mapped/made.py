"""A map made by hand, with something in every table."""

from concurlint.effects.overview.records import (
    Access,
    Entry,
    LockRow,
    LoopRow,
    Mark,
    Order,
    Overview,
    State,
    Taken,
)
from concurlint.finding import Span

TEXTS = {"app.py": "".join(f"line {number} <b>\n" for number in range(1, 41))}


def at(line: int) -> Span:
    """A place in the one file."""
    return Span("app.py", line, 5, line, 9)


def access(how: str, line: int, *locks: str) -> Access:
    """One by the threads of a pool."""
    return Access(how, "Shop.sell", at(line), locks, False, ("threads `Shop.sell`",), False)


STOCK = State(
    "stock", "attribute", "Shop", "app", at(3), Mark.DISAGREEING, "changed under `Shop.lock`, but not in `Shop.sell`",
    (access("store", 10, "Shop.lock"), access("mutate", 12)),
)  # fmt: skip
TOTAL = State(
    "total", "attribute", "Shop", "app", at(4), Mark.GUARDED, "always under `Shop.lock`",
    (access("update", 11, "Shop.lock"),),
)  # fmt: skip
MAP = Overview(
    files=1,
    entries=(
        Entry("app.Shop.sell", at(9), "thread", "concurrent.futures.ThreadPoolExecutor.map", at(30), True, 4),
        Entry("app.Shop.clear", at(20), "callers", "`Shop` has a lock of its own: `self.lock`", None, True, 1),
    ),
    states=(STOCK, TOTAL),
    locks=(LockRow("Shop.lock", "lock", at(2), (Taken("app.Shop.sell", at(10)),), ("Shop.total",)),),
    orders=(Order("A", "B", at(33), "app.one", True),),
    loops=(LoopRow("app.serve", at(38), "load", "open", 2),),
    coroutines=1,
    free_threaded=False,
)
