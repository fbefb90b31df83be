"""Programs that measure themselves, and programs measured by a call: live."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

import concurlint
from concurlint.runtime.observing import ObservingError
from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import State
from concurlint.runtime.saved import load
from tests.runtime.test_recording import why_skipped

pytestmark = [pytest.mark.live, pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())]

SLEEPS_AND_BURNS = """\
import time
import concurlint

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def outer():
    with concurlint.Profiler(name="the block") as profiler:
        time.sleep(1.2)
    return profiler.report

burn(0.5)
outer().save("block.json")
again = concurlint.Profiler()
again.start()
burn(0.7)
again.stop().save("again.json")
"""


@pytest.fixture
def runs(tmp_path: Path) -> dict[str, Profile]:
    """What a script has measured of itself, in a Python of its own."""
    (tmp_path / "app.py").write_text(SLEEPS_AND_BURNS, encoding="utf-8")
    subprocess.run([sys.executable, "app.py"], cwd=tmp_path, check=True)
    return {path.stem: load(path) for path in tmp_path.glob("*.json")}


def test_a_block_is_measured_and_what_is_around_it_is_not(runs: dict[str, Profile]):
    profile = runs["block"]
    (main,) = profile.threads
    assert profile.run.command == ("the block",)
    assert max(main.states, key=lambda state: main.states[state]) is State.SLEEP
    assert main.seconds == pytest.approx(1.2, abs=0.3)
    assert {(line.function, Path(line.path).name) for line in profile.lines if line.seconds > 0.5} == {
        ("outer", "app.py")
    }


def test_the_process_that_looks_on_is_no_part_of_what_it_sees(runs: dict[str, Profile]):
    assert [len({thread.pid for thread in run.threads}) for run in runs.values()] == [1, 1]


def test_a_program_can_measure_itself_again(runs: dict[str, Profile]):
    (main,) = runs["again"].threads
    assert main.cpu_seconds == pytest.approx(0.7, abs=0.2)


def test_there_is_no_report_before_the_end_of_the_block():
    with pytest.raises(ObservingError, match="nothing has been measured yet"):
        concurlint.Profiler().report  # noqa: B018


def test_an_error_in_the_block_is_what_is_seen():
    with pytest.raises(ZeroDivisionError), concurlint.Profiler():
        1 / 0  # noqa: B018


def test_a_script_is_measured_by_a_call(tmp_path: Path):
    script = tmp_path / "app.py"
    script.write_text("import sys, time\ntime.sleep(2.0)\nsys.exit(int(sys.argv[1]))\n", encoding="utf-8")
    report = concurlint.profile(script, "3")
    assert report.status == 3
    assert report.profile.seconds_in(State.SLEEP) == pytest.approx(2.0, abs=0.3)
    assert "sleeps" in report.to_text()
    assert [found["code"] for found in json.loads(report.to_json())["findings"]] == ["CCL900"]
    assert report.to_html().startswith("<!DOCTYPE html>")
