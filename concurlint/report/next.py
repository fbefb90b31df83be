"""What to do next, after the findings."""

from collections.abc import Sequence

from concurlint.finding import Finding
from concurlint.report.statistics import by_rule

_GRAVEST_FIRST = ("error", "warning", "advice")


def next_steps(findings: Sequence[Finding], held_back: int) -> list[str]:
    """One line: where to read on, of the gravest rule that found most, what can be mended, how much is held back."""
    steps = []
    rows = sorted(by_rule(findings), key=lambda row: _GRAVEST_FIRST.index(row.level))
    if rows:
        steps.append(f"`concurlint explain {rows[0].code}` tells why and what to do")
    mendable = sum(finding.fixable for finding in findings)
    if mendable:
        steps.append(f"`--fix` mends {mendable if mendable > 1 or len(findings) > 1 else 'it'}")
    if held_back:
        steps.append(_held_back(held_back))
    return ["; ".join(steps)] if steps else []


def _held_back(count: int) -> str:
    if count == 1:
        return "1 more finding is less sure or does little harm: `--pedantic` shows it"
    return f"{count} more findings are less sure or do little harm: `--pedantic` shows them"
