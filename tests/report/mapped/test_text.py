"""A map as text: tables under headings, rows to look at with all their places."""

from dataclasses import replace

from concurlint.report.mapped.text import render
from tests.report.mapped.made import MAP

EXPECTED = """\
What runs where (2)
-------------------
thread    app.Shop.sell  app.py:9
          concurrent.futures.ThreadPoolExecutor.map, at app.py:30, several at once, leads to 4 functions
callers   `Shop` has a lock of its own: `self.lock`
          clear

Shared state (2; 1 to look at)
------------------------------
disagreeing       app.Shop.stock  app.py:3
                  changed under `Shop.lock`, but not in `Shop.sell`
                  store   Shop.sell  app.py:10  under Shop.lock  [threads `Shop.sell`]
                  mutate  Shop.sell  app.py:12  no lock  [threads `Shop.sell`]
guarded           app.Shop.total  app.py:4
                  always under `Shop.lock`

Locks (1)
---------
Shop.lock  lock  made at app.py:2
    taken at app.py:10
    guards Shop.total

Order of locks (1)
------------------
A > B  app.one  app.py:33  and the other way round

Event loops (1 coroutines; 1 calls that may block)
--------------------------------------------------
app.serve  `load` waits in `open`, through 1 more  app.py:38
"""


def test_a_map_is_told_table_by_table() -> None:
    assert render([MAP]) == EXPECTED


def test_a_map_of_nothing_has_its_headings() -> None:
    empty = replace(MAP, entries=(), states=(), locks=(), orders=(), loops=(), coroutines=0)
    assert [line for line in render([empty]).splitlines() if line and not line.startswith("-")] == [
        "What runs where (0)",
        "Shared state (0; 0 to look at)",
        "Locks (0)",
        "Order of locks (0)",
        "Event loops (0 coroutines; 0 calls that may block)",
    ]
