"""Trace events, as Perfetto and chrome://tracing read them."""

import json
from collections import Counter
from typing import Any

from concurlint.report.profiled.trace import render
from tests.report.profiled.made import EMPTY, HOSTILE, PID, PROFILE


def events(kind: str) -> list[dict[str, Any]]:
    """The events of one kind."""
    return [event for event in json.loads(render(PROFILE))["traceEvents"] if event["ph"] == kind]


def test_threads_are_tracks_with_their_names_in_their_order():
    named = [(of["tid"], of["args"]["name"]) for of in events("M") if of["name"] == "thread_name"]
    assert named == [(PID, "MainThread"), (101, "worker-1"), (102, HOSTILE)]
    assert [of["args"]["sort_index"] for of in events("M") if of["name"] == "thread_sort_index"] == [0, 1, 2]
    assert [of["args"]["name"] for of in events("M") if of["name"] == "process_name"] == ["python app.py --fast"]


def test_states_are_slices_in_microseconds():
    slices = events("X")
    assert Counter(of["name"] for of in slices) == {
        "holds the GIL": 40,
        "waits for the GIL": 40,
        "waits for another thread": 1,
        "sleeps": 1,
    }
    (sleep,) = (of for of in slices if of["cat"] == "sleep")
    assert (sleep["pid"], sleep["tid"], sleep["ts"], sleep["dur"]) == (PID, PID, 2_000_000, 500_000)


def test_an_arrow_leaves_the_giver_s_slice_and_ends_where_the_taker_s_begins():
    starts, ends = events("s"), events("f")
    assert [of["id"] for of in starts] == [of["id"] for of in ends] == list(range(39))
    assert (starts[0]["tid"], ends[0]["tid"], starts[0]["ts"], ends[0]["ts"]) == (101, 102, 49_999, 50_000)
    held = [of for of in events("X") if of["cat"] == "holds-gil"]
    for start, end in zip(starts, ends, strict=True):
        assert any(of["tid"] == start["tid"] and of["ts"] <= start["ts"] < of["ts"] + of["dur"] for of in held)
        assert any(of["tid"] == end["tid"] and abs(of["ts"] - end["ts"]) < 0.01 for of in held)


def test_an_empty_run_is_a_trace_without_events():
    assert json.loads(render(EMPTY))["traceEvents"] == []
