"""Traces of calls, in words."""

from pathlib import Path

import pytest

from concurlint.effects.calls.summaries import reached
from concurlint.effects.calls.witness import along, call, links
from tests.linked import Link
from tests.linked import link as link_files


@pytest.fixture
def link(tmp_path: Path) -> Link:
    return lambda files: link_files(tmp_path, files)


TEXT = "import time\ndef sleep(): time.sleep(1)\ndef by(): sleep()\ndef top(): by()\n"


def test_each_call_on_the_way_is_one_step(link: Link):
    linked = link({"app.py": TEXT})
    way = reached(linked.graph, [linked.code("top")])[linked.code("sleep")]
    assert [(step.span.line, step.message) for step in links(way)] == [
        (4, "`top` calls `by`"),
        (3, "`by` calls `sleep`"),
    ]


def test_a_chain_ends_in_what_the_library_call_does(link: Link):
    linked = link({"app.py": TEXT})
    chain = tuple((code, code.scope.calls[0]) for code in map(linked.code, ("by", "sleep")))
    assert [(step.span.line, step.message) for step in along(chain, "time.sleep", "blocks in")] == [
        (3, "`by` calls `sleep`"),
        (2, "`sleep` blocks in `time.sleep`"),
    ]
    assert along((), "time.sleep") == ()


def test_a_step_says_what_is_done_to_the_other(link: Link):
    code = link({"app.py": TEXT}).code("by")
    step = call(code, code.scope.calls[0].call.at, "it", "waits for")
    assert step.message == "`by` waits for `it`"
