"""A Profile as JSON, and back."""

import dataclasses
import json
from collections.abc import Mapping
from enum import Enum
from functools import cache
from itertools import chain
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import Frame
from concurlint.trouble import UserError

VERSION = 1


class ProfileError(UserError):
    """A saved profile cannot be read or written; the text is one line for people."""


def to_json(profile: Profile) -> str:
    """The profile as one JSON object; frames stand in a table, and stacks name them by number."""
    table: dict[Frame, int] = {}
    stands = profile.standstill.threads if profile.standstill is not None else ()
    stacks = [*(stack.frames for stack in profile.stacks), *(stand.frames for stand in stands)]
    for frame in chain.from_iterable(stacks):
        table.setdefault(frame, len(table))
    plain = _plain(profile, table)
    frames = [[frame.function, frame.path, frame.line] for frame in table]
    return json.dumps({"version": VERSION, "frames": frames, **plain})


def from_json(text: str) -> Profile:
    """The profile that was saved. ProfileError if the text is no profile, or of another version."""
    try:
        found = json.loads(text)
    except ValueError as error:
        raise ProfileError(f"not a saved profile: {error}") from None
    if not isinstance(found, dict) or "version" not in found:
        raise ProfileError("not a saved profile: it has no version")
    if found["version"] != VERSION:
        raise ProfileError(f"a profile of version {_short(found['version'])}; only {VERSION} can be read")
    try:
        table = found.get("frames", ())
        frames = tuple(Frame(str(function), str(path), int(line)) for function, path, line in table)
        fields = {name: value for name, value in found.items() if name not in ("version", "frames")}
        profile: Profile = _build(Profile, fields, frames)
    except (TypeError, ValueError, IndexError) as error:
        raise ProfileError(f"a damaged profile: {error}") from None
    return profile


def save(profile: Profile, path: Path) -> None:
    """Write the profile as JSON. ProfileError if the file cannot be written."""
    try:
        path.write_text(to_json(profile), encoding="utf-8")
    except OSError as error:
        raise ProfileError(f"{path}: cannot be written: {error.strerror}") from None


def load(path: Path) -> Profile:
    """The profile saved in a file. ProfileError if it cannot be read or is none."""
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ProfileError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise ProfileError(f"{path}: not a saved profile: not UTF-8") from None
    except ProfileError as error:
        raise ProfileError(f"{path}: {error}") from None


def _plain(value: object, table: Mapping[Frame, int]) -> Any:
    if isinstance(value, Frame):
        return table[value]
    if dataclasses.is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name), table) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(of, table) for key, of in value.items()}
    if isinstance(value, tuple):
        return [_plain(of, table) for of in value]
    return value.value if isinstance(value, Enum) else value


def _build(kind: Any, value: Any, frames: tuple[Frame, ...]) -> Any:
    """The value as the type says it was; TypeError or ValueError where it is not."""
    if kind is Frame:
        if type(value) is not int or value < 0:
            raise TypeError("a frame is not a number")
        return frames[value]
    if dataclasses.is_dataclass(kind):
        return _build_fields(kind, value, frames)
    if get_origin(kind) is tuple:
        return _build_tuple(get_args(kind), value, frames)
    if get_origin(kind) is Mapping:
        if not isinstance(value, dict):
            raise TypeError(f"{_short(value)} is not a table")
        of_key, of_value = get_args(kind)
        return {of_key(key): _build(of_value, of, frames) for key, of in value.items()}
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    if get_origin(kind) is UnionType:
        return None if value is None else _build(get_args(kind)[0], value, frames)
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise TypeError(f"{_short(value)} is none of {', '.join(map(str, get_args(kind)))}")
        return value
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise TypeError(f"{_short(value)} is not {kind.__name__}")
    return value


def _build_fields(kind: Any, value: Any, frames: tuple[Frame, ...]) -> Any:
    hints = _hints(kind)
    optional = {
        field.name
        for field in dataclasses.fields(kind)
        if field.default is not dataclasses.MISSING or field.default_factory is not dataclasses.MISSING
    }
    known = value.keys() if isinstance(value, dict) else set()
    if not isinstance(value, dict) or not hints.keys() - optional <= known <= hints.keys():
        wrong = ", ".join(sorted(hints.keys() - optional - known | known - hints.keys()))
        raise TypeError(f"{kind.__name__} lacks or does not know: {wrong}")
    return kind(**{name: _build(of, value[name], frames) for name, of in hints.items() if name in value})


def _build_tuple(kinds: tuple[Any, ...], value: Any, frames: tuple[Frame, ...]) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise TypeError(f"{_short(value)} is not a list")
    if kinds[1:] == (...,):
        return tuple(_build(kinds[0], of, frames) for of in value)
    return tuple(_build(of_kind, of, frames) for of_kind, of in zip(kinds, value, strict=True))


@cache
def _hints(kind: Any) -> Mapping[str, Any]:
    return get_type_hints(kind)


def _short(value: object) -> str:
    return repr(value)[:40]
