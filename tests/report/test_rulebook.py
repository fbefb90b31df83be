"""The table of rules and a page, as a terminal shows them."""

import io

from rich.console import Console

from concurlint.report.rulebook import render_page, render_table
from tests.report.test_rules import RULES

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
