"""How a command is run without a shell, or quoted for it, where it stands."""

from concurlint.effects.commands.commands import Command
from concurlint.effects.taint.domain import Piece

_QUOTES = ("'", '"')


def without_shell(command: Command, items: str = "…") -> str:
    """The call without a shell: awaited in a coroutine, which must not wait for the child; "" if there is none."""
    instead = command.instead(items)
    if command.code.is_async and instead.startswith("subprocess."):
        return f"await asyncio.create_subprocess_exec({items})"
    return instead


def quoting(pieces: tuple[Piece, ...], piece: Piece) -> str:
    """How the value is quoted for the shell: not within quotes that the text has around it already."""
    at = pieces.index(piece)
    before = pieces[at - 1].text if at else ""
    if before.endswith(_QUOTES):
        return "take the quotes around the value away and quote it with `shlex.quote`"
    return "quote each value with `shlex.quote`"
