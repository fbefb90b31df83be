"""How many findings there are, by level and by rule."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from concurlint.finding import Finding, Level
from concurlint.report.found import Found

_GRAVEST_FIRST = (Level.ERROR, Level.WARNING, Level.ADVICE)


@dataclass(frozen=True, slots=True)
class Totals:
    """Findings of each level, how many files were checked, and how many more findings a baseline holds."""

    files: int
    errors: int
    warnings: int
    advice: int
    known: int = 0

    def parts(self) -> list[tuple[Level | None, str]]:
        """The summary in pieces, each with the level it is about: `2 errors`, `1 warning`."""
        counts = (
            (Level.ERROR, self.errors, "error", "errors"),
            (Level.WARNING, self.warnings, "warning", "warnings"),
            (Level.ADVICE, self.advice, "piece of advice", "pieces of advice"),
        )
        found: list[tuple[Level | None, str]] = [
            (level, counted(count, one, many)) for level, count, one, many in counts if count
        ]
        return found or [(None, "no findings")]

    def summary(self) -> str:
        """One line for people: `2 errors, 1 warning in 14 files`."""
        return f"{', '.join(text for _, text in self.parts())} {self.where()}"

    def where(self) -> str:
        """`in 14 files`, and what was left out because it is known."""
        known = f" ({self.known} known)" if self.known else ""
        return f"in {counted(self.files, 'file', 'files')}{known}"


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many findings one rule made; `level` is the gravest of them."""

    code: str
    name: str
    level: Level
    count: int
    fixable: bool


def totals(findings: Sequence[Finding], files: int, *, known: int = 0) -> Totals:
    """Count `findings` by level; `files` is how many were checked, `known` how many more a baseline holds."""
    levels = Counter(finding.level for finding in findings)
    return Totals(files, levels[Level.ERROR], levels[Level.WARNING], levels[Level.ADVICE], known)


def by_rule(findings: Sequence[Finding]) -> list[RuleCount]:
    """One count for each rule that found something, the largest first, then in code order."""
    of_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        of_rule.setdefault(finding.code, []).append(finding)
    return sorted(map(_count, of_rule.values()), key=lambda row: (-row.count, row.code))


def _count(found: Sequence[Finding]) -> RuleCount:
    gravest = min((finding.level for finding in found), key=_GRAVEST_FIRST.index)
    return RuleCount(found[0].code, found[0].name, gravest, len(found), any(each.fixable for each in found))


def render(found: Found) -> str:
    """One line for each rule that found something, as text: count, code, name."""
    rows = by_rule(found.findings)
    width = max((len(str(row.count)) for row in rows), default=0)
    return "".join(f"{row.count:>{width}} {row.code} {row.name}\n" for row in rows)


def render_json(found: Found) -> str:
    """The same as one JSON list: `[{"code", "name", "level", "count", "fixable"}]`."""
    return json.dumps([asdict(row) for row in by_rule(found.findings)], indent=2) + "\n"


def counted(count: int, one: str, many: str) -> str:
    """A number and what it counts: `1 file`, `14 files`."""
    return f"{count} {one if count == 1 else many}"
