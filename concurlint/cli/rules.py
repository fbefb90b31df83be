"""`concurlint rules`: the list of them."""

import sys

import click

from concurlint.report import rules as report
from concurlint.rulebook import catalogue, read_page
from concurlint.streams import CLEAN, is_pretty, make_console, show


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rules(form: str) -> int:
    """List all rules: code, name, level, what they say, fixable or not."""
    listed = []
    for rule in catalogue():
        page = read_page(rule.code)
        if page is not None:
            listed.append(report.RuleSummary(rule.code, rule.name, page.level, page.summary, page.fixable))
    if form == "json":
        show(report.render_json(listed))
    elif is_pretty(sys.stdout):
        from concurlint.report.rulebook import render_table

        show(render_table(listed, make_console(sys.stdout)))
    else:
        show(report.render_text(listed))
    return CLEAN
