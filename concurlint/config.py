"""The `[tool.concurlint]` table of the nearest pyproject.toml, and what the command line changes of it."""

import difflib
import os
import re
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal, TypeAlias

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pathspec import GitIgnoreSpec

from concurlint.rulebook import closeness
from concurlint.trouble import UserError

Platform: TypeAlias = Literal["linux", "macos", "windows", "all"]
PLATFORMS: tuple[Platform, ...] = ("linux", "macos", "windows", "all")
KEYS = (
    "select",
    "ignore",
    "advice",
    "exclude",
    "per-file-ignores",
    "target-python",
    "target-platform",
    "target-free-threaded",
    "calls",
)
UNREADABLE = "CCL001"
_FREE_THREADING = "CCL7"

_CODE = re.compile(r"CCL[0-9]{0,3}", re.IGNORECASE)
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)+")
_PYTHON = re.compile(r"3\.([0-9]{1,2})")
_LOWER_BOUNDS = frozenset({">=", ">", "==", "===", "~="})


class ConfigError(UserError):
    """The configuration cannot be used; the text is one line: where, what, and what to do."""


def running_python() -> tuple[int, int]:
    """Major and minor version of the Python that runs concurlint."""
    return sys.version_info[:2]


@lru_cache(maxsize=256)
def globs(*patterns: str) -> GitIgnoreSpec:
    """The patterns, read as the lines of a .gitignore; ValueError where one means nothing."""
    return GitIgnoreSpec.from_lines(patterns)


@dataclass(frozen=True)
class Config:
    """What the user wants of a run; `root` is the folder that relative paths start from."""

    root: Path
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    advice: bool = False
    exclude: tuple[str, ...] = ()
    per_file_ignores: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    target_python: tuple[int, int] = field(default_factory=running_python)
    target_platform: Platform = "all"
    free_threaded: bool = False
    calls: Mapping[str, Mapping[str, object]] = field(default_factory=dict)

    def wants(self, code: str, name: str, level: str, relpath: str) -> bool:
        """Whether findings of this rule are wanted in the file at `relpath`, as seen from `root` with `/`.

        Where both `select` and `ignore` name the rule, the closer one wins, and `ignore` wins a draw.
        """
        chosen = closeness(self.select, code, name)
        # A file nobody could read was not checked for the selected rules either: that must be said.
        if self.select and not chosen and code != UNREADABLE:
            return False
        if chosen <= len("CCL") and not self._is_on(code, level):
            return False
        refused = closeness(self.ignore, code, name)
        if refused and refused >= chosen:
            return False
        return not any(
            closeness(codes, code, name) and globs(pattern).match_file(relpath)
            for pattern, codes in self.per_file_ignores.items()
        )

    def _is_on(self, code: str, level: str) -> bool:
        """Whether the rule speaks without being asked for: the family of free threading where that is the target."""
        if code.startswith(_FREE_THREADING):
            return self.free_threaded
        return level != "advice" or self.advice


def find_project(start: Path) -> Path | None:
    """The folder of the nearest pyproject.toml at or above `start`, else the repository root, else None.

    The climb ends at the repository root: a pyproject.toml outside of it belongs to something else.
    """
    start = start.absolute()
    for folder in (start, *start.parents):
        try:
            if (folder / "pyproject.toml").is_file() or (folder / ".git").exists():
                return folder
        except OSError:  # a folder above that may not be looked into
            continue
    return None


def load(
    start: Path,
    *,
    select: Sequence[str] | None = None,
    ignore: Sequence[str] | None = None,
    advice: bool | None = None,
    target_python: str | None = None,
    target_platform: str | None = None,
    free_threaded: bool | None = None,
) -> Config:
    """The configuration for the project around `start`; None leaves an option as the table has it.

    `select` replaces the table's, `ignore` adds to it; both may hold codes joined with commas.
    Raises ConfigError, its text one line.
    """
    start = start.absolute()
    around = start if os.path.isdir(start) else start.parent  # noqa: PTH112 - is_dir may raise
    root = find_project(start) or around
    path = root / "pyproject.toml"
    document = _read(path) if os.path.isfile(path) else {}  # noqa: PTH113 - is_file may raise
    table = _Table(path, _tool_table(path, document))
    ignored = _split("`--ignore`", ignore) if ignore is not None else ()
    return Config(
        root=root,
        select=_split("`--select`", select) if select is not None else table.codes("select"),
        ignore=(*table.codes("ignore"), *ignored),
        advice=advice if advice is not None else table.flag("advice"),
        exclude=table.globs("exclude"),
        per_file_ignores=table.per_file_ignores(),
        target_python=_target_python(table, target_python, path, document),
        target_platform=_target_platform(table, target_platform),
        free_threaded=free_threaded if free_threaded is not None else table.flag("target-free-threaded"),
        calls=table.calls(),
    )


def _read(path: Path) -> dict[str, object]:
    try:
        with path.open("rb") as file:
            return tomllib.load(file)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ConfigError(f"{path}: cannot be read ({reason}); make it readable and run again") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"{path}: is not valid TOML: {reason}; mend that line") from error


def _tool_table(path: Path, document: Mapping[str, object]) -> Mapping[str, object]:
    tool = document.get("tool", {})
    table = tool.get("concurlint", {}) if isinstance(tool, dict) else {}
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: `tool.concurlint` must be a table, not {_kind(table)}")
    for key in table:
        if key not in KEYS:
            nearest = difflib.get_close_matches(key, KEYS, n=1, cutoff=0)[0]
            raise ConfigError(f"{path}: unknown key `{key}` in [tool.concurlint]; the nearest is `{nearest}`")
    return table


class _Table:
    """Typed reading of the table: a value of the wrong type is a ConfigError that names file and key."""

    def __init__(self, path: Path, values: Mapping[str, object]) -> None:
        self._path = path
        self._values = values

    def where(self, key: str) -> str:
        return f"{self._path}: `{key}`"

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise ConfigError(f"{self.where(key)} must be true or false, not {_kind(value)}")
        return value

    def text(self, key: str, example: str) -> str | None:
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise ConfigError(f'{self.where(key)} must be text such as "{example}", not {_kind(value)}')
        return value

    def codes(self, key: str) -> tuple[str, ...]:
        return _codes(self.where(key), self._values.get(key, []))

    def globs(self, key: str) -> tuple[str, ...]:
        patterns = _texts(self.where(key), self._values.get(key, []))
        for pattern in patterns:
            _check_glob(self.where(key), pattern)
        return patterns

    def per_file_ignores(self) -> dict[str, tuple[str, ...]]:
        table = self._table("per-file-ignores", 'a table such as { "tests/*" = ["CCL301"] }')
        for pattern in table:
            _check_glob(self.where("per-file-ignores"), pattern)
        return {glob: _codes(self.where(f"per-file-ignores.{glob}"), codes) for glob, codes in table.items()}

    def calls(self) -> dict[str, dict[str, object]]:
        shape = 'a table of tables such as { "mylib.fetch" = { effect = "block_net" } }'
        calls: dict[str, dict[str, object]] = {}
        for name, facts in self._table("calls", shape).items():
            if not isinstance(facts, dict):
                raise ConfigError(f"{self.where(f'calls.{name}')} must be a table, not {_kind(facts)}")
            calls[name] = facts
        return calls

    def _table(self, key: str, shape: str) -> dict[str, object]:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(f"{self.where(key)} must be {shape}, not {_kind(value)}")
        return value


def _kind(value: object) -> str:
    """The value in TOML's words, for messages."""
    if isinstance(value, bool):
        return "true" if value else "false"
    words = {str: "text", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return words.get(type(value), "a date or time")


def _texts(where: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ConfigError(f"{where} must be a list of texts, not {_kind(value)}")
    for item in value:
        if not isinstance(item, str):
            raise ConfigError(f"{where} must be a list of texts, but holds {_kind(item)}")
    return tuple(value)


def _split(where: str, values: Sequence[str]) -> tuple[str, ...]:
    return _codes(where, [code for value in values for code in re.split(r"[,\s]+", value) if code])


def _codes(where: str, value: object) -> tuple[str, ...]:
    return tuple(_code(where, text.strip()) for text in _texts(where, value))


def _code(where: str, text: str) -> str:
    if _CODE.fullmatch(text):
        return text.upper()
    if _NAME.fullmatch(text):
        return text
    raise ConfigError(
        f"{where}: `{text}` is no code and no name; write CCL, CCL3, CCL301 or a rule's name in small letters"
    )


def _check_glob(where: str, pattern: str) -> None:
    try:
        globs(pattern)
    except ValueError as error:
        raise ConfigError(f"{where}: `{pattern}` is no pattern; write it as a line of .gitignore") from error


def _target_platform(table: _Table, option: str | None) -> Platform:
    wanted = option if option is not None else table.text("target-platform", "linux")
    if wanted is None:
        return "all"
    for platform in PLATFORMS:
        if platform == wanted:
            return platform
    where = "`--target-platform`" if option is not None else table.where("target-platform")
    raise ConfigError(f"{where}: `{wanted}` is no platform; write one of {', '.join(PLATFORMS)}")


def _target_python(table: _Table, option: str | None, path: Path, document: Mapping[str, object]) -> tuple[int, int]:
    wanted = option if option is not None else table.text("target-python", "3.11")
    if wanted is None:
        project = document.get("project", {})
        required = project.get("requires-python") if isinstance(project, dict) else None
        return running_python() if required is None else _lowest_python(path, required)
    match = _PYTHON.fullmatch(wanted)
    if match is None:
        where = "`--target-python`" if option is not None else table.where("target-python")
        raise ConfigError(f"{where}: `{wanted}` is no Python version; write it as 3.11")
    return (3, int(match[1]))


def _lowest_python(path: Path, required: object) -> tuple[int, int]:
    """The first 3.x that a `requires-python` lets in; the running one where it sets no lower bound."""
    try:
        if not isinstance(required, str):
            raise InvalidSpecifier(_kind(required))
        specifiers = SpecifierSet(required)
    except InvalidSpecifier as error:
        raise ConfigError(
            f'{path}: `requires-python` is no version specifier; write it as ">=3.11" or set `target-python`'
        ) from error
    if any(specifier.operator in _LOWER_BOUNDS for specifier in specifiers):
        for minor in range(100):
            # Bounds may name a micro version, so one of the line is as good as its first.
            if any(specifiers.contains(f"3.{minor}.{micro}") for micro in range(30)):
                return (3, minor)
    return running_python()
