"""A change is shown with the numbers of its lines, and in the form that `patch` takes."""

import shutil
import subprocess
from pathlib import Path

import pytest

from concurlint.report.profiled.diff import DiffLine, diff_lines, unified
from concurlint.verdicts.change import Change, Rewritten

BEFORE = "import os\n\n\nfor x in xs:\n    work(x)\n\nprint(1)\nprint(2)\nprint(3)\nend()\n"
AFTER = "import os\nimport sys\n\n\nlist(map(work, xs))\n\nprint(1)\nprint(2)\nprint(3)\nend(0)\n"
FILE = Rewritten("app.py", BEFORE, AFTER)


def test_lines_that_go_and_come_have_their_numbers_and_gaps_are_marked():
    assert list(diff_lines(FILE)) == [
        DiffLine(" ", 1, 1, "import os"),
        DiffLine("+", None, 2, "import sys"),
        DiffLine(" ", 2, 3, ""),
        DiffLine(" ", 3, 4, ""),
        DiffLine("-", 4, None, "for x in xs:"),
        DiffLine("-", 5, None, "    work(x)"),
        DiffLine("+", None, 5, "list(map(work, xs))"),
        DiffLine(" ", 6, 6, ""),
        DiffLine(" ", 9, 9, "print(3)", after_gap=True),
        DiffLine("-", 10, None, "end()"),
        DiffLine("+", None, 10, "end(0)"),
    ]


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch here")
@pytest.mark.parametrize("end", ["\n", ""])
def test_patch_takes_the_diff(tmp_path: Path, end: str):
    change = Change((Rewritten("app.py", BEFORE.rstrip() + end, AFTER.rstrip() + end),))
    (tmp_path / "app.py").write_text(change.files[0].before, encoding="utf-8")
    subprocess.run(["patch", "-p0", "-s"], cwd=tmp_path, input=unified(change), text=True, check=True)
    assert (tmp_path / "app.py").read_text(encoding="utf-8") == change.files[0].after


def test_without_a_change_there_is_nothing_to_show():
    assert unified(None) == ""
