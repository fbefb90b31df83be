"""`concurlint rules`: the list of them."""

import sys
from collections.abc import Sequence

import click

from concurlint.cli.destinations import Destination, deliver, output_option
from concurlint.cli.naming import named_rules
from concurlint.cli.options import colour_option
from concurlint.finding import Level
from concurlint.report import rules as report
from concurlint.report.rules import RuleSummary
from concurlint.rulebook import catalogue, read_page
from concurlint.streams import CLEAN, TROUBLE, is_pretty, make_console

_FORMS = {
    "text": report.render_text,
    "json": report.render_json,
    "json-lines": report.render_json_lines,
    "csv": report.render_csv,
    "markdown": report.render_markdown,
}


@click.command()
@click.argument("names", nargs=-1, metavar="[CODE|NAME]...")
@click.option("--level", type=click.Choice([level.value for level in Level]), multiple=True, help="Only of this level.")
@click.option("--fixable", is_flag=True, help="Only those that can be mended by the tool.")
@click.option("--format", "form", type=click.Choice(list(_FORMS)), default="text", show_default=True)
@output_option
@colour_option
def rules(names: tuple[str, ...], level: tuple[str, ...], fixable: bool, form: str, output: str | None) -> int:
    """List all rules: code, name, level, what they say, fixable or not.

    Codes, beginnings of codes and names choose some of them.
    """
    chosen = [
        rule for rule in _summaries(names) if (not level or rule.level.value in level) and (rule.fixable or not fixable)
    ]
    destination = Destination(form, None if output == "-" else output)
    return CLEAN if deliver(destination, _render(form, chosen, to_file=destination.file is not None)) else TROUBLE


def _summaries(names: Sequence[str]) -> list[RuleSummary]:
    listed = []
    for rule in named_rules(names) if names else catalogue():
        page = read_page(rule.code)
        if page is not None:
            listed.append(RuleSummary(rule.code, rule.name, page.level, page.summary, page.fixable))
    return sorted(listed, key=lambda rule: rule.code)


def _render(form: str, rules: Sequence[RuleSummary], *, to_file: bool) -> str:
    if form == "text" and not to_file and is_pretty(sys.stdout):
        # A pipe gets lines.
        from concurlint.report.rulebook import render_table

        return render_table(rules, make_console(sys.stdout))
    return _FORMS[form](rules)
