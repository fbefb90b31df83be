"""Both recorders together: what a Python without readable stacks still gives."""

import dataclasses
import sys
from pathlib import Path

import pytest

from concurlint.runtime.launch import start_script
from concurlint.runtime.recording import Recorders, count_cores
from concurlint.runtime.samples import State
from concurlint.runtime.stacks import RecordingError, find_pyspy
from tests.runtime.measured import why_not


def why_skipped() -> str:
    """Why nothing can be recorded here; nothing if it can."""
    try:
        find_pyspy()
    except RecordingError as error:
        return str(error)
    return why_not()


pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"free_threaded": True}, "py-spy cannot read the stacks of a free-threaded Python"),
        ({"version": (3, 15, 0)}, "py-spy cannot read the stacks of Python 3.15"),
    ],
)
def test_a_python_that_py_spy_cannot_read_gives_states_without_lines(
    tmp_path: Path, change: dict[str, object], why: str
):
    script = tmp_path / "app.py"
    script.write_text("import time; time.sleep(2.0)\n", encoding="utf-8")
    with start_script(str(script), python=sys.executable) as program:
        assert program.interpreter is not None
        program.interpreter = dataclasses.replace(program.interpreter, **change)  # type: ignore[arg-type]
        with Recorders(program, ["app.py"]) as recorders:
            program.wait(60)
            found = recorders.stop()
    assert found.run.notes == (f"{why}: states are given without lines",)
    (thread,) = found.threads
    assert max(thread.states, key=lambda state: thread.states[state]) is State.SLEEP
    assert found.lines == ()


def test_there_is_at_least_one_core():
    assert count_cores() >= 1
