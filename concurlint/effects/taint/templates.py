"""Templates of `%` and `str.format` taken apart: the fixed text and which argument goes where."""

import re
from dataclasses import dataclass
from string import Formatter

_NUMBER_CODES = "bdiouxXeEfFgGn"
_PERCENT = re.compile(r"%(?:\((\w*)\))?[-+ #0]*(\*|\d+)?(?:\.(?:\*|\d+))?[hlL]?([diouxXeEfFgGcrsa%])")
_FIELD = re.compile(r"\w*")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place in a template: the position or name of its argument, and whether only a number fits."""

    key: int | str
    is_number: bool = False


def is_number_spec(spec: str) -> bool:
    """Whether a format specification (what stands after the colon) takes numbers only."""
    return bool(spec) and spec[-1] in _NUMBER_CODES + "%"


def percent_parts(template: str) -> list[str | Slot]:
    """The fixed texts and slots of a `%` template, in order."""
    parts: list[str | Slot] = []
    end = position = 0
    for match in _PERCENT.finditer(template):
        parts.append(template[end : match.start()])
        end = match.end()
        name, width, code = match.groups()
        if code == "%":
            parts.append("%")
            continue
        position += width == "*"
        parts.append(Slot(name if name is not None else position, code in _NUMBER_CODES))
        position += 1
    parts.append(template[end:])
    return [part for part in parts if part != ""]


def format_parts(template: str) -> list[str | Slot] | None:
    """The fixed texts and slots of a `str.format` template, in order; None if it is not a valid one."""
    parts: list[str | Slot] = []
    position = 0
    try:
        for text, field, spec, _ in Formatter().parse(template):
            parts.append(text)
            if field is None:
                continue
            found = _FIELD.match(field)
            first = found.group() if found else ""
            key: int | str = int(first) if first.isdigit() else first
            if first == "":
                key = position
                position += 1
            parts.append(Slot(key, is_number_spec(spec or "") and first == field))
    except ValueError:
        return None
    return [part for part in parts if part != ""]
