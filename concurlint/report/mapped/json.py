"""A map as JSON, version 1; README.md tells what stands in it."""

import json
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import Enum

from concurlint.effects.overview.records import Overview, State
from concurlint.finding import Span

VERSION = 1


def render(overviews: Sequence[Overview]) -> str:
    """One JSON document with a line end after it; ASCII, so that no encoding of a pipe can spoil it."""
    return json.dumps({"version": VERSION, "maps": [_plain(one) for one in overviews]}, indent=2) + "\n"


def _plain(value: object) -> object:
    if isinstance(value, Span):
        return {"path": value.path, "line": value.line, "column": value.column}
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        if isinstance(value, State):
            found["calls_for_a_look"] = value.mark.calls_for_a_look
        return found
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    return value
