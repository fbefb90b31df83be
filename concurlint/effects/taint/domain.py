"""The parts of a string: fixed text, harmless values, values from outside the program, unknown ones."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal as OneOf
from typing import NamedTuple, Protocol

from concurlint.facts.syntax import Call, Expression
from concurlint.finding import Step
from concurlint.project.modules import Code
from concurlint.project.values import Literal, Value, Values

Status = OneOf["constant", "safe", "unknown", "outside"]


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a string and, if it comes from outside the program, from where and by which way.

    `text` is the text of a constant; for a safe piece that is one of several constants, one of them.
    """

    status: Status
    text: str = ""
    reason: str = ""
    steps: tuple[Step, ...] = ()
    is_parameter: bool = False
    is_part: bool = False  # put together with other text


class Frame(NamedTuple):
    """A call whose result is being traced: parameters of `callee` are what `call` passes."""

    callee: Code
    call: Call
    caller: Code
    is_bound: bool


class TaintQueries(Protocol):
    """What is asked while names are followed back; `frames` are the calls that are being looked into."""

    frames: list[Frame]

    def pieces(self, expression: Expression, code: Code) -> tuple[Piece, ...]:
        """The parts of the string an expression makes, in order."""

    def at_path(self, value: Expression, path: tuple[int, ...], code: Code) -> tuple[Piece, ...]:
        """The parts of one item of what an expression makes."""

    def returned(self, value: Value, call: Call, code: Code, path: tuple[int, ...] = ()) -> tuple[Piece, ...]:
        """The parts of what a call of a function gives."""

    def is_number(self, expression: Expression, code: Code) -> bool:
        """Whether an expression can only be a number."""

    def are_numbers(self, values: Iterable[Value]) -> bool:
        """Whether values are all numbers."""


SAFE = Piece("safe")
UNKNOWN = Piece("unknown")
_MOST = 60


def shown(value: object) -> str:
    """A constant as it appears in a string."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def constant_text(pieces: Iterable[Piece]) -> str | None:
    """The whole text if every piece is constant."""
    parts = list(pieces)
    return "".join(p.text for p in parts) if parts and all(p.status == "constant" for p in parts) else None


def literals(values: Values) -> tuple[Piece, ...]:
    """The constants that values are; nothing if there are others among them."""
    found = [value.value for value in values if isinstance(value, Literal)]
    if not values.whole or not found or len(found) != len(values.items):
        return ()
    return either([(Piece("constant", shown(value)),) for value in found])


def composed(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces as parts of one text, if there are several."""
    found = tuple(pieces)
    if len(found) < 2:
        return found
    return tuple(replace(p, is_part=True) if p.status == "outside" and not p.is_part else p for p in found)


def is_whole_parameter(pieces: Iterable[Piece]) -> bool:
    """Whether all that comes from outside is a parameter as it is: the text is the caller's business.

    So it is where fixed words follow a command line that is a parameter: `command + " > log 2>&1"`.
    """
    parts = list(pieces)
    outside = [piece for piece in parts if piece.status == "outside"]
    if len(outside) == 1 and len(parts) > 1 and parts[0] is outside[0] and outside[0].is_parameter:
        return parts[1].text.startswith(" ") or not outside[0].is_part
    return bool(outside) and all(piece.is_parameter and not piece.is_part for piece in outside)


def harmless(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """The pieces with constants made safe: something of them, but no longer their exact text."""
    return tuple(dict.fromkeys(SAFE if piece.status == "constant" else piece for piece in pieces))


def one_of_many(pieces: Iterable[Piece]) -> tuple[Piece, ...]:
    """What one item may hold; words of the command line that are gone through are names, which a `*` may put there."""
    many, names = "the command line", "names on the command line"
    return tuple(replace(piece, reason=names) if piece.reason == many else piece for piece in harmless(pieces))


def either(options: list[tuple[Piece, ...]]) -> tuple[Piece, ...]:
    """One of several strings: constant only if it is the same everywhere; every worse part counts."""
    distinct = list(dict.fromkeys(options))
    if len(distinct) == 1:
        return distinct[0][:_MOST]
    texts = [constant_text(pieces) for pieces in distinct]
    if texts and None not in texts:
        return (Piece("safe", next((t for t in texts if t and " " not in t.strip()), texts[0] or "")),)
    found = dict.fromkeys(
        Piece("safe") if piece.status == "constant" else piece for pieces in distinct for piece in pieces
    )
    return tuple(found)[:_MOST] or (UNKNOWN,)
