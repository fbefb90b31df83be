"""`concurlint check`: its options; what they ask for is done in `checking`."""

from typing import Any

import click

from concurlint.cli.destinations import format_option, output_option
from concurlint.cli.options import Sectioned, SectionOption, colour_option, setting_options, split_settings
from concurlint.keys import Section
from concurlint.report.formats import FORMATS

_CONFIGURATION = "Configuration"
_FIXES = "Fixes"


@click.command(cls=Sectioned)
@click.argument("paths", nargs=-1)
@format_option(FORMATS)
@output_option
@click.option("--stdin-filename", metavar="FILE", help="What file of the project `-` is.")
@click.option("--statistics", is_flag=True, help="Count the findings of each rule, and show nothing else (text, json).")
@click.option(
    "--profile",
    metavar="RUN.JSON",
    help="Put first what cost most in a run that `concurlint profile` measured; `last` is the last one.",
)
@click.option("--show-files", is_flag=True, help="List the files that would be checked, and check nothing.")
@click.option("--show-settings", is_flag=True, help="Show each setting and where it comes from, and check nothing.")
@click.option("-e", "--exit-zero", is_flag=True, help="Exit 0 even if there are findings.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings, and nothing else.")
@click.option("-s", "--silent", is_flag=True, help="Print nothing but errors of the run; the exit status tells.")
@click.option("-v", "--verbose", is_flag=True, help="Also tell which settings were used, and what was read.")
@click.option("--timings", is_flag=True, help="Also tell what time and memory each part of the run took.")
@colour_option
@click.option(
    "-j", "--jobs", type=click.IntRange(1), metavar="N", help="Read files in N processes.  [default: one a core]"
)
@click.option(
    "--scheduler",
    metavar="TCP://HOST:PORT",
    help="Read files on the workers of a Dask cluster, which have this concurlint too.",
)
@setting_options
@click.option(
    "--fix",
    is_flag=True,
    cls=SectionOption,
    section=_FIXES,
    help="Mend what can be mended, and tell the rest.",
)
@click.option(
    "--fix-diff",
    is_flag=True,
    cls=SectionOption,
    section=_FIXES,
    help="Print as a diff what --fix would change, and change nothing.",
)
@click.option(
    "--exit-non-zero-on-fix",
    is_flag=True,
    cls=SectionOption,
    section=_FIXES,
    help="Exit 1 also if all that was found is mended.",
)
@click.option(
    "--update-baseline",
    is_flag=True,
    cls=SectionOption,
    section=Section.OLD.value,
    help="Write what is found into the baseline, and take out what is gone.",
)
@click.option(
    "--add-noqa", is_flag=True, cls=SectionOption, section=Section.OLD.value, help="Silence each finding on its line."
)
@click.option(
    "--reason", metavar="TEXT", cls=SectionOption, section=Section.OLD.value, help="Write it behind these comments."
)
@click.option(
    "--diff",
    metavar="REV",
    cls=SectionOption,
    section=Section.OLD.value,
    help="Only what has come about since a git revision, wherever it is; `main...`: since the branch began.",
)
@click.option(
    "--no-cache",
    is_flag=True,
    cls=SectionOption,
    section=Section.CACHE.value,
    help="Find out everything anew, and leave nothing for later runs.",
)
@click.option(
    "--config",
    "configs",
    multiple=True,
    cls=SectionOption,
    section=_CONFIGURATION,
    metavar="FILE|KEY=VALUE",
    help="A TOML file instead of the nearest one, or one setting as a table would have it.",
)
@click.option(
    "--isolated", is_flag=True, cls=SectionOption, section=_CONFIGURATION, help="Read no configuration file at all."
)
def check(**options: Any) -> int:
    """Check files and folders; no path is the current folder, `-` is standard input.

    Exit status: 0 clean or advice only, 1 errors or warnings, 2 trouble.
    """
    # Its help needs nothing of what a run needs.
    from concurlint.cli.checking import Asked, run

    settings, rest = split_settings(options)
    return run(Asked(settings=settings, **rest))
