"""The list of rules, for pipes and for other programs."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from concurlint.finding import Level

VERSION = 1


@dataclass(frozen=True, slots=True)
class RuleSummary:
    """What the list says of a rule: `summary` is the first sentence of its page."""

    code: str
    name: str
    level: Level
    summary: str
    fixable: bool


def render_json(rules: Sequence[RuleSummary]) -> str:
    """One JSON document: `{"version": 1, "rules": [{code, name, level, summary, fixable}]}`."""
    return json.dumps({"version": VERSION, "rules": [asdict(rule) for rule in rules]}, indent=2) + "\n"


def render_json_lines(rules: Sequence[RuleSummary]) -> str:
    """Each rule as one JSON document on a line of its own."""
    return "".join(f"{json.dumps(asdict(rule))}\n" for rule in rules)


def render_text(rules: Sequence[RuleSummary]) -> str:
    """One line for each rule: code, name, level, `fixable` or `-`, summary, with tabs between."""
    return "".join("\t".join(_row(rule)) + "\n" for rule in rules)


def render_csv(rules: Sequence[RuleSummary]) -> str:
    """The same as a table for spreadsheets, with a heading; RFC 4180, but for the line ends."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("code", "name", "level", "fixable", "summary"))
    writer.writerows(_row(rule) for rule in rules)
    return out.getvalue()


def render_markdown(rules: Sequence[RuleSummary]) -> str:
    """A table for a README."""
    rows = (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in _row(rule))} |\n" for rule in rules)
    return "| code | name | level | fixable | says |\n| --- | --- | --- | --- | --- |\n" + "".join(rows)


def _row(rule: RuleSummary) -> tuple[str, str, str, str, str]:
    return (rule.code, rule.name, rule.level.value, "fixable" if rule.fixable else "-", rule.summary)
