"""Checks the packages of strangers.toml, and joins each finding with what fresh readers of the code said of it.

    python benchmarks/strangers.py tuning                        prints what has no judgment yet
    python benchmarks/strangers.py --write                       renews precision.md, the proof half not read
    python benchmarks/strangers.py first tuning proof --write    once the rules are frozen

A judgment is `true` (right, and worth a maintainer's commit), `pedantic` (right, and nobody would act) or `false`.
Exit status 0: all judged; 1: something to judge; 2: concurlint itself had trouble.
"""

import argparse
import hashlib
import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from precision import STRANGERS, TABLE, Found, JudgmentError, Key, check, findings, skeleton
from wheels import CACHE, unpack

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "strangers.toml"
JUDGMENTS = HERE / "strangers_judged.toml"
HALVES = ("tuning", "proof")
PARTS = {"first": "tuning, first sixty", "tuning": "tuning", "proof": "proof"}
"""The halves of the second sixty, before them those of the first, which are no longer told apart."""
VERDICTS = ("true", "pedantic", "false")
PROTOCOL = """\
The packages were picked by kind, versions fixed, and the list written down before any of them was checked; no file of
the project named them. Those who mend rules have read the findings of the first sixty, so all of these now serve for
tuning. For the second sixty a digest of the name says which half a package belongs to: the tuning half is checked and
read, and rules are mended by what it shows; the proof half is neither checked nor read before the rules are frozen.
What nobody has read in its code is not judged, and counts nowhere. In the second sixty each finding was judged from
the message, its trace and the code alone by a reader who mended no rule: **true** is right and worth acting on,
**pedantic** is right but no maintainer would act, **false** is wrong. Each reason stands in `strangers_judged.toml`,
the list in `strangers.toml`. Before a rule was mended by what the tuning half showed, it had 76 findings: 18 true,
34 pedantic, 24 false. The proof half was checked once, with the rules frozen, and read by four readers, each of them
other packages; somebody who mended rules had seen messages of some of its findings, without their code. Half of what
is said of it comes from two packages: calls of one database session, told at each of 109 places, and one docstring
that speaks of a part of its class, taken for a promise of the whole. Both were mended only afterwards, so its figures
are those of before.
"""


@dataclass(frozen=True)
class Stranger:
    """A package, at a version, of one half (or of the first sixty); `source` where there is no wheel."""

    name: str
    version: str
    half: str
    source: bool = False


@dataclass(frozen=True)
class Judgment:
    """What a reader said and why."""

    verdict: str
    reason: str


@dataclass(frozen=True)
class Outcome:
    """What concurlint finds in one package of so many lines."""

    stranger: Stranger
    lines: int
    found: tuple[Found, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    """Check, join, print what is open, and keep the page if asked to; returns the exit status."""
    options = _parse(arguments)
    judgments = read_judgments(JUDGMENTS.read_text(encoding="utf-8"))
    outcomes: list[Outcome] = []
    troubles: list[str] = []
    for stranger in read_strangers(PACKAGES.read_text(encoding="utf-8")):
        if stranger.half in options.half and (not options.only or stranger.name in options.only):
            outcome, trouble = _outcome(stranger, options.cache)
            outcomes.append(outcome)
            troubles.extend(f"{stranger.name}: {line}" for line in trouble)
            print(f"{stranger.name} {stranger.version}: {len(outcome.found)} findings", file=sys.stderr)
    unjudged = [one for outcome in outcomes for one in outcome.found if one.key not in judgments]
    print("\n".join(skeleton(one) for one in unjudged))
    for line in troubles:
        print(f"trouble: {line}", file=sys.stderr)
    print(f"{len(unjudged)} findings without a judgment", file=sys.stderr)
    if options.write:
        page = TABLE.read_text(encoding="utf-8")
        TABLE.write_text(with_section(page, section(outcomes, judgments)), encoding="utf-8")
    return 2 if troubles else int(bool(unjudged))


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="join findings on packages of strangers with judgments")
    parser.add_argument("half", nargs="*", metavar="HALF", help=f"of {', '.join(PARTS)}; default: all but proof")
    parser.add_argument("--only", action="append", default=[], metavar="PACKAGE")
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads stay")
    parser.add_argument("--write", action="store_true", help=f"renew {TABLE.name}; needs all but proof")
    options = parser.parse_args(arguments)
    if unknown := [half for half in options.half if half not in PARTS]:
        parser.error(f"unknown half {unknown[0]!r}")
    options.half = options.half or ["first", "tuning"]
    if options.write and (options.only or not {"first", "tuning"} <= set(options.half)):
        parser.error("--write needs all but proof")
    return options


def read_strangers(text: str) -> list[Stranger]:
    """The packages in `text`; raises ValueError where one is not in the half that its name says."""
    strangers = [Stranger(**entry) for entry in tomllib.loads(text)["stranger"]]
    for one in strangers:
        if one.half != "first" and one.half != half_of(one.name):
            raise ValueError(f"{one.name} belongs to the half {half_of(one.name)}")
    return strangers


def half_of(name: str) -> str:
    """The half that a name belongs to: nobody can choose it."""
    return HALVES[int(hashlib.sha256(name.encode()).hexdigest()[-1], 16) % 2]


def read_judgments(text: str) -> dict[Key, Judgment]:
    """The judgments in `text`; raises JudgmentError where one is not complete or stands there twice."""
    judgments: dict[Key, Judgment] = {}
    for entry in tomllib.loads(text).get("judgment", []):
        key = Key(entry["package"], entry["path"], entry["code"], entry["text"], entry.get("ordinal", 1))
        if entry.get("verdict") not in VERDICTS or not entry.get("reason", "").strip():
            raise JudgmentError(f"{key}: the verdict is one of {', '.join(VERDICTS)}, with a reason")
        if key in judgments:
            raise JudgmentError(f"{key}: judged twice")
        judgments[key] = Judgment(entry["verdict"], entry["reason"].strip())
    return judgments


def _outcome(stranger: Stranger, cache: Path) -> tuple[Outcome, list[str]]:
    folder = cache / "strangers" / f"{stranger.name}-{stranger.version}"
    if not folder.exists():
        unpack(stranger.name.replace(".", "-"), stranger.version, folder, cache, source=stranger.source)
    answer, trouble = check(folder)
    lines = sum(path.read_bytes().count(b"\n") for path in folder.rglob("*.py"))
    return Outcome(
        stranger, lines, tuple(by_line(one, folder) for one in findings(stranger.name, folder, answer))
    ), trouble


def by_line(found: Found, folder: Path) -> Found:
    """With the ordinal of its line among those with the same text: it stays while other findings come and go."""
    lines = (folder / found.key.path).read_text(encoding="utf-8", errors="replace").splitlines()[: found.line]
    return replace(found, key=replace(found.key, ordinal=sum(one.strip() == found.key.text for one in lines) or 1))


def with_section(page: str, text: str) -> str:
    """The page with this part in place of what it had after the heading."""
    return f"{page.partition(STRANGERS)[0].rstrip()}\n\n{text}"


def section(outcomes: Sequence[Outcome], judgments: Mapping[Key, Judgment]) -> str:
    """The part of the page: protocol, figures of the halves, by rule, by package; without a figure what is not read."""
    halves = {half: [one for one in outcomes if one.stranger.half == half] for half in PARTS}
    columns = {half: _keys(own) for half, own in halves.items() if own}
    unjudged = sum(key not in judgments for keys in columns.values() for key in keys)
    codes = sorted({key.code for keys in columns.values() for key in keys})
    return "\n".join(
        [
            STRANGERS,
            "",
            PROTOCOL,
            *([f"Not judged yet: {unjudged}.", ""] if unjudged else []),
            "| half | lines | true | pedantic | false | worth acting on | false of all | true in 100,000 lines |",
            "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
            *(_figures(PARTS[half], own, judgments) for half, own in halves.items()),
            "",
            "True / pedantic / false by rule:",
            "",
            f"| code | {' | '.join(PARTS[half] for half in columns)} |",
            f"| --- |{' ---: |' * len(columns)}",
            *(_by_rule(code, list(columns.values()), judgments) for code in codes),
            "",
            "| package | half | lines | true | pedantic | false |",
            "| --- | --- | ---: | ---: | ---: | ---: |",
            *(_by_package(one, judgments) for own in halves.values() for one in own),
            "",
            f"Renew with `python benchmarks/strangers.py {' '.join(columns)} --write`.",
            "",
        ]
    )


def _keys(outcomes: Iterable[Outcome]) -> list[Key]:
    return [one.key for outcome in outcomes for one in outcome.found]


def counted(keys: Iterable[Key], judgments: Mapping[Key, Judgment]) -> tuple[int, int, int]:
    """How many are true, pedantic and false."""
    said = [judgments[key].verdict for key in keys if key in judgments]
    return said.count("true"), said.count("pedantic"), said.count("false")


def _figures(name: str, outcomes: Sequence[Outcome], judgments: Mapping[Key, Judgment]) -> str:
    if not outcomes:
        return f"| {name} | not read yet |{' – |' * 6}"
    lines = sum(one.lines for one in outcomes)
    true, pedantic, false = counted(_keys(outcomes), judgments)
    judged = true + pedantic + false or 1
    shares = f"{100 * true / judged:.0f} % | {100 * false / judged:.0f} % | {100_000 * true / (lines or 1):.1f}"
    return f"| {name} | {lines} | {true} | {pedantic} | {false} | {shares} |"


def _by_rule(code: str, columns: Sequence[Sequence[Key]], judgments: Mapping[Key, Judgment]) -> str:
    own = [counted([key for key in keys if key.code == code], judgments) for keys in columns]
    told = [" / ".join(map(str, counts)) if any(counts) else "–" for counts in own]
    return f"| {code} | {' | '.join(told)} |"


def _by_package(outcome: Outcome, judgments: Mapping[Key, Judgment]) -> str:
    true, pedantic, false = counted(_keys([outcome]), judgments)
    one = outcome.stranger
    return f"| {one.name} {one.version} | {PARTS[one.half]} | {outcome.lines} | {true} | {pedantic} | {false} |"


if __name__ == "__main__":
    sys.exit(main())
