"""Pipes that what a command prints surely fits into."""

from pathlib import Path

import pytest

from concurlint.config import Config
from concurlint.finding import Weight
from concurlint.linting import lint
from tests.linked import write


@pytest.mark.parametrize(
    ("words", "weight"),
    [('"git", "describe"', Weight.LOW), ('"git", "log"', Weight.HIGH), ("command", Weight.HIGH)],
)
def test_what_prints_a_line_or_two_hangs_nobody(tmp_path: Path, words: str, weight: Weight) -> None:
    text = (
        "import subprocess\n\n\ndef version(command):\n"
        f"    child = subprocess.Popen([{words}], stdout=subprocess.PIPE)\n"
        "    child.wait()\n    return child.stdout.read()\n"
    )
    write(tmp_path, {"app.py": text})
    found = lint([tmp_path], Config(root=tmp_path, pedantic=True, select=("CCL405",))).findings
    assert [finding.weight for finding in found] == [weight]
