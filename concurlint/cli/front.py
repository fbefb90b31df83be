"""The commands by name, each loaded when it is called, and how a run of any of them ends."""

import atexit
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import click

from concurlint.streams import CLEAN, INTERRUPTED, TROUBLE, Colour, choose_colour, complain, fill_closed, say
from concurlint.trouble import UserError
from concurlint.version import __version__

TRACEBACK = "CONCURLINT_TRACEBACK"

COMMANDS = {
    "check": (
        "concurlint.cli.check:check",
        "Check files and folders; no path is the current folder, `-` is standard input.",
    ),
    "clean": (
        "concurlint.cli.clean:clean",
        "Take away the cache of a project; the next run finds the same, but later.",
    ),
    "compare": (
        "concurlint.cli.compare:compare",
        "Tell what has changed between two runs: the last two, or two that were kept.",
    ),
    "config": ("concurlint.cli.config:config", "List the keys of the table, or tell of some."),
    "explain": ("concurlint.cli.explain:explain", "Print the page of a rule."),
    "init": ("concurlint.cli.init:init", "Write a table with every setting, all as they are without it."),
    "map": (
        "concurlint.cli.map:map_",
        "Show what runs where, what it shares under which locks, and what may block its event loops.",
    ),
    "profile": (
        "concurlint.cli.profile:profile",
        "Run a program, measure the GIL and the waiting, and say what to do.",
    ),
    "report": (
        "concurlint.cli.profile:report",
        "Show a run again: the last one, or one that was kept with `concurlint profile --save`.",
    ),
    "rules": ("concurlint.cli.rules:rules", "List all rules: code, name, level, what they say, fixable or not."),
    "server": ("concurlint.cli.server:server", "Give an editor findings while the code is written."),
}
"""Where each command is, and its first line of help, so that a list of them loads none."""

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class _Commands(click.Group):
    """The commands; whoever forgets `check` before a path is told so."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in COMMANDS.items()])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and Path(args[0]).exists():
            raise click.ClickException(f"no such command: {args[0]}; write `concurlint check {args[0]}`")
        return super().resolve_command(ctx, args)


@click.group(cls=_Commands, context_settings=_CONTEXT, invoke_without_command=True)
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_context
def concurlint(ctx: click.Context) -> None:
    """True findings about threads, processes, coroutines and subprocesses in Python code."""
    if ctx.invoked_subcommand is None:
        say(ctx.get_help())
        ctx.exit(TROUBLE)


def run(arguments: Sequence[str] | None) -> int:
    """Run the command line (`sys.argv` without `arguments`); the exit status, never a traceback."""
    if arguments is None:  # the process ends with this call, and takes its garbage with it
        gc.disable()
        atexit.register(gc.freeze)
        fill_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A console of another encoding shows an escape for what it lacks.
            stream.reconfigure(errors="backslashreplace")
    choose_colour(Colour.AUTO)
    try:
        status = int(concurlint.main(arguments, prog_name="concurlint", standalone_mode=False) or CLEAN)
        return status if status >= 0 else _die_of(-status, outright=arguments is None)
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx is not None else "concurlint"
        complain(f"{_small(error.format_message())} (see `{command} --help`)")
    except click.ClickException as error:
        complain(_small(error.format_message()))
    except UserError as error:
        complain(str(error))
    except (click.Abort, KeyboardInterrupt):
        complain("interrupted")
        return INTERRUPTED
    except Exception as error:
        if _comes_from_interrupt(error):
            complain("interrupted")
            return INTERRUPTED
        _explain_crash(error)
    return TROUBLE


def _comes_from_interrupt(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind it: Python before 3.12 wraps what a `__set_name__` raises in a RuntimeError."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def _die_of(number: int, *, outright: bool) -> int:
    """The end of a program that a signal ended: ours is the same, so that who started us sees no difference."""
    if outright:
        from concurlint.cli.ending import end_by_signal

        sys.stdout.flush()
        end_by_signal(number)
    return 128 + number


def _explain_crash(error: Exception) -> None:
    if os.environ.get(TRACEBACK):
        import traceback

        say("".join(traceback.format_exception(error)).rstrip())
    try:
        Path.cwd()
    except OSError:
        complain("the current folder is gone; go to another one")
    else:
        says = f"internal error: {type(error).__name__}: {error}"
        complain(f"{says}; please report it, with the output of {TRACEBACK}=1")


def _small(message: str) -> str:
    """click's messages in the style of ours: on one line, no capital, no full stop."""
    message = " ".join(message.split()).removesuffix(".")
    return message[:1].lower() + message[1:]
