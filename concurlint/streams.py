"""What is said on standard output and standard error, and to whom."""

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from contextvars import ContextVar
from enum import StrEnum
from typing import TYPE_CHECKING, TextIO

import click

if TYPE_CHECKING:
    from rich.console import Console

CLEAN, FOUND, TROUBLE, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses of every command; a profiled program has its own."""

_GONE = frozenset({errno.EPIPE, errno.EINVAL})  # EINVAL is what Windows says of a closed pipe


class Colour(StrEnum):
    """When colours are wanted, as `--color` says it."""

    AUTO = "auto"
    ALWAYS = "always"
    NEVER = "never"


_colour = ContextVar("colour", default=Colour.AUTO)


def choose_colour(colour: Colour) -> None:
    """Have colours from now on as the user wants them, whatever the environment says."""
    _colour.set(colour)


def is_pretty(stream: TextIO) -> bool:
    """Whether people read the stream; https://force-color.org, https://no-color.org."""
    if stream.isatty() or _colour.get() is Colour.ALWAYS:
        return True
    return bool(os.environ.get("FORCE_COLOR")) and not _is_colourless()


def _is_colourless() -> bool:
    chosen = _colour.get()
    return chosen is Colour.NEVER or (chosen is Colour.AUTO and bool(os.environ.get("NO_COLOR")))


def make_console(stream: TextIO) -> "Console":
    """A console for a stream that is pretty."""
    from rich.console import Console  # most runs have no use for it

    if _is_colourless():
        # Without a colour system rich sends no escape sequence at all, not even for bold.
        return Console(file=stream, force_terminal=True, color_system=None)
    if _colour.get() is Colour.ALWAYS:
        # Whatever the stream is; the environment may say that it shows more than these.
        deep = os.environ.get("COLORTERM") in ("truecolor", "24bit")
        return Console(
            file=stream, force_terminal=True, color_system="truecolor" if deep else "standard", no_color=False
        )
    return Console(file=stream, force_terminal=True)


def fill_closed() -> None:
    """Put nothing in the place of each standard stream that our caller closed (`2>&-`).

    Otherwise the next file that is opened would take its number, and its name. A program that we start has it closed,
    as without us: what is opened here is not inherited.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is given.
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_RDWR), mode))


def show(report: str) -> None:
    """Print to standard output; a reader who has gone (`| head`) is no trouble."""
    with _standing():
        sys.stdout.write(report)
        sys.stdout.flush()


def show_bytes(content: bytes) -> None:
    """Print what a file holds to standard output as it is; a reader who has gone is no trouble."""
    with _standing():
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()


@contextlib.contextmanager
def _standing() -> Iterator[None]:
    """Standard output, of which somebody may have closed the other end."""
    try:
        yield
    except OSError as error:
        # Python flushes once more at exit and would complain then.
        with contextlib.suppress(OSError, io.UnsupportedOperation):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if error.errno not in _GONE:
            raise click.ClickException(f"cannot write to standard output: {reason(error)}") from error


def say(line: str) -> None:
    """Print to standard error, if anybody listens."""
    with contextlib.suppress(OSError):
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()


def complain(message: str) -> None:
    """One line on standard error."""
    say(f"concurlint: {' '.join(message.split())}")


def warn(message: str) -> None:
    """One line on standard error about what is no error."""
    say(f"warning: {' '.join(message.split())}")


def reason(error: OSError) -> str:
    """Why, in the style of our messages."""
    return (error.strerror or str(error)).lower()
