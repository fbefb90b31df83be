"""A map as JSON: every field of every row, places as path, line and column."""

import json

from concurlint.report.mapped.json import render
from tests.report.mapped.made import MAP


def test_a_document_has_all_tables() -> None:
    document = json.loads(render([MAP]))
    assert document["version"] == 1
    (told,) = document["maps"]
    assert list(told) == [
        "files", "entries", "states", "locks", "orders", "loops", "coroutines", "free_threaded",
    ]  # fmt: skip
    assert told["entries"][0] == {
        "code": "app.Shop.sell",
        "at": {"path": "app.py", "line": 9, "column": 5},
        "where": "thread",
        "by": "concurrent.futures.ThreadPoolExecutor.map",
        "started": {"path": "app.py", "line": 30, "column": 5},
        "several": True,
        "reaches": 4,
        "confidence": "high",
    }


def test_a_state_tells_its_mark_and_every_access() -> None:
    stock = json.loads(render([MAP]))["maps"][0]["states"][0]
    assert (stock["mark"], stock["calls_for_a_look"]) == ("disagreeing", True)
    assert stock["accesses"][1] == {
        "how": "mutate",
        "code": "Shop.sell",
        "at": {"path": "app.py", "line": 12, "column": 5},
        "locks": [],
        "unsure": False,
        "contexts": ["threads `Shop.sell`"],
        "at_construction": False,
    }
