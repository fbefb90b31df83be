"""The settings that an editor sends: the keys of `[tool.concurlint]` that a command line has options for."""

from collections.abc import Mapping

from concurlint.config import ConfigError
from concurlint.session import Options

_TEXTS = ("target-python", "target-platform")
_FLAGS = ("advice", "target-free-threaded")
_LISTS = ("select", "ignore")
KEYS = (*_LISTS, *_FLAGS, *_TEXTS)


def read_settings(sent: object) -> Options:
    """The options; they may stand under `concurlint` or `settings`. ConfigError where one cannot be used."""
    values = _table(sent)
    for key in ("settings", "concurlint"):
        values = _table(values[key]) if isinstance(values.get(key), Mapping) else values
    for key in values:
        if key not in KEYS:
            raise ConfigError(f"the editor's settings: unknown key `{key}`; those known are {', '.join(KEYS)}")
    return Options(
        select=_list(values, "select"),
        ignore=_list(values, "ignore"),
        advice=_flag(values, "advice"),
        target_python=_text(values, "target-python"),
        target_platform=_text(values, "target-platform"),
        free_threaded=_flag(values, "target-free-threaded"),
    )


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def _list(values: Mapping[str, object], key: str) -> tuple[str, ...] | None:
    value = values.get(key)
    if value is None:
        return None
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ConfigError(f"the editor's settings: `{key}` must be a list of texts")
    return tuple(value)


def _flag(values: Mapping[str, object], key: str) -> bool | None:
    value = values.get(key)
    if value is not None and not isinstance(value, bool):
        raise ConfigError(f"the editor's settings: `{key}` must be true or false")
    return value


def _text(values: Mapping[str, object], key: str) -> str | None:
    value = values.get(key)
    if value is not None and not isinstance(value, str):
        raise ConfigError(f"the editor's settings: `{key}` must be text")
    return value
