"""What calls do that is seen outside of the function that makes them, where their effect alone does not tell."""

from collections.abc import Sequence

from concurlint.catalog.entries import Parameter
from concurlint.catalog.tables import table


def keeps_turn(name: str) -> bool:
    """Whether calls of that name must come in the order they were written in, whatever they are given."""
    return any(name == each or (each.endswith(".") and name.startswith(each)) for each in table("outside")["ordered"])


def is_private(name: str) -> bool:
    """Whether the call concerns nobody but the caller: it waits, or begins a talk that nobody else takes part in."""
    return name in table("outside")["private"]


def captures_output(name: str) -> bool:
    """Whether the call runs a command and hands back what it prints."""
    return name in table("outside")["commands"]["captured"]


def runs_command(name: str) -> bool:
    """Whether the call runs a command to its end, with the streams that it is given."""
    return name in table("outside")["commands"]["plain"]


def is_silent(program: str) -> bool:
    """Whether the program of that name prints nothing, and one run has nothing to do with another."""
    return program in table("outside")["commands"]["silent"]


def is_brief(words: Sequence[str]) -> bool:
    """Whether the command of these words prints a line or two, whatever it is asked."""
    brief = table("outside")["commands"]["brief"]
    return bool(words) and (words[0] in brief or " ".join(words[:2]) in brief)


def only_reads(name: str) -> bool:
    """Whether the call looks at the disk and leaves it as it is."""
    return name in table("outside")["reads"]


def is_this_machine(host: object) -> bool:
    """Whether a host, as text, is the machine itself."""
    known = table("outside")["this_machine"]
    return isinstance(host, str) and any(
        host == each or (each.endswith(".") and host.startswith(each)) for each in known
    )


def opening_mode(name: str) -> Parameter | None:
    """The parameter that says for what a file is opened; None for a call that opens none."""
    found = table("outside")["opens"].get(name)
    return (str(found[0]), int(found[1])) if found else None
