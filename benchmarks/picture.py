"""Draws the README's picture: what `concurlint check` prints on a terminal, as an SVG that loads nothing.

python benchmarks/picture.py --write
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "pictures" / "check.svg"
FOLDER = ROOT / "fixtures" / "projects"
FILES = ("metrics_hub/metrics_hub/quota.py", "chat_gateway/chat_gateway/presence.py")
WIDTH = 104
_INK = TerminalTheme(
    (24, 26, 31),
    (208, 212, 220),
    [
        (40, 44, 52),
        (240, 113, 120),
        (152, 195, 121),
        (229, 192, 123),
        (97, 175, 239),
        (198, 120, 221),
        (86, 182, 194),
        (171, 178, 191),
    ],
)
# rich's own loads its font from the network.
_SVG = """\
<svg class="{unique_id}" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>What concurlint check prints on a terminal</title>
<style>
.{unique_id}-matrix {{
    font-family: "DejaVu Sans Mono", Menlo, Consolas, "Liberation Mono", monospace;
    font-size: {char_height}px;
    line-height: {line_height}px;
}}
.{unique_id}-title {{ display: none; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main(arguments: Sequence[str] | None = None) -> None:
    """Draw the picture, and keep it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"keep it as {PICTURE.relative_to(ROOT)}")
    drawn = draw()
    if parser.parse_args(arguments).write:
        PICTURE.parent.mkdir(exist_ok=True)
        PICTURE.write_text(drawn, encoding="utf-8")
    else:
        sys.stdout.write(drawn)


def draw() -> str:
    """The picture as SVG; the same for the same output."""
    console = Console(record=True, width=WIDTH, file=StringIO(), color_system="standard", force_terminal=True)
    console.print(Text(f"$ concurlint check {' '.join(FILES)}\n", "bold"))
    console.print(Text.from_ansi(printed()), end="")
    return console.export_svg(theme=_INK, code_format=_SVG, unique_id="check")


def printed() -> str:
    """What the command prints, colours and all."""
    environment = {**os.environ, "COLUMNS": str(WIDTH), "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    environment.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "concurlint", "check", "--color", "always", "--exit-zero", *FILES]
    done = subprocess.run(command, cwd=FOLDER, env=environment, capture_output=True, text=True, check=True)
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
