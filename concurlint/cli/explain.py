"""`concurlint explain`: the page of a rule."""

import os
import sys

import click

from concurlint.cli.naming import unknown
from concurlint.rulebook import Page, find_rule, read_page
from concurlint.streams import CLEAN, is_pretty, make_console, show


@click.command()
@click.argument("rule", metavar="CODE|NAME")
@click.option("--pager", is_flag=True, help="Show the page in a pager.")
def explain(rule: str, pager: bool) -> int:
    """Print the page of a rule.

    Why it is wrong, what is flagged and what is good, and what the rule does not see.
    """
    page = _page(rule)
    shown = page.text
    if is_pretty(sys.stdout):
        from concurlint.report.rulebook import render_page

        shown = render_page(page.text, make_console(sys.stdout))
    if pager:
        # less shows colours only if it is told to; who has set LESS knows better.
        os.environ.setdefault("LESS", "-R")
        click.echo_via_pager(shown, color="\x1b" in shown)
    else:
        show(shown if shown.endswith("\n") else shown + "\n")
    return CLEAN


def _page(code_or_name: str) -> Page:
    rule = find_rule(code_or_name)
    if rule is None:
        raise click.ClickException(unknown(code_or_name))
    try:
        page = read_page(rule.code)
    except OSError as error:
        raise click.ClickException(f"the page of {rule.code} cannot be read: {error.strerror}") from error
    if page is None:
        raise click.ClickException(f"the page of {rule.code} is missing; install concurlint again")
    return page
