"""The list of rules, for pipes and for other programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from concurlint.finding import Level
from concurlint.report.json import VERSION


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


def render_text(rules: Sequence[RuleSummary]) -> str:
    """One line for each rule: code, name, level, `fixable` or `-`, summary, with tabs between."""
    rows = (
        (rule.code, rule.name, rule.level.value, "fixable" if rule.fixable else "-", rule.summary) for rule in rules
    )
    return "".join("\t".join(row) + "\n" for row in rows)
