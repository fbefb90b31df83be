"""Layers of settings, one over the other → one Config, and where each setting comes from."""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from concurlint.config.anchoring import reanchored
from concurlint.config.settings import Config, Platform, Threads, running_python
from concurlint.config.targets import Target
from concurlint.config.values import ConfigError, Layer
from concurlint.keys import KEYS, Kind

COMMAND_LINE = "the command line"
RUNNING = "the Python that runs"


@dataclass(frozen=True, slots=True)
class Origins:
    """The settings of a file, and where each key that somebody has set was set; the last one counts most."""

    config: Config
    where: Mapping[str, tuple[str, ...]]


def options_layer(options: Mapping[str, object]) -> Layer:
    """What options say, by the keys they stand for; None where one is not given.

    Codes and patterns may be joined with commas, and each of the ignores is `PATTERN:CODES`.
    """
    kinds = {key.name: key.kind for key in KEYS}
    values = {key: _split(key, kinds.get(key), value) for key, value in options.items() if value is not None}
    return Layer("", Path.cwd(), values).known()


def settle(root: Path, layers: Sequence[Layer], target: Callable[[], Target | None] | None) -> Origins:
    """The settings once all layers are applied, the first one first.

    `target` finds the oldest Python that the project says it is for, where no layer does.
    """
    where: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        for key in layer.values:
            where[key] = (*where.get(key, ()), layer.origin or COMMAND_LINE)
    select, extend_select, ignore = _selection(layers)
    python, origin = _python(layers, target)
    if origin:
        where["target-python"] = (origin,)
    config = Config(
        root=root,
        select=select,
        extend_select=extend_select,
        ignore=ignore,
        advice=_flag(layers, "advice"),
        pedantic=_flag(layers, "pedantic"),
        threads=_threads(layers),
        thread_safe=_names(layers, "thread-safe"),
        not_thread_safe=_names(layers, "not-thread-safe"),
        exclude=_excluded(root, layers),
        force_exclude=_flag(layers, "force-exclude"),
        respect_gitignore=_flag(layers, "respect-gitignore", default=True),
        per_file_ignores=_ignores(root, layers),
        baseline=_file(layers, "baseline", "concurlint-baseline.json"),
        cache_dir=_file(layers, "cache-dir", ".concurlint_cache"),
        target_python=python,
        target_platform=_platform(layers),
        free_threaded=_flag(layers, "target-free-threaded"),
        calls={name: facts for layer in layers for name, facts in layer.entries("calls").items()},
        roles={name: facts for layer in layers for name, facts in layer.entries("roles").items()},
    )
    return Origins(config, where)


def _selection(layers: Sequence[Layer]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """select, extend-select and ignore; who selects anew has not ignored anything yet."""
    select: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    for layer in layers:
        if layer.holds("select"):
            select, extend, ignore = layer.codes("select"), (), ()
        extend += layer.codes("extend-select")
        ignore += layer.codes("ignore") + layer.codes("extend-ignore")
    return select, extend, ignore


def _excluded(root: Path, layers: Sequence[Layer]) -> tuple[str, ...]:
    excluded: tuple[str, ...] = ()
    for layer in layers:
        if layer.holds("exclude"):
            excluded = ()
        patterns = (*layer.globs("exclude"), *layer.globs("extend-exclude"))
        moved = (reanchored(pattern, layer.folder, root) for pattern in patterns)
        excluded += tuple(pattern for pattern in moved if pattern is not None)
    return excluded


def _ignores(root: Path, layers: Sequence[Layer]) -> dict[str, tuple[str, ...]]:
    ignores: dict[str, tuple[str, ...]] = {}
    for layer in layers:
        if layer.holds("per-file-ignores"):
            ignores = {}
        for key in ("per-file-ignores", "extend-per-file-ignores"):
            for pattern, codes in layer.ignores(key).items():
                moved = reanchored(pattern, layer.folder, root)
                if moved is not None:
                    ignores[moved] = (*ignores.get(moved, ()), *codes)
    return ignores


def _python(layers: Sequence[Layer], target: Callable[[], Target | None] | None) -> tuple[tuple[int, int], str]:
    """The version and, where no layer sets it, where it comes from."""
    for layer in reversed(layers):
        if layer.holds("target-python"):
            return layer.python("target-python"), ""
    declared = target() if target is not None else None
    return (running_python(), RUNNING) if declared is None else (declared.version, declared.origin)


def _platform(layers: Sequence[Layer]) -> Platform:
    for layer in reversed(layers):
        if layer.holds("target-platform"):
            return layer.platform("target-platform")
    return "all"


def _threads(layers: Sequence[Layer]) -> Threads:
    for layer in reversed(layers):
        if layer.holds("threads"):
            return layer.threads("threads")
    return "evidence"


def _names(layers: Sequence[Layer], key: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for layer in layers for name in layer.names(key)))


def _file(layers: Sequence[Layer], key: str, example: str) -> Path | None:
    """The absolute path; none for ""."""
    for layer in reversed(layers):
        if layer.holds(key):
            written = layer.text(key, example)
            return Path(os.path.normpath(layer.folder / written)) if written else None
    return None


def _flag(layers: Sequence[Layer], key: str, *, default: bool = False) -> bool:
    for layer in reversed(layers):
        if layer.holds(key):
            return layer.flag(key)
    return default


def _split(key: str, kind: Kind | None, value: object) -> object:
    """The value of an option as it would stand in a table."""
    if not isinstance(value, (list, tuple)):
        return value
    texts = [str(text) for text in value]
    if kind is Kind.CODES:
        return _words(texts)
    if kind is Kind.GLOBS:
        return [pattern for text in texts for pattern in text.split(",") if pattern]
    if kind is Kind.IGNORES:
        ignores: dict[str, list[str]] = {}
        for text in texts:
            pattern, colon, codes = text.rpartition(":")
            if not colon or not pattern:
                raise ConfigError(f"`--{key}`: `{text}` names no pattern and codes; write PATTERN:CODES")
            ignores.setdefault(pattern, []).extend(_words([codes]))
        return ignores
    return texts


def _words(texts: Sequence[str]) -> list[str]:
    return [word for text in texts for word in re.split(r"[,\s]+", text) if word]
