"""Places carried from one text to the next."""

import pytest

from concurlint.finding import Edit, Finding, Fix, Level, Span, Step
from concurlint.server.shifting import Shift


def span(line: int, end_line: int | None = None, path: str = "a.py") -> Span:
    """A stretch of whole lines."""
    return Span(path, line, 1, end_line or line, 5)


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ("a\nb\nc\n", "a\nb\nc\n", [1, 2, 3]),
        ("a\nb\nc\n", "new\na\nb\nc\n", [2, 3, 4]),
        ("a\nb\nc\n", "a\nc\n", [1, None, 2]),
        ("a\nb\nc\n", "a\nB\nc\n", [1, None, 3]),
        ("a\nb\nc\n", "a\nb\nx\ny\nc\n", [1, 2, 5]),
        ("a\nb\nc", "a\nb\nc\n", [1, 2, None]),
        ("a\na\na\n", "a\na\n", [1, 2, None]),
        ("a\n", "", [None]),
        ("", "a\n", []),
        ("\x0c\nb\n", "\x0c\n\nb\n", [1, 3]),
    ],
)
def test_lines_outside_the_edit_keep_their_place(before: str, after: str, lines: list[int | None]):
    shift = Shift(before, after)
    assert [shift.line(number + 1) for number in range(len(lines))] == lines


def test_a_stretch_around_the_edit_is_edited_too():
    assert Shift("a\nb\nc\n", "a\nx\nb\nc\n").span(span(1, 3)) is None


def test_the_steps_of_a_finding_move_with_it_and_those_of_other_files_stay():
    steps = (Step(span(3), "here"), Step(span(3, path="b.py"), "there"), Step(span(2), "edited"))
    finding = Finding("CCL501", "blocking-call-in-async", Level.WARNING, "blocks", span(3), trace=steps)
    moved = Shift("a\nb\nc\n", "a\nB1\nB2\nc\n").finding(finding)
    assert moved is not None
    assert (moved.span.line, [step.span.line for step in moved.trace]) == (4, [4, 3, 2])


def test_the_fix_of_a_finding_moves_with_it_and_goes_where_its_line_was_edited():
    fix = Fix("mend it", (Edit(1, 1, 1, 1, "import a\n"), Edit(3, 1, 3, 2, "C")))
    finding = Finding("CCL501", "blocking-call-in-async", Level.WARNING, "blocks", span(3), fix=fix)
    moved = Shift("a\nb\nc\n", "a\nB1\nB2\nc\n").finding(finding)
    assert moved is not None
    assert moved.fix == Fix("mend it", (Edit(1, 1, 1, 1, "import a\n"), Edit(4, 1, 4, 2, "C")))
    spoilt = Shift("a\nb\nc\n", "A\nb\nc\n").finding(finding)
    assert spoilt is not None
    assert spoilt.fix is None
