"""The list of rules and a page, as text, table and JSON."""

import io
import json

from rich.console import Console

from concurlint.finding import Level
from concurlint.report.rules import RuleSummary, render_json, render_page, render_table, render_text

RULES = [
    RuleSummary("CCL101", "process-outside-main-guard", Level.ERROR, "A process is `started` [too] early.", False),
    RuleSummary("CCL601", "subprocess-instead-of-library", Level.ADVICE, "A library does it.", True),
]
PAGE = """\
# CCL101 process-outside-main-guard

A `Pool` here; see [CCL102](CCL102-unpicklable.md) and [the docs](https://docs.python.org/3/).

```python
handlers[name](readme)  # error
```
"""


def console(width: int = 80) -> Console:
    """A terminal without colours."""
    return Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)


def test_plain_text_has_one_line_for_each_rule_with_tabs():
    assert render_text(RULES) == (
        "CCL101\tprocess-outside-main-guard\terror\t-\tA process is `started` [too] early.\n"
        "CCL601\tsubprocess-instead-of-library\tadvice\tfixable\tA library does it.\n"
    )


def test_json_has_every_rule_with_its_keys_in_order():
    assert json.dumps(json.loads(render_json(RULES))) == json.dumps(
        {
            "version": 1,
            "rules": [
                {
                    "code": "CCL101",
                    "name": "process-outside-main-guard",
                    "level": "error",
                    "summary": "A process is `started` [too] early.",
                    "fixable": False,
                },
                {
                    "code": "CCL601",
                    "name": "subprocess-instead-of-library",
                    "level": "advice",
                    "summary": "A library does it.",
                    "fixable": True,
                },
            ],
        }
    )


def test_a_table_holds_every_cell():
    shown = render_table(RULES, console(120))
    for text in ("CCL101", "process-outside-main-guard", "error", "A process is `started` [too] early."):
        assert text in shown
    assert "A library does it. (fixable)" in shown
    assert max(map(len, render_table(RULES, console(60)).splitlines())) <= 60


def test_a_page_is_drawn_without_links_to_its_neighbours():
    shown = render_page(PAGE, console())
    assert "A Pool here; see CCL102 and" in shown
    assert "CCL102-unpicklable.md" not in shown
    assert "handlers[name](readme)  # error" in shown
