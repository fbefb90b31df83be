"""Which reports are wanted, and where each goes: `--format FORM[:FILE]`, `--output FILE`."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from concurlint.streams import complain, reason, show

STDOUT = "-"


@dataclass(frozen=True, slots=True)
class Destination:
    """A form of report and the file it goes to; None is standard output, or what stands for it."""

    form: str
    file: str | None


_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])

output_option = click.option(
    "-o", "--output", "--output-file", metavar="FILE", help="Write the report there; `-` is standard output."
)


def format_option(known: Sequence[str]) -> Callable[[_Decorated], _Decorated]:
    """`--format`, for a command that knows these forms; its values are `forms`."""
    return click.option(
        "--format",
        "--output-format",
        "forms",
        multiple=True,
        metavar="FORM[:FILE]",
        help=f"{', '.join(known)}; several with a file each, such as sarif:out.sarif.  [default: text]",
    )


def destinations(formats: Sequence[str], output: str | None, known: Collection[str]) -> tuple[Destination, ...]:
    """What the options ask for; `text` where no form is named. UsageError where two reports would be mixed up."""
    wanted = [_destination(text, known) for text in formats or ("text",)]
    nowhere = [destination for destination in wanted if destination.file is None]
    if output is not None:
        if len(nowhere) != 1:
            raise click.UsageError(f"--output is for one report, and {len(nowhere)} have no file of their own")
        wanted = [Destination(each.form, output) if each is nowhere[0] else each for each in wanted]
    wanted = [Destination(each.form, None if each.file == STDOUT else each.file) for each in wanted]
    files = [each.file for each in wanted]
    for each in wanted:
        if files.count(each.file) > 1:
            where = "standard output" if each.file is None else each.file
            raise click.UsageError(f"two reports for {where}; give one a file: --format {each.form}:FILE")
    return tuple(wanted)


def _destination(text: str, known: Collection[str]) -> Destination:
    form, colon, file = text.partition(":")
    if form not in known:
        raise click.UsageError(f"'{form}' is no format; write one of {', '.join(known)}")
    if colon and not file:
        raise click.UsageError(f"`{text}` names no file; write {form}:FILE, or {form} alone for standard output")
    return Destination(form, file or None)


def deliver(destination: Destination, report: str, stdout: Callable[[str], None] = show) -> bool:
    """Write or print `report`; False if it could not be saved, and was printed instead."""
    if destination.file is None:
        stdout(report)
        return True
    # Most runs write no file.
    from concurlint.report.saving import save

    try:
        save(Path(destination.file), report)
    except OSError as error:
        complain(f"cannot write {destination.file}: {reason(error)}; the report follows here")
        stdout(report)
        return False
    return True
