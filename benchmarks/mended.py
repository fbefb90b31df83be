"""Checks releases with known races, pools that compute and other deep bugs, in two halves and two modes.

    python benchmarks/mended.py --half tuning        says of each bug whether its function has a finding
    python benchmarks/mended.py --half proof         the same for those that nothing was learnt from
    python benchmarks/mended.py --half tuning redis  only these packages
    python benchmarks/mended.py --write              both halves, into recall.md

`mended.toml` holds the bugs. One is found when a function that its mended release changed has a finding of its
family; it is silent once mended when none of these functions has one any more. Each is asked twice: as anybody
runs the tool, and with --assume-threads.
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from recall import TABLE, cell, function_at, only
from wheels import CACHE, unpack

BUGS = Path(__file__).with_name("mended.toml")
MARK = "## Races and other deep bugs, by function\n"
MODES = {"default": (), "assumed": ("--assume-threads",)}
RACES = ("CCL301", "CCL302", "CCL303", "CCL304", "CCL310", "CCL311", "CCL312", "CCL701", "CCL702")


@dataclass(frozen=True)
class Mend:
    """A bug that was released and mended: `functions` of `path` are those that the mended release changed for it.

    `family` is race, computing or deep; `missed` tells why it is not found, "" where it is.
    """

    package: str
    buggy: str
    fixed: str
    family: str
    path: str
    functions: tuple[str, ...]
    says: str
    known: str
    codes: tuple[str, ...] = RACES
    missed: str = ""
    source: bool = False

    @property
    def half(self) -> str:
        """Tuning or proof, by the sum of the package's name: nobody chose."""
        return ("tuning", "proof")[hashlib.sha256(self.package.lower().encode()).digest()[0] % 2]


@dataclass(frozen=True)
class Seen:
    """What a mode finds in the functions of a bug: lines and codes in the buggy release and in the mended one."""

    before: tuple[str, ...]
    after: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check the bugs of one half or both, print a table, and keep it if asked to."""
    parser = argparse.ArgumentParser(description="check releases with known races and other deep bugs")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE")
    parser.add_argument("--half", choices=("tuning", "proof"), help="only this half")
    parser.add_argument("--family", choices=("race", "computing", "deep"), help="only this family")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads stay")
    parser.add_argument("--jobs", type=int, default=2, help="how many bugs are looked at side by side")
    parser.add_argument("--write", action="store_true", help=f"write into {TABLE.name}; needs both halves")
    options = parser.parse_args(arguments)
    if options.write and (options.packages or options.half or options.family):
        parser.error("--write needs both halves of all families")
    asked = [
        one
        for one in read_mends(BUGS.read_text(encoding="utf-8"))
        if (not options.packages or one.package in options.packages)
        and options.half in (None, one.half)
        and options.family in (None, one.family)
    ]
    with ThreadPoolExecutor(options.jobs) as pool:
        seen = dict(zip(asked, pool.map(lambda one: _both(one, options.cache), asked), strict=True))
    text = page(seen)
    print(text, end="")
    if options.write:
        before = TABLE.read_text(encoding="utf-8").partition(MARK)[0].rstrip()
        TABLE.write_text(f"{before}\n\n{MARK}{text}", encoding="utf-8")
    return 0


def read_mends(text: str) -> list[Mend]:
    """The bugs in `text`, lists as tuples."""
    return msgspec.convert(tomllib.loads(text)["mend"], list[Mend])


def _both(one: Mend, cache: Path) -> dict[str, Seen]:
    """What each mode finds, told as soon as it is known; what assuming threads does not find, no other mode does."""
    found = {"assumed": _seen(one, MODES["assumed"], cache)}
    found["default"] = _seen(one, MODES["default"], cache) if found["assumed"].before else Seen((), ())
    print(line(one, found), file=sys.stderr, flush=True)
    return found


def _seen(one: Mend, extra: Sequence[str], cache: Path) -> Seen:
    before = _findings(one, one.buggy, extra, cache)
    return Seen(before, _findings(one, one.fixed, extra, cache) if before else ())


def _findings(one: Mend, version: str, extra: Sequence[str], cache: Path) -> tuple[str, ...]:
    """The findings of the bug's family in its functions, as code and line."""
    folder = _unpacked(one, version, cache)
    path = only(folder, one.path)
    command = [sys.executable, "-P", "-m", "concurlint", "check", "--format", "json", *extra]
    selected = [part for code in one.codes for part in ("--select", code)]
    done = subprocess.run([*command, *selected, "."], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise SystemExit(f"{one.package} {version}: {done.stderr.strip()}")
    found: list[dict[str, Any]] = json.loads(done.stdout)["findings"]
    here = [finding for finding in found if folder / finding["path"] == path and finding["code"] in one.codes]
    return tuple(
        f"{finding['code']}:{finding['line']}:{finding.get('confidence', '')}"
        for finding in here
        if function_at(path, finding["line"]) in one.functions
    )


def _unpacked(one: Mend, version: str, cache: Path) -> Path:
    folder = cache / "recall" / f"{one.package}-{version}{'-source' if one.source else ''}"
    if not folder.exists():
        unpack(one.package, version, folder, cache, source=one.source)
    return folder


def line(one: Mend, seen: dict[str, Seen]) -> str:
    """One bug in a line: what each mode says before and after."""
    modes = (
        f"{mode} {list(what.before) or 'nothing'} then {list(what.after) or 'nothing'}" for mode, what in seen.items()
    )
    return f"{one.half} {one.family} {one.package} {one.buggy}: {'; '.join(modes)}"


def page(seen: dict[Mend, dict[str, Seen]]) -> str:
    """The tables of both halves."""
    parts = [
        "\nA bug is found when a function that the mended release changed for it has a finding of the family;",
        "it is silent once mended when none of them has. Tuning: read and learnt from.",
        "Proof: run once, and nothing was changed after it.\n",
        *_figures(seen),
        *(_table(half, [one for one in seen if one.half == half], seen) for half in ("tuning", "proof")),
        "Renew with `python benchmarks/mended.py --write`.\n",
    ]
    return "\n".join(parts)


def _figures(seen: dict[Mend, dict[str, Seen]]) -> Iterable[str]:
    yield "| half | family | bugs | found by default | found with `--assume-threads` | of these silent once mended |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for half in ("tuning", "proof"):
        for family in ("race", "computing", "deep"):
            some = [one for one in seen if (one.half, one.family) == (half, family)]
            default = sum(bool(seen[one]["default"].before) for one in some)
            assumed = [one for one in some if seen[one]["assumed"].before]
            silent = sum(not seen[one]["assumed"].after for one in assumed)
            if some:
                yield f"| {half} | {family} | {len(some)} | {default} | {len(assumed)} | {silent} of {len(assumed)} |"
    yield ""


def _table(half: str, some: Sequence[Mend], seen: dict[Mend, dict[str, Seen]]) -> str:
    head = (
        f"### {half.capitalize()}\n\n| release | mended in | what was wrong | default | assumed | mended | known from |"
    )
    rows = [
        f"| {one.package} {one.buggy} | {one.fixed} | {cell(one.says)} | {_told(seen[one]['default'], '')} "
        f"| {_told(seen[one]['assumed'], one.missed)} | {_after(seen[one]['assumed'])} "
        f"| {cell(one.known)} |"
        for one in some
    ]
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- | --- |", *rows, ""])


def _after(what: Seen) -> str:
    """What becomes of a finding once the bug is mended."""
    return "" if not what.before else "flagged" if what.after else "silent"


def _told(what: Seen, why: str) -> str:
    codes = sorted({finding.partition(":")[0] for finding in what.before})
    return ", ".join(codes) if codes else "missed" + (f": {cell(why)}" if why else "")


if __name__ == "__main__":
    sys.exit(main())
