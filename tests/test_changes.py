"""The change of every workload is applied as `patch` would, and does what the workload did."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from concurlint.judge import judge
from concurlint.runtime.saved import load
from concurlint.verdicts.change import Rewritten
from tests.pages import ROOT, WORKLOADS

SCRIPTS = sorted(
    script
    for script in [*WORKLOADS.glob("*.py"), *WORKLOADS.glob("variants/*.py")]
    if (script.parent / "recorded" / f"{script.stem}.json").is_file()
)
SHORT = "0.6"
"""Seconds: what is compared is what they say, not how long they take."""
CHANGED = frozenset(
    {
        "asyncio_stalled",
        "awaited_in_turn",
        "children_in_turn",
        "computing_four",
        "computing_two",
        "convoy",
        "convoy_slow_switch",
        "gil_held_blocked",
        "loop_beside_computing",
        "loop_computes",
        "pages_in_turn",
        "pages_on_the_loop",
        "words_one_thread",
    }
)
"""Of the others the text does not show a change that surely means the same."""


@cache
def changes(script: Path) -> tuple[Rewritten, ...]:
    """The files that the verdicts on its recorded profile would change."""
    profile = load(script.parent / "recorded" / f"{script.stem}.json")
    found = [verdict.change for verdict in judge(profile, root=ROOT) if verdict.change is not None]
    return tuple(file for change in found for file in change.files)


def run(script: Path) -> tuple[int, str, str]:
    """Its exit status and all that it says."""
    done = subprocess.run([sys.executable, script, SHORT], capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_workload_that_is_changed_does_the_same(script: Path, tmp_path: Path):
    files = changes(script)
    assert bool(files) == (script.stem in CHANGED)
    for file in files:
        assert Path(file.path) == script
        assert file.before == script.read_text(encoding="utf-8")
        (tmp_path / script.name).write_text(file.after, encoding="utf-8")
        assert run(tmp_path / script.name) == run(script)
