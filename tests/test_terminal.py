"""What people see: reports on a terminal of 40, 80 and 200 columns, in colours that a light and a dark one show."""

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from itertools import product
from pathlib import Path

import pyte
import pytest
from rich.cells import cell_len
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI, TerminalTheme
from rich.text import Text

from tests.linked import write
from tests.pages import ROOT, WORKLOADS

SCREENS = Path(__file__).parent / "terminal"
WIDTHS = (40, 80, 200)
ROWS = 1500
FILES = {
    "pyproject.toml": "",
    "app.py": """\
import work


async def serve(name):
\treturn work.load(name) or "naïve 漢字 fallback that makes this line a good deal longer than eighty columns"
""",
    "work.py": """\
import subprocess
import time


def load(name):
    time.sleep(1)
    return name


def run(command):
    subprocess.run("ls " + command, shell=True, check=True)
""",
}
COMMANDS = {
    "check": ("check",),
    "statistics": ("check", "--statistics"),
    "nothing": ("check", "--select", "CCL7"),
    "explain": ("explain", "CCL501", "--no-pager"),
    "rules": ("rules", "CCL5"),
    "help": ("check", "--help"),
    "threads": ("report", str(WORKLOADS / "recorded" / "computing_two.json")),
    "lock": ("report", str(WORKLOADS / "recorded" / "lock.json")),
    "compare": ("compare", *(str(WORKLOADS / "recorded" / f"{name}.json") for name in ("computing_one", "hashing"))),
}
# Nothing but the colours that every theme has, and no ground of its own. What a profile draws has more states than
# there are such colours; each has its letter too.
COLOURS = {"default", "red", "green", "brown", "blue", "magenta", "cyan", "brightblack"}
COLOURED = ("check", "statistics", "nothing", "explain", "rules", "help")
THEMES = {"light": DEFAULT_TERMINAL_THEME, "dark": MONOKAI}
NUMBERS = {"red": 1, "green": 2, "brown": 3, "blue": 4, "magenta": 5, "cyan": 6}


def printed(folder: Path, width: int, *arguments: str) -> bytes:
    """What the command prints on a terminal so wide."""
    own, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, width, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR", "NO_COLOR")}
    env |= {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    command = [sys.executable, "-m", "concurlint", *arguments]
    with subprocess.Popen(command, cwd=folder, env=env, stdin=its, stdout=its, stderr=its):
        os.close(its)
        said = b"".join(iter(lambda: _read(own), b""))
    os.close(own)
    return said


def drawn(folder: Path, width: int, *arguments: str) -> pyte.Screen:
    """The screen after that."""
    screen = pyte.Screen(width, ROWS)
    pyte.ByteStream(screen).feed(printed(folder, width, *arguments))
    return screen


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65536)
    except OSError:  # how Linux says that nobody writes any more
        return b""


def rows(screen: pyte.Screen) -> list[str]:
    """The rows with something on them, and those between."""
    return "\n".join(row.rstrip() for row in screen.display).rstrip("\n").split("\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with findings: a chain through two files, a tab, wide characters, a line that is too long."""
    write(tmp_path, FILES)
    return tmp_path


@pytest.mark.parametrize("width", WIDTHS)
def test_findings_are_drawn_as_they_should(folder: Path, width: int):
    """Whoever changes how findings look sees here what has become of them."""
    expected = (SCREENS / f"{width}.txt").read_text(encoding="utf-8").splitlines()
    assert rows(drawn(folder, width, "check")) == expected


# click's help is never narrower than 50 columns.
@pytest.mark.parametrize(("name", "width"), [one for one in product(COMMANDS, WIDTHS) if one != ("help", 40)])
def test_nothing_runs_over_the_edge(folder: Path, name: str, width: int):
    """No line but one that is a single long word, such as a path."""
    lines = Text.from_ansi(printed(folder, width, *COMMANDS[name]).decode().replace("\r\n", "\n")).plain.splitlines()
    assert [line for line in lines if cell_len(line) > width and " " in line.strip()] == []


@pytest.mark.parametrize("name", COLOURED)
def test_colours_are_those_of_every_theme(folder: Path, name: str):
    screen = drawn(folder, 80, *COMMANDS[name])
    cells = [screen.buffer[row][column] for row in range(ROWS) for column in range(80)]
    cells = [cell for cell in cells if cell.data != " "]
    assert ({cell.fg for cell in cells} - COLOURS, {cell.bg for cell in cells}) == (set(), {"default"})


@pytest.mark.parametrize("theme", THEMES)
def test_every_colour_can_be_read_on_a_light_and_a_dark_ground(theme: str):
    """As the guidelines for the web want it of large or bold text; nothing else of ours has a colour."""
    of = THEMES[theme]
    contrasts = {name: contrast(of, number) for name, number in NUMBERS.items()}
    assert {name: value for name, value in contrasts.items() if value < 3} == {}


def contrast(theme: TerminalTheme, number: int) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio of a colour and the theme's ground."""
    darker, lighter = sorted((luminance(theme.ansi_colors[number]), luminance(theme.background_color)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour: tuple[int, int, int]) -> float:
    """https://www.w3.org/TR/WCAG21/#dfn-relative-luminance."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (c / 255 for c in colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
