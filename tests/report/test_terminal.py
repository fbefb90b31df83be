"""The report for people at a terminal, as it is drawn."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from rich.cells import cell_len
from rich.console import Console

from concurlint.finding import Finding, Level, Span
from concurlint.report.found import Found
from concurlint.report.statistics import Totals
from concurlint.report.terminal import render, render_plain, render_statistics, render_summary
from tests.report.made import ADVICE, SHELL, SOURCE, WRITE

TEXTS = {"app.py": SOURCE, "lib/run.py": "run(\n  a[bold]b[/bold],\n  c,\n    )\n"}


class Utf8(io.StringIO):
    """A stream that says it can show everything."""

    encoding = "utf-8"


def report(
    findings: Sequence[Finding],
    *,
    width: int = 80,
    colours: bool = False,
    texts: Mapping[str, str] = TEXTS,
) -> str:
    """What a terminal of that width shows."""
    return render(Found(findings, texts), terminal(width=width, colours=colours))


def terminal(*, width: int = 80, colours: bool = False) -> Console:
    return Console(
        file=Utf8(),
        width=width,
        force_terminal=True,
        color_system="standard" if colours else None,
        no_color=not colours,
    )


def test_a_finding_has_a_header_a_frame_its_chain_and_one_help_line():
    assert report([WRITE]) == (
        "app.py:8:5 CCL301 shared-write-unlocked warning\n"
        "`count` is changed by several threads without a lock\n"
        "  7 │     global count\n"
        "  8 │     count += 1\n"
        "    │     ━━━━━━━━━━\n"
        "  1. `Thread` has several threads run `work`  app.py:12:5\n"
        "     12 │     threading.Thread(\n"
        "        │     ━━━━━━━━━━━━━━━━━\n"
        "        ┃ to line 15\n"
        "  help: guard every change with one `threading.Lock`\n"
        "\n"
    )


def test_findings_stand_apart():
    rows = report([SHELL, ADVICE]).splitlines()
    assert rows[rows.index("") + 1] == "lib/run.py:2:3 CCL601 subprocess-instead-of-library advice"
    assert rows[-1] == ""


def test_nothing_found_is_nothing_drawn():
    assert report([]) == ""
    assert render_statistics(Found([]), terminal()) == ""


def test_the_summary_is_one_line_in_the_colours_of_the_levels():
    assert render_summary(Totals(14, 0, 0, 0), terminal()) == "no findings in 14 files\n"
    assert render_summary(Totals(14, 1, 0, 2), terminal()) == "1 error, 2 pieces of advice in 14 files\n"
    assert "\x1b[1;31m1 error\x1b[0m" in render_summary(Totals(14, 1, 0, 2), terminal(colours=True))


def test_brackets_in_source_and_message_are_shown_as_they_are():
    odd = replace(ADVICE, message="`a[bold]b[/bold]` and [link=x] :smile: \\[y]", help="[/] `[red]`")
    rows = report([odd]).splitlines()
    assert "`a[bold]b[/bold]` and [link=x] :smile: \\[y]" in rows
    assert "  2 │   a[bold]b[/bold]," in rows
    assert "  help: [/] `[red]`" in rows


def test_a_file_whose_text_is_not_there_has_no_frame():
    assert report([SHELL], texts={}) == (
        "lib/run.py:1:1 CCL401 shell-string-command error\n"
        "a shell reads this command, and part of it is from the command line\n"
        "\n"
    )


@pytest.mark.parametrize("width", [24, 40, 80, 120])
def test_no_row_is_wider_than_the_terminal(width: int):
    found = Found([WRITE, SHELL, ADVICE])
    rows = [*report(found.findings, width=width).splitlines()]
    rows += render_statistics(found, terminal(width=width)).splitlines()
    assert max(map(cell_len, rows)) <= width


def test_wrapped_text_hangs_below_its_first_word():
    rows = report([WRITE], width=40).splitlines()
    place = rows.index("  help: guard every change with one")
    assert rows[place + 1] == "        `threading.Lock`"


def test_statistics_are_one_row_for_each_rule():
    assert render_statistics(Found([SHELL, SHELL, WRITE]), terminal()).splitlines() == [
        "2 CCL401 shell-string-command",
        "1 CCL301 shared-write-unlocked",
    ]


def test_without_a_terminal_it_is_as_wide_as_the_environment_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("COLUMNS", "60")
    found = Found([WRITE], TEXTS)
    assert render_plain(found) == report([WRITE], width=60)
    monkeypatch.setenv("COLUMNS", "wide")
    assert render_plain(found) == report([WRITE], width=100)


@pytest.mark.parametrize(("level", "colour"), [("error", "31"), ("warning", "33"), ("advice", "36")])
def test_each_level_has_its_colour(level: str, colour: str):
    shown = report([replace(SHELL, level=Level(level))], colours=True)
    assert f"\x1b[1;{colour}mCCL401\x1b[0m" in shown
    assert f"\x1b[1;{colour}m━━━\x1b[0m" in shown


def test_a_terminal_without_colours_gets_no_escape_sequence():
    assert "\x1b" not in report([WRITE, SHELL, ADVICE])


def test_escape_sequences_of_the_source_do_not_reach_the_terminal():
    span = Span("\x1b]0;title\x07.py", 1, 1, 1, 4)
    odd = replace(SHELL, span=span, message="`\x1b[2J`", help="\x1b[0m")
    shown = report([odd], texts={span.path: "run(\x1b[2J)\n\x07"})
    assert not set(shown) & {"\x1b", "\x07"}


def test_a_stream_that_lacks_the_signs_gets_plain_ones():
    console = Console(
        file=io.TextIOWrapper(io.BytesIO(), encoding="ascii"),
        width=80,
        force_terminal=True,
        color_system=None,
    )
    assert render(Found([WRITE], TEXTS), console).isascii()
