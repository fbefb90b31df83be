"""The row that tells how far a run is: drawn on standard error, gone afterwards."""

import re

import pytest

from concurlint.cli.progress import Bar

_ESCAPES = re.compile("\x1b\\[[0-9;?]*[a-zA-Z]")


def drawn(capsys: pytest.CaptureFixture[str], patience: float) -> str:
    """What a run of two parts draws."""
    with Bar(patience) as bar:
        bar.begin("looking for files")
        bar.begin("asking rules", 3)
        for _ in range(3):
            bar.step()
        bar.begin("reading comments")
    out, err = capsys.readouterr()
    assert out == ""
    return err


def test_a_run_that_takes_its_time_tells_what_it_is_doing(capsys: pytest.CaptureFixture[str]):
    err = drawn(capsys, 0.0)
    text = _ESCAPES.sub("", err)
    parts = ("looking for files", "asking rules", "reading comments")
    assert tuple(part for part in parts if part in text) == parts
    assert "0/3" in text
    # The cursor is there again, and the row is not.
    assert err.rstrip("\n").endswith("\x1b[2K")
    assert err.count("\x1b[?25l") == err.count("\x1b[?25h") == 1


def test_a_short_run_draws_nothing(capsys: pytest.CaptureFixture[str]):
    assert drawn(capsys, 60.0) == ""
