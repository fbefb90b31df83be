"""`concurlint explain`: the pages of rules."""

import json
import os
import shutil
import sys
from collections.abc import Sequence

import click

from concurlint.cli.naming import named_rules
from concurlint.cli.options import colour_option
from concurlint.rulebook import Page, read_page
from concurlint.streams import CLEAN, is_pretty, make_console, show

VERSION = 1
# As git has it: nothing to leave where all is on one screen, colours kept, the screen left as it was.
_LESS = "-FRX"


@click.command()
@click.argument("names", nargs=-1, required=True, metavar="CODE|NAME...")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--pager/--no-pager", default=None, help="In a pager, or not.  [default: on a terminal, if it is long]")
@colour_option
def explain(names: tuple[str, ...], form: str, pager: bool | None) -> int:
    """Print the page of a rule.

    Why it is wrong, what is flagged and what is good, and what the rule does not see. Several may be named, and the
    beginning of a code names all rules that have it: CCL5.
    """
    pages = [_page(rule.code) for rule in named_rules(names)]
    if form == "json":
        show(_as_json(pages))
        return CLEAN
    shown = _drawn(pages) if is_pretty(sys.stdout) else "\n".join(_ended(page.text) for page in pages)
    is_long = shown.count("\n") >= shutil.get_terminal_size().lines
    if pager or (pager is None and is_long and sys.stdout.isatty()):
        # Who has set LESS knows better.
        os.environ.setdefault("LESS", _LESS)
        click.echo_via_pager(shown, color="\x1b" in shown)
    else:
        show(shown)
    return CLEAN


def _drawn(pages: Sequence[Page]) -> str:
    # A pipe gets a page as it is written.
    from concurlint.report.rulebook import render_page

    console = make_console(sys.stdout)
    return "\n".join(_ended(render_page(page.text, console)) for page in pages)


def _ended(text: str) -> str:
    return text if text.endswith("\n") else text + "\n"


def _as_json(pages: Sequence[Page]) -> str:
    rules = [
        {
            "code": page.code,
            "name": page.name,
            "level": page.level.value,
            "summary": page.summary,
            "fixable": page.fixable,
            "text": page.text,
        }
        for page in pages
    ]
    return json.dumps({"version": VERSION, "rules": rules}, indent=2) + "\n"


def _page(code: str) -> Page:
    try:
        page = read_page(code)
    except OSError as error:
        raise click.ClickException(f"the page of {code} cannot be read: {error.strerror}") from error
    if page is None:
        raise click.ClickException(f"the page of {code} is missing; install concurlint again")
    return page
