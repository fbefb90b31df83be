"""Checks released packages and joins each finding with a judgment: was it true, and if not, what was it?

    python benchmarks/precision.py             prints what has no judgment yet, ready for judgments.toml
    python benchmarks/precision.py --write     renews precision.md

A finding is known by package, path, code and the text of its line (with an ordinal where one file has the
same text several times), so judgments outlive moved lines. Exit status 0: all judged; 1: something to judge
or to throw away; 2: concurlint itself had trouble.
"""

import argparse
import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from wheels import CACHE, unpack

PACKAGES = {
    "hatch": "1.14.0",
    "pre-commit": "4.2.0",
    "attrs": "25.3.0",
    "django": "5.2.1",
    "celery": "5.5.2",
    "distributed": "2025.5.1",
    "scrapy": "2.13.0",
    "aiohttp": "3.12.0",
    "mitmproxy": "11.0.2",
    "apscheduler": "3.11.0",
    "luigi": "3.6.0",
    "rq": "2.3.3",
    "joblib": "1.5.0",
    "watchdog": "6.0.0",
    "paramiko": "3.5.1",
    "starlette": "0.47.0",
    "werkzeug": "3.1.3",
    "pip": "25.1.1",
    "requests": "2.32.3",
    "httpx": "0.28.1",
}
SOURCES = frozenset({"luigi"})
"""Released as source archives only."""
JUDGMENTS = Path(__file__).with_name("judgments.toml")
TABLE = Path(__file__).with_name("precision.md")
STRANGERS = "## Packages of strangers"
"""What stands below this heading is written by strangers.py, and kept."""


class JudgmentError(Exception):
    """An entry of judgments.toml that can't be used; the message says which and why."""


@dataclass(frozen=True, order=True)
class Key:
    """What a finding is known by when its line number is not to be trusted."""

    package: str
    path: str
    code: str
    text: str
    ordinal: int


@dataclass(frozen=True)
class Judgment:
    """What a reader of the code decided, and why."""

    verdict: bool
    reason: str


@dataclass(frozen=True)
class Found:
    """One finding in one package: its key, and what a reader needs to judge it."""

    key: Key
    line: int
    message: str
    chain: tuple[str, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, join, print what is open, and keep the table if asked to; returns the exit status."""
    options = parse(arguments)
    judgments = read_judgments(JUDGMENTS.read_text(encoding="utf-8"))
    found: list[Found] = []
    troubles: list[str] = []
    for name in options.packages or PACKAGES:
        folder = options.cache / f"{name}-{PACKAGES[name]}"
        if not folder.exists():
            unpack(name, PACKAGES[name], folder, options.cache, source=name in SOURCES)
        answer, trouble = check(folder)
        found.extend(findings(name, folder, answer))
        troubles.extend(f"{name}: {line}" for line in trouble)
    unjudged = [one for one in found if one.key not in judgments]
    stale = sorted(key for key in judgments if key not in {one.key for one in found})
    if options.packages:
        stale = [key for key in stale if key.package in options.packages]
    print("\n".join(skeleton(one) for one in unjudged))
    for key in stale:
        print(f"no longer found: {key}", file=sys.stderr)
    for line in troubles:
        print(f"trouble: {line}", file=sys.stderr)
    print(f"{len(found)} findings, {len(unjudged)} of them without a judgment", file=sys.stderr)
    if options.write:
        kept = TABLE.read_text(encoding="utf-8").partition(STRANGERS)
        TABLE.write_text("".join([table(found, judgments, PACKAGES).rstrip(), "\n\n", *kept[1:]]), encoding="utf-8")
    return 2 if troubles else int(bool(unjudged or stale))


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options of the command line."""
    parser = argparse.ArgumentParser(description="join findings on released packages with judgments")
    parser.add_argument("packages", nargs="*", metavar="PACKAGE", help=f"default: {', '.join(PACKAGES)}")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads stay")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}; needs all packages")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.packages if name not in PACKAGES]:
        parser.error(f"unknown package {unknown[0]!r}")
    if options.write and options.packages:
        parser.error("--write needs all packages")
    return options


def check(folder: Path) -> tuple[Mapping[str, Any], list[str]]:
    """The JSON answer of `concurlint check` on `folder`, and the lines in which it told of trouble."""
    command = [sys.executable, "-P", "-m", "concurlint", "check", "--format", "json", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    trouble = done.stderr.splitlines()
    if done.returncode not in (0, 1) and not trouble:
        trouble = [f"exit {done.returncode}"]
    answer = json.loads(done.stdout) if done.stdout.strip() else {"findings": []}
    return answer, trouble


def findings(package: str, folder: Path, answer: Mapping[str, Any]) -> Iterator[Found]:
    """The findings of one answer, with their keys, in the order of the report."""
    seen: Counter[tuple[str, str, str]] = Counter()
    for one in sorted(answer["findings"], key=lambda one: (one["path"], one["line"], one["column"], one["code"])):
        lines = (folder / one["path"]).read_text(encoding="utf-8", errors="replace").splitlines()
        text = lines[one["line"] - 1].strip() if one["line"] <= len(lines) else ""
        same = (one["path"], one["code"], text)
        seen[same] += 1
        chain = tuple(f"{step['path']}:{step['line']}: {step['message']}" for step in one["trace"])
        key = Key(package, one["path"], one["code"], text, seen[same])
        yield Found(key, one["line"], one["message"], chain)


def read_judgments(text: str) -> dict[Key, Judgment]:
    """The judgments in `text`; raises JudgmentError where one is not complete or stands there twice."""
    judgments: dict[Key, Judgment] = {}
    for entry in tomllib.loads(text).get("judgment", []):
        try:
            key = Key(entry["package"], entry["path"], entry["code"], entry["text"], entry.get("ordinal", 1))
            verdict, reason = entry["verdict"], entry["reason"].strip()
        except KeyError as missing:
            raise JudgmentError(f"{entry}: no {missing}") from None
        if not isinstance(verdict, bool) or not reason:
            raise JudgmentError(f"{key}: the verdict is true or false, with a reason")
        if key in judgments:
            raise JudgmentError(f"{key}: judged twice")
        judgments[key] = Judgment(verdict, reason)
    return judgments


def skeleton(found: Found) -> str:
    """An entry for judgments.toml that wants its verdict and reason."""
    key = found.key
    told = [f"# {key.path}:{found.line}: {found.message}", *(f"#   {step}" for step in found.chain)]
    entry = [
        "[[judgment]]",
        f"package = {quoted(key.package)}",
        f"path = {quoted(key.path)}",
        f"code = {quoted(key.code)}",
        f"text = {quoted(key.text)}",
        *([f"ordinal = {key.ordinal}"] if key.ordinal > 1 else []),
        "verdict = ",
        'reason = ""',
    ]
    return "\n".join([*told, *entry, ""])


def quoted(text: str) -> str:
    """`text` as a TOML string; JSON's escapes are a part of TOML's."""
    return json.dumps(text, ensure_ascii=False)


def table(found: Sequence[Found], judgments: Mapping[Key, Judgment], packages: Mapping[str, str]) -> str:
    """The page: true and false findings by package and rule, what the false ones were, the rules' shares."""
    rows = [
        row(f"{package} {version}", code, own, judgments)
        for package, version in packages.items()
        for code, own in by_code([one for one in found if one.key.package == package])
    ]
    totals = [total(code, own, judgments) for code, own in by_code(found) if own]
    open_ones = sum(one.key not in judgments for one in found)
    return "\n".join(
        [
            "# Precision",
            "",
            "Every finding of `concurlint check`, at its defaults, on released packages, read and judged:",
            "true when the code does what the message says. Each reason stands in `judgments.toml`.",
            *([f"Not judged yet: {open_ones}."] if open_ones else []),
            "",
            "| package | code | true | false | what the false ones were |",
            "| --- | --- | ---: | ---: | --- |",
            *rows,
            "",
            "| code | true | false | false alarms |",
            "| --- | ---: | ---: | ---: |",
            *totals,
            "",
            "Renew with `python benchmarks/precision.py --write`.",
            "",
        ]
    )


def by_code(found: Sequence[Found]) -> Iterator[tuple[str, list[Found]]]:
    """Findings grouped by code, in code order; one empty group where there are none."""
    codes = sorted({one.key.code for one in found})
    for code in codes or ["–"]:
        yield code, [one for one in found if one.key.code == code]


def row(package: str, code: str, found: Sequence[Found], judgments: Mapping[Key, Judgment]) -> str:
    """One line of the table of packages."""
    right, wrong = verdicts(found, judgments)
    reasons = "; ".join(dict.fromkeys(judgment.reason for judgment in wrong)).replace("|", "\\|")
    return f"| {package} | {code} | {len(right)} | {len(wrong)} | {reasons} |"


def total(code: str, found: Sequence[Found], judgments: Mapping[Key, Judgment]) -> str:
    """One line of the table of rules."""
    right, wrong = verdicts(found, judgments)
    judged = len(right) + len(wrong)
    share = f"{100 * len(wrong) / judged:.0f} %" if judged else "–"
    return f"| {code} | {len(right)} | {len(wrong)} | {share} |"


def verdicts(found: Sequence[Found], judgments: Mapping[Key, Judgment]) -> tuple[list[Judgment], list[Judgment]]:
    """The judgments that say true, and those that say false."""
    judged = [judgments[one.key] for one in found if one.key in judgments]
    return [one for one in judged if one.verdict], [one for one in judged if not one.verdict]


if __name__ == "__main__":
    sys.exit(main())
