"""`pytest --concurlint-profile` in a real pytest session of its own: live."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.pages import ROOT
from tests.runtime.test_recording import why_skipped

pytestmark = [
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(bool(why_skipped()), reason=why_skipped()),
]

TESTS = """\
import threading
import time

import pytest


@pytest.fixture
def server():
    time.sleep(0.6)


def test_sleeps(server):
    time.sleep(0.6)


def test_computes():
    end = time.process_time() + 0.7
    while time.process_time() < end:
        pass


def test_is_quick():
    assert True
"""

# Where a newer checkout is tried than is installed, the plugin is named.
INSTALLED = any(one.value == "concurlint.pytest_plugin" for one in entry_points(group="pytest11"))
PLUGIN = [] if INSTALLED else ["-p", "concurlint.pytest_plugin"]


def session(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """A session of pytest on the tests above."""
    (folder / "test_slow.py").write_text(TESTS, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *PLUGIN, *options]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)


def told(output: str) -> dict[str, str]:
    """Test → what most of its time went to."""
    pattern = r"^ *[\d.]+ m?s  test_slow.py::(\w+)\n +([a-zA-Z ]+?) [\d.]+%"
    return dict(re.findall(pattern, output, re.MULTILINE))


def test_the_slowest_tests_are_told_with_their_fixtures_and_what_to_do(tmp_path: Path):
    done = session(tmp_path, "--concurlint-profile")
    assert done.returncode == 0, done.stdout + done.stderr
    found = told(done.stdout)
    assert found["test_sleeps"] == "sleeps"
    assert found["test_computes"] in ("holds the GIL", "computes without the GIL", "waits for a CPU")
    assert found.keys() == {"test_sleeps", "test_computes"}
    assert re.search(r"^ +1\.[2-5]\d? s  test_slow.py::test_sleeps", done.stdout, re.MULTILINE)
    # The fixture and the test sleep for as long.
    assert re.search(r"test_slow\.py:(9|13):5: CCL900", done.stdout) or "CCL911" in done.stdout
    assert list(tmp_path.glob("*.html")) == []


def test_a_page_of_the_session_is_written_when_asked_for(tmp_path: Path):
    done = session(tmp_path, "--concurlint-profile=html", "--concurlint-slowest=1")
    page = (tmp_path / "concurlint-profile.html").read_text(encoding="utf-8")
    assert done.returncode == 0
    assert len(told(done.stdout)) == 1
    assert f"the whole session: {tmp_path / 'concurlint-profile.html'}" in done.stdout
    assert "test_sleeps" in page
    assert "pluggy" not in page


def test_workers_of_xdist_are_looked_into(tmp_path: Path):
    pytest.importorskip("xdist")
    done = session(tmp_path, "--concurlint-profile", "-n", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    assert told(done.stdout)["test_sleeps"] == "sleeps"


def test_without_the_option_nothing_is_measured(tmp_path: Path):
    done = session(tmp_path)
    assert done.returncode == 0
    assert "concurlint" not in done.stdout


def test_tests_too_short_to_be_seen_are_not_told(tmp_path: Path):
    done = session(tmp_path, "--concurlint-profile", "test_slow.py", "-k", "quick")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "no test ran long enough to be seen" in done.stdout


def test_the_option_takes_no_other_form(tmp_path: Path):
    done = session(tmp_path, "--concurlint-profile=pdf")
    assert (done.returncode, done.stderr.strip()) == (
        4,
        "ERROR: --concurlint-profile: 'pdf' is neither `text` nor `html`",
    )


def test_where_nothing_can_be_measured_the_session_says_why(tmp_path: Path):
    (tmp_path / "conftest.py").write_text(
        "from concurlint.runtime import observing\nfrom concurlint.runtime.states import SamplingError\n\n\n"
        "def pytest_configure():\n    def refuse():\n        raise SamplingError('thread states need Linux')\n\n"
        "    observing.check_proc = refuse\n",
        encoding="utf-8",
    )
    done = session(tmp_path, "--concurlint-profile")
    assert done.returncode == 4
    assert "ERROR: --concurlint-profile: thread states need Linux" in done.stderr
