"""Code frames: the right lines, and the underline below the right cells whatever stands before it."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from concurlint.finding import Span
from concurlint.report.frame import ASCII, DRAWN, Frame, Signs, signs_for, split_lines


def drawn(source: str, span: Span, *, width: int = 80, around: int = 0, most: int = 6, signs: Signs = ASCII) -> str:
    """The frame as a terminal of that width shows it."""
    console = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    frame = Frame(width, signs, indent="")
    with console.capture() as capture:
        for row in frame.render(split_lines(source), span, "red", around=around, most=most):
            console.print(row, markup=False)
    return capture.get()


def at(line: int, column: int, end_line: int, end_column: int) -> Span:
    """A span of some file."""
    return Span("app.py", line, column, end_line, end_column)


def underlined(frame: str) -> tuple[int, int]:
    """From which cell to which the frame's underline goes."""
    row = frame.splitlines()[1]
    return row.index("^"), row.rindex("^") + 1


def test_the_span_is_underlined():
    assert drawn("a = 1\nb = f(a)\n", at(2, 5, 2, 9)) == "2 | b = f(a)\n  |     ^^^^\n"


def test_signs_are_drawn_where_the_encoding_has_them():
    assert drawn("b = f(a)", at(1, 5, 1, 9), signs=DRAWN) == "1 │ b = f(a)\n  │     ━━━━\n"
    assert [signs_for(name) for name in ("utf-8", "UTF-8", "ascii", "cp1252")] == [DRAWN, DRAWN, ASCII, ASCII]


def test_lines_around_are_shown_unless_they_are_blank():
    source = "one\n\nthree\nfour\n"
    assert drawn(source, at(3, 1, 3, 6), around=1) == "3 | three\n  | ^^^^^\n4 | four\n"
    assert drawn(source, at(4, 1, 4, 5), around=2) == "3 | three\n4 | four\n  | ^^^^\n"


def test_line_numbers_are_as_wide_as_the_widest():
    source = "x\n" * 10
    assert drawn(source, at(9, 1, 9, 2), around=1) == " 8 | x\n 9 | x\n   | ^\n10 | x\n"


def test_a_span_of_several_lines_shows_them_with_marks():
    source = "f(\n    1,\n)\nnext()\n"
    expected = "1 │ f(\n  │ ━━\n2 ┃     1,\n3 ┃ )\n4 │ next()\n"
    assert drawn(source, at(1, 1, 3, 2), around=1, signs=DRAWN) == expected


def test_a_long_span_is_cut_and_says_where_it_ends():
    source = "f(\n" + "    1,\n" * 20 + ")\n"
    expected = " 1 │ f(\n   │ ━━\n 2 ┃     1,\n   ┃ to line 22\n"
    assert drawn(source, at(1, 1, 22, 2), most=2, around=1, signs=DRAWN) == expected


def test_a_span_that_ends_before_a_line_leaves_that_line_out():
    assert drawn("if x:\n    y\nz\n", at(1, 1, 3, 1), signs=DRAWN) == "1 │ if x:\n  │ ━━━━━\n2 ┃     y\n"


@pytest.mark.parametrize(
    ("before", "cells"),
    [
        ("\t", 4),
        ("ab\t", 4),
        ("  \t\t", 8),
        ("宽\t", 4),
        ("'宽字符' + ", 11),
        ("'e\u0301' + ", 6),
        ("'\x1b[31m' + ", 10),
        ("'\u202e' + ", 6),
        ("[red] + ", 8),
        (":smile: + ", 10),
        ("\\[x] + ", 7),
    ],
)
def test_what_stands_before_the_span_does_not_shift_the_underline(before: str, cells: int):
    frame = drawn(f"{before}call()", at(1, len(before) + 1, 1, len(before) + 7))
    code = frame.splitlines()[0]
    assert underlined(frame) == (4 + cells, 4 + cells + 6)
    assert cell_len(code[: code.index("call()")]) == 4 + cells


def test_wide_characters_in_the_span_are_underlined_as_wide():
    assert underlined(drawn("f('宽字')", at(1, 1, 1, 8))) == (4, 4 + 9)


@pytest.mark.parametrize("place", [1, 40, 400, 4000, 7990])
@pytest.mark.parametrize("width", [30, 80, 200])
def test_of_a_line_too_wide_the_part_with_the_span_is_shown(place: int, width: int):
    source = "x" * (place - 1) + "call()" + "y" * 8000
    frame = drawn(source, at(1, place, 1, place + 6), width=width)
    first, last = underlined(frame)
    assert frame.splitlines()[0][first:last] == "call()"
    assert max(cell_len(row) for row in frame.splitlines()) <= width


def test_a_span_wider_than_the_terminal_is_cut_at_its_end():
    frame = drawn("a = [" + "1, " * 100 + "]", at(1, 5, 1, 305), width=40)
    assert max(cell_len(row) for row in frame.splitlines()) == 40
    assert frame.splitlines()[0].endswith("~")
    assert underlined(frame) == (8, 39)


def test_lines_end_where_python_ends_them():
    assert split_lines("a\r\nb\rc\x0cd\u2028e\nf") == ["a", "b", "c\x0cd\u2028e", "f"]


@pytest.mark.parametrize("span", [at(0, 1, 0, 1), at(3, 1, 3, 4), at(99, 1, 100, 4)])
def test_a_span_outside_of_the_file_has_no_frame(span: Span):
    assert drawn("a\nb", span) == ""


@pytest.mark.parametrize("span", [at(1, 1, 1, 1), at(1, 9, 1, 20), at(1, 3, 1, 2), at(1, 3, 9, 1)])
def test_a_span_beyond_the_end_of_its_line_still_has_an_underline(span: Span):
    assert "^" in drawn("ab", span)
    assert "^" in drawn("\n", span)


def test_rows_are_never_wrapped_and_have_no_blanks_at_their_ends():
    rows = list(Frame(20, ASCII).render(["x = 1   ", "y" * 50], at(1, 1, 1, 2), "red", around=1))
    assert all(isinstance(row, Text) and row.plain == row.plain.rstrip() for row in rows)
    assert all(row.no_wrap for row in rows)
