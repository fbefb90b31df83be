"""`concurlint map`: what runs where, what it shares under which locks, and what may block its loops."""

from pathlib import Path

import click

from concurlint.cli.destinations import Destination, deliver, output_option
from concurlint.cli.options import colour_option
from concurlint.keys import ASSUMED
from concurlint.streams import CLEAN, TROUBLE, say

_FORMS = ("text", "json")


@click.command("map")
@click.argument("paths", nargs=-1)
@click.option("--html", "page", metavar="FILE", help="Write one page to look at, sort and filter; it needs no network.")
@click.option("--format", "form", type=click.Choice(_FORMS), default="text", show_default=True)
@output_option
@click.option(
    "--free-threaded", is_flag=True, help="Also tell what only the GIL guards today, as on a free-threaded build."
)
@click.option("--assume-threads", is_flag=True, help="Take it that several threads call whatever is public.")
@click.option("--config", "configs", multiple=True, metavar="FILE|KEY=VALUE", help="As for `concurlint check`.")
@click.option("--isolated", is_flag=True, help="Read no configuration file at all.")
@click.option(
    "-j", "--jobs", type=click.IntRange(1), metavar="N", help="Read files in N processes.  [default: one a core]"
)
@colour_option
def map_(
    paths: tuple[str, ...],
    page: str | None,
    form: str,
    output: str | None,
    free_threaded: bool,
    assume_threads: bool,
    configs: tuple[str, ...],
    isolated: bool,
    jobs: int | None,
) -> int:
    """Show what runs where, what it shares under which locks, and what may block its event loops.

    Rows that call for a look come first. No path is the current folder. Exit status: 0, or 2 for trouble.
    """
    # Its help needs nothing of what a run needs.
    from concurlint.cli.inspecting import configure
    from concurlint.surveying import survey

    if "" in paths:
        raise click.UsageError("a path is empty")
    options: dict[str, object] = {"target-free-threaded": free_threaded or None}
    options["threads"] = ASSUMED if assume_threads else None
    settings = configure(options, configs, isolated=isolated)
    surveyed = survey([Path(path) for path in paths or (".",)], settings, workers=jobs)
    if page is not None:
        from concurlint.report.mapped import html

        title = " ".join(paths) or Path.cwd().name
        saved = deliver(Destination("html", page), html.render(surveyed.overviews, surveyed.texts, title))
        if saved and output is None and form == "text":
            say(f"the map is in {page}")
            return CLEAN
        if not saved:
            return TROUBLE
    if form == "json":
        from concurlint.report.mapped.json import render
    else:
        from concurlint.report.mapped.text import render
    return (
        CLEAN if deliver(Destination(form, None if output == "-" else output), render(surveyed.overviews)) else TROUBLE
    )
