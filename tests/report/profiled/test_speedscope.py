"""speedscope's file format: valid by its own schema, and complete."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from concurlint.report.profiled.speedscope import render
from concurlint.runtime.profile import Profile
from tests.report.profiled.made import EMPTY, HOSTILE, PROFILE

# From the npm package speedscope 1.25.0.
SCHEMA = json.loads(Path(__file__).with_name("speedscope.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def document() -> dict[str, Any]:
    """The profile made by hand."""
    loaded: dict[str, Any] = json.loads(render(PROFILE))
    return loaded


@pytest.mark.parametrize("profile", [PROFILE, EMPTY])
def test_it_is_valid(profile: Profile):
    jsonschema.validate(json.loads(render(profile)), SCHEMA)


def test_there_is_a_profile_for_each_state_and_one_for_each_thread(document: dict[str, Any]):
    assert [(of["name"], of["endValue"]) for of in document["profiles"]] == [
        ("all threads: holds the GIL", 2.0),
        ("all threads: waits for the GIL", 2.0),
        ("all threads: waits for another thread", 2.0),
        ("all threads: sleeps", 0.5),
        ("MainThread (100)", 2.5),
        ("worker-1 (101)", 2.0),
        (f"{HOSTILE} (102)", 2.0),
    ]


def test_stacks_name_frames_with_file_and_line_and_threads_end_in_their_state(document: dict[str, Any]):
    frames = document["shared"]["frames"]
    of = next(of for of in document["profiles"] if of["name"] == "worker-1 (101)")
    stacks = [[frames[number]["name"] for number in stack] for stack in of["samples"]]
    assert stacks == [
        ["Thread.run", "work", "total", "[holds the GIL]"],
        ["Thread.run", "work", "total", "[waits for the GIL]"],
    ]
    assert of["weights"] == [1.0, 1.0]
    assert frames[of["samples"][0][2]] == {"name": "total", "file": "/home/me/shop/lib/numbers.py", "line": 2}
