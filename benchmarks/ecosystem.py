"""Puts every option of ruff's, pyinstrument's and Scalene's commands beside ours, or why there is none.

    python benchmarks/ecosystem.py --write

What is ours stands in `ecosystem.toml`. An option that the tools have and the file lacks, or the other way round, is
an error.
"""

import argparse
import re
import subprocess
import tomllib
import venv
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import distribution
from pathlib import Path

from wheels import CACHE

OURS = Path(__file__).with_name("ecosystem.toml")
TABLE = Path(__file__).with_name("ecosystem.md")
PEERS = ("ruff", "pyinstrument", "scalene")
HELP = {
    "ruff check": ("ruff", (("check", "--help"),)),
    "pyinstrument": ("pyinstrument", (("--help",),)),
    "scalene run": ("scalene", (("run", "--help"), ("run", "--help-advanced"))),
    "scalene view": ("scalene", (("view", "--help"),)),
}
# An option at the start of a line: its long name, or the short one where it has no other.
_OPTION = re.compile(r"^ +(?:-\w(?: \w+)?, )?(?P<long>--[a-z][a-z-]*)|^ +(?P<short>-\w)(?: |,|$)", re.MULTILINE)
Said = Mapping[str, Mapping[str, str]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask the tools, print the page, and keep it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"keep the page as {TABLE.name}")
    options = parser.parse_args(arguments)
    said = ours()
    for command in HELP:
        missing = set(known(command)) ^ set(said[command])
        if missing:
            raise SystemExit(f"{command}: {OURS.name} and the command differ in {', '.join(sorted(missing))}")
    text = report(said)
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")


def ours() -> Said:
    """Command → option → what is ours, or why not."""
    return tomllib.loads(OURS.read_text(encoding="utf-8"))


def known(command: str) -> list[str]:
    """The options of a command as its help lists them."""
    program, asked = HELP[command]
    text = ""
    for words in asked:
        done = subprocess.run([str(_home() / "bin" / program), *words], capture_output=True, text=True, check=True)
        text += done.stdout
    return list(dict.fromkeys(found["long"] or found["short"] for found in _OPTION.finditer(text)))


@cache
def _home() -> Path:
    """The tools' environment, made the first time."""
    home = CACHE / "ecosystem"
    if not (home / "bin" / "pyinstrument").exists():
        venv.create(home, with_pip=True)
        subprocess.run([str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", *PEERS], check=True)
    return home


def _version(name: str) -> str:
    (packages,) = _home().glob("lib/python*/site-packages")
    return distribution("packaging").at(next(iter(packages.glob(f"{name}-*.dist-info")))).version


def report(said: Said) -> str:
    """The page."""
    versions = ", ".join(f"{name} {_version(name)}" for name in PEERS)
    lines = [
        "# Beside the front ends of other tools",
        "",
        f"Every option of {versions}, and what `concurlint` has for it; without a command of ours, why there is none.",
        "",
    ]
    for command, options in said.items():
        lines += [f"## `{command}`", "", "| option | ours, or why not |", "| --- | --- |"]
        lines += [f"| `{option}` | {options[option]} |" for option in known(command)]
        lines.append("")
    return "\n".join([*lines, "Renew with `python benchmarks/ecosystem.py --write`.", ""])


if __name__ == "__main__":
    main()
