"""How many findings there are, by level and by rule."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from concurlint.finding import Finding, Level


@dataclass(frozen=True, slots=True)
class Totals:
    """Findings of each level, and how many files were checked."""

    files: int
    errors: int
    warnings: int
    advice: int

    def parts(self) -> list[tuple[Level | None, str]]:
        """The summary in pieces, each with the level it is about: `2 errors`, `1 warning`."""
        counts = (
            (Level.ERROR, self.errors, "error", "errors"),
            (Level.WARNING, self.warnings, "warning", "warnings"),
            (Level.ADVICE, self.advice, "piece of advice", "pieces of advice"),
        )
        found: list[tuple[Level | None, str]] = [
            (level, _counted(count, one, many)) for level, count, one, many in counts if count
        ]
        return found or [(None, "no findings")]

    def summary(self) -> str:
        """One line for people: `2 errors, 1 warning in 14 files`."""
        return f"{', '.join(text for _, text in self.parts())} {self.where()}"

    def where(self) -> str:
        """`in 14 files`."""
        return f"in {_counted(self.files, 'file', 'files')}"


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many findings one rule made."""

    count: int
    code: str
    name: str


def totals(findings: Sequence[Finding], files: int) -> Totals:
    """Count `findings` by level; `files` is how many were checked."""
    levels = Counter(finding.level for finding in findings)
    return Totals(files, levels[Level.ERROR], levels[Level.WARNING], levels[Level.ADVICE])


def by_rule(findings: Sequence[Finding]) -> list[RuleCount]:
    """One count for each rule that found something, the largest first, then in code order."""
    counts = Counter((finding.code, finding.name) for finding in findings)
    rows = [RuleCount(count, code, name) for (code, name), count in counts.items()]
    return sorted(rows, key=lambda row: (-row.count, row.code))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count} {one if count == 1 else many}"
