"""Renews the README's table of measured facts from the pages that the other benchmarks have written.

python benchmarks/facts.py --write
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
README = HERE.parent / "README.md"
_OTHERS = (("bandit", "bandit -r"), ("flake8", "flake8"), ("ruff", "ruff check"))
_BEGINS, _ENDS = "<!-- facts -->\n", "<!-- end of facts -->"


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table, and put it into the README if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put it into the README")
    if parser.parse_args(arguments).write:
        README.write_text(with_facts(README.read_text(encoding="utf-8")), encoding="utf-8")
    print(facts(), end="")


def with_facts(readme: str) -> str:
    """The README with the table between its marks."""
    before, _, rest = readme.partition(_BEGINS)
    return f"{before}{_BEGINS}{facts()}{_ENDS}{rest.partition(_ENDS)[2]}"


def facts() -> str:
    """One row for each page."""
    rows = [
        ("precision", "precision", precision()),
        ("recall", "recall", recall()),
        ("speed", "speed", speed()),
        ("predictions", "prediction", prediction(_page("prediction"))),
        ("overhead of a profile", "overhead", overhead()),
    ]
    lines = [f"| {says} | {told} | [{page}](benchmarks/{page}.md) |\n" for says, page, told in rows]
    return "".join(["| | measured | |\n", "| --- | --- | --- |\n", *lines])


def precision() -> str:
    """True findings of all, and on how many packages."""
    by_package = _page("precision").partition("\n| code |")[0]
    rows = re.findall(r"^\| (\S+ \S+) \| (?:CCL\d+|–) \| (\d+) \| (\d+) \|", by_package, re.MULTILINE)
    true, false = (sum(int(row[column]) for row in rows) for column in (1, 2))
    packages = len({row[0] for row in rows})
    return f"{true} of {true + false} findings on {packages} released packages are true"


def recall() -> str:
    """Shipped bugs that are found, and that are silent once mended."""
    found, bugs, silent = re.findall(r"(\d+) of (\d+) are found; (\d+) are silent", _page("recall"))[0]
    return f"{found} of {bugs} concurrency bugs that were shipped are found; {silent} are silent once mended"


def speed() -> str:
    """CPU seconds for so many lines, ours and others'; wall times depend on what else the machine does."""
    page = _page("speed")
    lines = re.findall(r"(\d+) lines", page)[0]
    cases = dict(re.findall(r"^\| ([^|]+) \| [\d.]+ \| ([\d.]+) \|$", page, re.MULTILINE))
    own = f"{cases['cold, whole tree']} s the first time, {cases['nothing changed, whole tree']} s when nothing changed"
    others = ", ".join(f"{name} {cases[f'`{command}`']} s" for name, command in _OTHERS)
    return f"CPU time for {lines} lines: {own} ({others})"


def prediction(page: str) -> str:
    """How many came near, of the work that the verdicts were made with and of the work held back."""
    counted = re.findall(r"^\| (\w+) \| \d+ \| (\d+) \| (\d+) \| (\d+) \| \d+ \|$", page, re.MULTILINE)
    told = [
        f"{half}: {right} of {measured} within 15 % of what the change then brought, {near} within 20 %"
        for half, measured, right, near in counted
        if measured != "0"
    ]
    return "; ".join(told)


def overhead() -> str:
    """The worst."""
    return f"{re.findall(r'the worst is ([0-9.]+) %', _page('overhead'))[0]} % at most"


def _page(name: str) -> str:
    return (HERE / f"{name}.md").read_text(encoding="utf-8")


if __name__ == "__main__":
    main()
