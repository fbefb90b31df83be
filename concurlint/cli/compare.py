"""`concurlint compare`: two runs side by side."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from concurlint.cli.destinations import deliver, destinations, format_option, output_option

if TYPE_CHECKING:
    from collections.abc import Callable

    from concurlint.runtime.profile import Profile

_FORMS = ("text", "json")


@click.command()
@click.argument("before", default="previous", metavar="[BEFORE.JSON")
@click.argument("after", default="last", metavar="AFTER.JSON]")
@format_option(_FORMS)
@output_option
@click.option("--html", metavar="FILE", help="Also write the comparison as a page that needs no network.")
def compare(before: str, after: str, forms: tuple[str, ...], output: str | None, html: str | None) -> int:
    """Tell what has changed between two runs: the last two, or two that were kept.

    Seconds of threads by state and of functions, with 95 % intervals of what was sampled, and the verdicts
    that are gone, new, or still there.
    """
    # Its help needs nothing of what a run needs.
    from concurlint.judge import judge
    from concurlint.report.profiled import comparison, comparison_page
    from concurlint.runtime import comparing
    from concurlint.runtime.kept import load_run
    from concurlint.streams import CLEAN, TROUBLE, is_pretty, make_console

    wanted = destinations(forms, output, _FORMS)
    one, other = load_run(before), load_run(after)
    compared = comparing.compare(one, other, _called(one), _called(other))
    judged = comparison.Judged.of(judge(one), judge(other))
    written = [_write(html, comparison_page.render(compared, judged))] if html is not None else []
    for destination in wanted:
        if destination.form == "json":
            shown = comparison.render_json(compared, judged)
        elif destination.file is None and is_pretty(sys.stdout):
            shown = comparison.render(compared, judged, make_console(sys.stdout))
        else:
            shown = comparison.render_plain(compared, judged)
        written.append(deliver(destination, shown))
    return CLEAN if all(written) else TROUBLE


def _called(profile: "Profile") -> "Callable[[str], str]":
    """The program's own files by the names that both runs can have for them: from the folder that all share."""
    from concurlint.report.profiled.paths import is_library, short_paths

    paths = {frame.path for stack in profile.stacks for frame in stack.frames}
    short = short_paths(path for path in paths if not is_library(path))
    return lambda path: short.get(path, "")


def _write(name: str, page: str) -> bool:
    from concurlint.report.saving import save
    from concurlint.streams import complain, reason

    try:
        save(Path(name), page)
    except OSError as error:
        complain(f"cannot write {name}: {reason(error)}")
        return False
    return True
