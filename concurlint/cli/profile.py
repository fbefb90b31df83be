"""`concurlint profile` and `concurlint report`: their options; the work is done in `profiling`."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from concurlint.cli.destinations import format_option, output_option
from concurlint.report.formats import MACHINE, TEXT

_OPTIONS = (
    click.option("--cores", type=click.IntRange(1), metavar="N", help="Also predict for a machine with N cores."),
    format_option((TEXT, *MACHINE)),
    output_option,
    click.option("--html", metavar="FILE", help="Also write the report as a page that needs no network."),
    click.option("--trace", metavar="FILE", help="Also write a trace for Perfetto and chrome://tracing."),
    click.option("--speedscope", metavar="FILE", help="Also write the stacks for speedscope."),
    click.option(
        "--tree", "states", multiple=True, metavar="STATE", help="Show the calls in that state: gil-wait, lock …"
    ),
    click.option("--order", type=click.Choice(["verdicts-first", "verdicts-last"]), help="Where the verdicts stand."),
)
_PAIRS = 3
_Function = TypeVar("_Function", bound=Callable[..., Any])


def _showing(function: _Function) -> _Function:
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


class _TargetLast(click.Command):
    """As with `python` itself: after the script, `-m MODULE` or `--` every word is the program's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own, kind, words = self._split(ctx, args)
        ctx.meta["kind"] = kind
        return super().parse_args(ctx, [*own, "--", *words])

    def _split(self, ctx: click.Context, args: list[str]) -> tuple[list[str], str, list[str]]:
        valued = {
            name
            for param in self.get_params(ctx)
            if isinstance(param, click.Option) and not param.is_flag
            for name in param.opts
        }
        at = 0
        while at < len(args):
            word = args[at]
            if word == "--":
                return args[:at], "command", args[at + 1 :]
            if word == "-m":
                return args[:at], "module", args[at + 1 :]
            if word.startswith("-m") and not word.startswith("--"):
                return args[:at], "module", [word[2:], *args[at + 1 :]]
            if not word.startswith("-") or word == "-":
                return args[:at], "script", args[at:]
            at += 2 if word in valued else 1
        return args, "", []


@click.command("profile", cls=_TargetLast, options_metavar="[OPTIONS]")
@click.argument("words", nargs=-1, metavar="SCRIPT [ARGS]... | -m MODULE [ARGS]... | -- COMMAND...")
@click.option("--pid", type=click.IntRange(1), metavar="PID", help="Look at a running process instead.")
@click.option("--once", is_flag=True, help="Show what each of its threads is at now, and no more (--pid).")
@click.option("--locals", "variables", is_flag=True, help="With the local variables of each call (--once).")
@click.option("--duration", type=click.FloatRange(0, min_open=True), metavar="S", help="For so many seconds (--pid).")
@click.option("--python", metavar="PATH", help="The Python that runs the program (3.8 or newer).")
@click.option("--rate", type=click.IntRange(1, 2000), default=200, show_default=True, help="Looks a second.")
@click.option("--save", metavar="FILE", help="Keep what was measured, for `concurlint report`.")
@click.option("--try", "tries", is_flag=True, help="Run it again with each change that is advised, in memory.")
@click.option("--pairs", type=click.IntRange(1, 50), metavar="N", help="Runs with and without (--try); 3 if left out.")
@_showing
def profile(
    words: tuple[str, ...],
    pid: int | None,
    once: bool,
    variables: bool,
    duration: float | None,
    python: str | None,
    rate: int,
    tries: bool,
    pairs: int | None,
    **showing: Any,
) -> int:
    """Run a program, measure the GIL and the waiting, and say what to do.

    The program runs as under `python`, and its exit status is ours; the report goes to standard error.
    """
    # Its help needs nothing of what a run needs.
    import concurlint.cli.profiling as profiling
    from concurlint.cli.asked import Asked

    target = profiling.target(click.get_current_context().meta["kind"], words, pid, python)
    if duration is not None and pid is None:
        raise click.UsageError("--duration is for --pid: a program runs to its end")
    if (once or variables) and (pid is None or not once):
        raise click.UsageError("--once is for --pid: it looks at a process that runs; --locals is for --once")
    if once and pid is not None:
        return profiling.look(pid, Asked(**showing), variables=variables)
    if tries and pid is not None:
        raise click.UsageError("--try runs the program again: name a script or a module, not --pid")
    if pairs is not None and not tries:
        raise click.UsageError("--pairs is for --try")
    asked = Asked(**showing, pairs=(pairs or _PAIRS) if tries else 0)
    return profiling.run(target, asked, rate=rate, seconds=duration)


@click.command("report")
@click.argument("file", metavar="[RUN.JSON]", default="last")
@_showing
def report(file: str, **showing: Any) -> int:
    """Show a run again: the last one, or one that was kept with `concurlint profile --save`."""
    import concurlint.cli.profiling as profiling
    from concurlint.cli.asked import Asked

    return profiling.show_kept(file, Asked(**showing))
