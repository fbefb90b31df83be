"""Typed reading of settings: what is of the wrong type is an error that names where it stands."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from concurlint.config.settings import PLATFORMS, THREADS, Platform, Threads, globs
from concurlint.keys import NAMES, OPTIONS
from concurlint.rulebook import catalogue, closeness, nearest_rule
from concurlint.trouble import UserError

_CODE = re.compile(r"CCL[0-9]{0,3}", re.IGNORECASE)
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_PYTHON = re.compile(r"3\.([0-9]{1,2})")
_NEWEST = 16
"""The newest 3.x that anybody could write for: one ahead of what is released."""


class ConfigError(UserError):
    """The configuration cannot be used; the text is one line: where, what, and what to do."""


@dataclass(frozen=True, slots=True)
class Layer:
    """Settings that were written down at one place, a table or the command line; patterns start at `folder`.

    `origin` is the path of the file, or "" for the command line, whose values are those of options.
    """

    origin: str
    folder: Path
    values: Mapping[str, object]

    def where(self, key: str) -> str:
        """How an error calls a value: the file and the key, or the option."""
        name, _, rest = key.partition(".")
        if self.origin:
            return f"{self.origin}: `{key}`"
        return f"`{OPTIONS.get(name, name)}{'.' if rest else ''}{rest}`"

    def holds(self, key: str) -> bool:
        """Whether something stands there."""
        return self.values.get(key) is not None

    def known(self) -> "Layer":
        """The layer itself, once all its keys are known; ConfigError for one that is not."""
        for key in self.values:
            if key not in NAMES:
                nearest = difflib.get_close_matches(key, NAMES, n=1, cutoff=0)[0]
                table = "[tool.concurlint]" if self.origin.endswith("pyproject.toml") else "the table"
                raise ConfigError(f"{self.origin}: unknown key `{key}` in {table}; the nearest is `{nearest}`")
        return self

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            raise ConfigError(f"{self.where(key)} must be true or false, not {kind(value)}")
        return value

    def text(self, key: str, example: str) -> str:
        value = self.values.get(key)
        if not isinstance(value, str):
            raise ConfigError(f'{self.where(key)} must be text such as "{example}", not {kind(value)}')
        return value

    def codes(self, key: str) -> tuple[str, ...]:
        return _codes(self.where(key), self.values.get(key, []))

    def globs(self, key: str) -> tuple[str, ...]:
        patterns = _texts(self.where(key), self.values.get(key, []))
        for pattern in patterns:
            _check_glob(self.where(key), pattern)
        return patterns

    def ignores(self, key: str) -> dict[str, tuple[str, ...]]:
        table = self._table(key, 'a table such as { "tests/*" = ["CCL301"] }')
        for pattern in table:
            _check_glob(self.where(key), pattern)
        return {glob: _codes(self.where(f"{key}.{glob}"), codes) for glob, codes in table.items()}

    def entries(self, key: Literal["calls", "roles"]) -> dict[str, dict[str, object]]:
        examples = {"calls": '"mylib.fetch" = { effect = "block_net" }', "roles": '"mylib.job" = { on = "thread" }'}
        found: dict[str, dict[str, object]] = {}
        for name, facts in self._table(key, f"a table of tables such as {{ {examples[key]} }}").items():
            if not isinstance(facts, dict):
                raise ConfigError(f"{self.where(f'{key}.{name}')} must be a table, not {kind(facts)}")
            found[name] = facts
        return found

    def platform(self, key: str) -> Platform:
        wanted = self.text(key, "linux")
        for platform in PLATFORMS:
            if platform == wanted:
                return platform
        raise ConfigError(f"{self.where(key)}: `{wanted}` is no platform; write one of {', '.join(PLATFORMS)}")

    def threads(self, key: str) -> Threads:
        wanted = self.text(key, "evidence")
        for threads in THREADS:
            if threads == wanted:
                return threads
        raise ConfigError(f"{self.where(key)}: `{wanted}` is neither; write one of {', '.join(THREADS)}")

    def names(self, key: str) -> tuple[str, ...]:
        names = _texts(self.where(key), self.values.get(key, []))
        for name in names:
            if not all(part.isidentifier() for part in name.split(".")):
                raise ConfigError(f"{self.where(key)}: `{name}` is no dotted name; write it as pkg.module.Class")
        return names

    def python(self, key: str) -> tuple[int, int]:
        wanted = self.text(key, "3.11")
        match = _PYTHON.fullmatch(wanted)
        if match is None:
            raise ConfigError(f"{self.where(key)}: `{wanted}` is no Python version; write it as 3.11")
        if int(match[1]) > _NEWEST:
            raise ConfigError(f"{self.where(key)}: there is no Python {wanted}; the newest known is 3.{_NEWEST}")
        return (3, int(match[1]))

    def _table(self, key: str, shape: str) -> dict[str, object]:
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.where(key)} must be {shape}, not {kind(value)}")
        return value


def kind(value: object) -> str:
    """The value in TOML's words, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    words = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return words.get(type(value), "a date or time")


def _texts(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} must be a list of texts, not {kind(value)}")
    for item in value:
        if not isinstance(item, str):
            raise ConfigError(f"{where} must be a list of texts, but holds {kind(item)}")
    return tuple(value)


def _codes(where: str, value: object) -> tuple[str, ...]:
    return tuple(_code(where, text.strip()) for text in _texts(where, value))


def _code(where: str, text: str) -> str:
    code = text.upper() if _CODE.fullmatch(text) else text
    if code == text and _CODE.fullmatch(text) is None and _NAME.fullmatch(text) is None:
        raise ConfigError(
            f"{where}: `{text}` is no code and no name; write CCL, CCL3, CCL301 or a rule's name in small letters"
        )
    if not any(closeness([code], rule.code, rule.name) for rule in catalogue()):
        nearest = nearest_rule(code)
        hint = f"the nearest is `{nearest}`" if nearest else "`concurlint rules` lists all"
        raise ConfigError(f"{where}: no rule is called `{code}`; {hint}")
    return code


def _check_glob(where: str, pattern: str) -> None:
    try:
        globs(pattern)
    except ValueError as error:
        raise ConfigError(f"{where}: `{pattern}` is no pattern; write it as a line of .gitignore") from error
