"""Two runs are compared by what they said, and times are no difference."""

import pytest

from concurlint.runtime.outputs import Comparison, compare
from concurlint.runtime.trial import Ran


def ran(output: str, status: int | None = 0, errors: str = "") -> Ran:
    return Ran(1.0, status, output.encode(), errors.encode())


SAME = Comparison(True, "same output")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (["a b\n"], "a b\n", SAME),
        ([""], "", SAME),
        (["took 1.21 s\n", "took 1.30 s\n"], "took 0.60 s\n", SAME),
        (["id 17\n", "id 18\n"], "id 19\n", SAME),
        (
            ["sum 5 took 1.21\n"],
            "sum 5 took 0.52\n",
            Comparison(True, "same output, but for numbers that may be times: `0.52` instead of `1.21`"),
        ),
        (["sum 5\n"], "sum 6\n", Comparison(False, "it says `6` instead of `5`")),
        (["a\nb\n"], "b\na\n", Comparison(False, "it says `b` instead of `a`")),
        (["a\n"], "a\na\n", Comparison(False, "it says something else: 4 words and gaps, not 2")),
        (
            ["a\n", "a b\n"],
            "a\n",
            Comparison(True, "the output differs from run to run, with the change and without"),
        ),
    ],
)
def test_what_was_said_decides(before: list[str], after: str, expected: Comparison):
    assert compare([ran(each) for each in before], ran(after)) == expected


def test_another_end_is_no_success():
    error = "Traceback\nValueError: no"
    assert compare([ran("a")], ran("a", 1, error)) == Comparison(False, "it ended with status 1: ValueError: no")
    assert compare([ran("a")], ran("a", None)) == Comparison(False, "it took too long and was ended")
    assert compare([ran("a", 3)], ran("a", 3)) == SAME
