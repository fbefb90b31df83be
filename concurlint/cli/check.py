"""`concurlint check`: its options; what they ask for is done in `checking`."""

from typing import Any

import click

from concurlint.cli.destinations import format_option, output_option
from concurlint.report.formats import FORMATS

_CODES = "CODES"


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--select", multiple=True, metavar=_CODES, help="Only these rules: CCL2, CCL301 or names, with commas.")
@click.option("--ignore", multiple=True, metavar=_CODES, help="Not these rules; the closer of both options wins.")
@click.option("--advice", is_flag=True, help="Also say where another tool would serve better.")
@format_option(FORMATS)
@click.option("--statistics", is_flag=True, help="Count the findings of each rule, and show nothing else (text, json).")
@output_option
@click.option("--exit-zero", is_flag=True, help="Exit 0 even if there are findings.")
@click.option("--target-python", metavar="3.X", help="The oldest Python the code is for.")
@click.option("--target-platform", metavar="linux|macos|windows|all", help="Where the code is to run.")
@click.option("--free-threaded", is_flag=True, help="The code is to run on a build without the GIL.")
def check(**options: Any) -> int:
    """Check files and folders; no path is the current folder.

    Exit status: 0 clean or advice only, 1 errors or warnings, 2 trouble.
    """
    # Its help needs nothing of what a run needs.
    from concurlint.cli.checking import Asked, run

    return run(Asked(**options))
