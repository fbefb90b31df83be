"""The table of rules and a rule's page, for people at a terminal."""

import re
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.markdown import Markdown
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from concurlint.report.rules import RuleSummary
from concurlint.report.terminal import STYLES, prose

_LINK_TO_PAGE = re.compile(r"\[([^\]\n]*)\]\([^)\s]*\.md\)")
# A background of its own, as rich gives to code, is a black bar on a light terminal.
_THEME = Theme({"markdown.code": "cyan"})


def render_table(rules: Sequence[RuleSummary], console: Console) -> str:
    """A table as wide as `console`."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), leading=1)
    table.add_column("code", no_wrap=True)
    table.add_column("name", no_wrap=console.width >= 90)
    table.add_column("level", no_wrap=True)
    table.add_column("says", ratio=1)
    for rule in rules:
        says = prose(rule.summary)
        if rule.fixable:
            says.append(" (fixable)", "green")
        style = STYLES[rule.level]
        table.add_row(Text(rule.code, f"bold {style}"), Text(rule.name), Text(rule.level.value, style), says)
    with console.capture() as capture:
        console.print(table)
    return capture.get()


def render_page(text: str, console: Console) -> str:
    """A page of the rulebook, its Markdown drawn for `console`."""
    # From a terminal nobody can follow a link to the page beside this one.
    drawn = Markdown(_LINK_TO_PAGE.sub(r"\1", text), code_theme="ansi_light")
    with console.capture() as capture, console.use_theme(_THEME):
        console.print(drawn)
    return capture.get()
