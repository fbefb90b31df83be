"""A profile on a terminal, as it is drawn."""

import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from concurlint.report.profiled.terminal import render
from tests.report.profiled.made import BOUND, CALM, EMPTY, PROFILE, TEXTS


class Stream(io.StringIO):
    """A stream with an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._encoding


def shown(verdicts=(), *, profile=PROFILE, width: int = 100, colours: bool = False, encoding: str = "utf-8") -> str:
    """What a terminal of that width shows."""
    console = Console(
        file=Stream(encoding),
        width=width,
        force_terminal=colours,
        color_system="standard" if colours else None,
        no_color=not colours,
        legacy_windows=False,
    )
    return render(profile, verdicts, TEXTS, console)


def test_threads_have_a_bar_in_letters_where_there_are_no_colours():
    assert shown().splitlines()[4:9] == [
        "",
        "Threads",
        "  MainThread" + " " * 15 + "q" * 26 + "s" * 7 + "    2.50 s  thread wait 80%  sleep 20%",
        "  worker-1" + " " * 17 + "G" * 17 + "w" * 16 + "    2.00 s  holds GIL 50%  GIL wait 50%",
        "  <script>alert('name')</… " + "G" * 17 + "w" * 16 + "    2.00 s  holds GIL 50%  GIL wait 50%",
    ]


def test_each_letter_and_colour_is_explained():
    assert "  G holds the GIL  w waits for the GIL  q waits for another thread  s sleeps\n" in shown()


def test_colours_have_blocks_instead_of_letters():
    drawn = shown(colours=True)
    assert "\x1b[34m" + "█" * 17 + "\x1b[0m\x1b[31m" + "▓" * 16 in drawn
    assert "GGG" not in drawn


def test_lines_are_shown_with_their_source_file_by_file_and_a_bar_as_long_as_they_took():
    drawn = shown().splitlines()
    start = drawn.index("Lines")
    assert [line.rstrip() for line in drawn[start + 1 : start + 7]] == [
        "  /home/me/shop/lib/numbers.py",
        "  2 │ return sum(of * of for of in items)  # </script><script>alert(1)</script>",
        "       " + "G" * 17 + "w" * 16 + "    4.00 s  holds GIL 50%  GIL wait 50%",
        "  /home/me/shop/app.py",
        "  9 │ threads = [threading.Thread(target=work) for _ in range(2)]",
        "       " + "q" * 17 + "s" * 4 + " " * 12 + "    2.50 s  thread wait 80%  sleep 20%",
    ]


def test_a_verdict_tells_what_was_measured_what_to_do_and_what_it_brings():
    drawn = shown([BOUND])
    assert drawn[drawn.index("CCL901") :] == (
        "CCL901 gil-bound-threads warning  /home/me/shop/lib/numbers.py:2:5\n"
        "2 threads share one GIL: `work` computes on 0.8 of 2 cores\n"
        "  1. `Thread` runs `work` twice  /home/me/shop/app.py:9:12\n"
        "  measured: GIL held 80% (76% to 83%)\n"
        "            effective parallelism 0.80× (0.76× to 0.83×)\n"
        "            hand-overs a second 20\n"
        "  instead: processes: `ProcessPoolExecutor`\n"
        "  why: Each process has a GIL of its own, and <b>both</b> cores compute.\n"
        "  predicted: processes on 2 cores: 1.4× to 1.7× as fast, 1.50 s to 1.80 s instead of 2.50 s\n"
        "             processes on 8 cores: 1.5× to 1.7× as fast, 1.45 s to 1.70 s instead of 2.50 s\n"
        "  assuming: 2 cores are free; next to nothing is pickled\n"
        "  saves: 700 ms to 1.00 s\n"
        "  help: give `work` to a `ProcessPoolExecutor`\n"
        "  change: /home/me/shop/app.py\n"
        "   8  8 │\n"
        "   9    │ - threads = [threading.Thread(target=work) for _ in range(2)]\n"
        "      9 │ + threads = [multiprocessing.Process(target=work) for _ in range(2)]\n"
        '     10 │ + # </script><img src=x onerror="alert(2)">\n'
    )


@pytest.mark.parametrize("width", [30, 40, 60, 80, 120, 200])
def test_no_row_is_wider_than_the_terminal(width: int):
    # Code is not broken into rows: an example that is cut or wrapped cannot be copied.
    rows = shown([BOUND, CALM], width=width).splitlines()
    assert [row for row in rows if cell_len(row) > width and "│" not in row] == []


def test_a_terminal_without_unicode_gets_letters_and_plain_bars():
    drawn = shown(colours=True, encoding="ascii")
    assert "█" not in drawn
    assert "│" not in drawn
    assert "G" * 17 in drawn


def test_nothing_that_a_program_is_called_moves_the_cursor():
    assert "\x1b" not in shown([BOUND])


def test_an_empty_run_has_no_bars_and_no_verdict():
    drawn = shown(profile=EMPTY)
    assert "none was seen long enough" in drawn
    assert drawn.endswith("No verdict: the figures decide nothing\n")
