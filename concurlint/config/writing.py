"""Settings as they would stand in TOML."""

import json
from collections.abc import Mapping, Sequence

from concurlint.config.settings import Config


def written(config: Config) -> dict[str, str]:
    """Every key that has a bearing on a file, with its value as it would stand in a table."""
    return {
        "select": _list(config.select),
        "extend-select": _list(config.extend_select),
        "ignore": _list(config.ignore),
        "per-file-ignores": _table({glob: _list(codes) for glob, codes in config.per_file_ignores.items()}),
        "advice": _flag(config.advice),
        "pedantic": _flag(config.pedantic),
        "exclude": _list(config.exclude),
        "force-exclude": _flag(config.force_exclude),
        "respect-gitignore": _flag(config.respect_gitignore),
        "baseline": _text("" if config.baseline is None else str(config.baseline)),
        "cache-dir": _text(".concurlint_cache" if config.cache_dir is None else str(config.cache_dir)),
        "target-python": _text(".".join(map(str, config.target_python))),
        "target-platform": _text(config.target_platform),
        "target-free-threaded": _flag(config.free_threaded),
        "threads": _text(config.threads),
        "thread-safe": _list(config.thread_safe),
        "not-thread-safe": _list(config.not_thread_safe),
        "calls": _table({name: _value(facts) for name, facts in config.calls.items()}),
        "roles": _table({name: _value(facts) for name, facts in config.roles.items()}),
    }


def _flag(value: bool) -> str:
    return "true" if value else "false"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _list(values: Sequence[object]) -> str:
    return f"[{', '.join(map(_value, values))}]"


def _table(values: Mapping[str, str]) -> str:
    inside = ", ".join(f"{_text(key)} = {value}" for key, value in values.items())
    return f"{{ {inside} }}" if inside else "{}"


def _value(value: object) -> str:
    if isinstance(value, bool):
        return _flag(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        return _table({str(key): _value(each) for key, each in value.items()})
    if isinstance(value, Sequence):
        return _list(value)
    return str(value)
