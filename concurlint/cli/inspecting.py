"""Settings from options, and what `--show-files` and `--show-settings` show of them."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from concurlint.config import Nearest
from concurlint.config.layers import Origins
from concurlint.config.tables import read_table
from concurlint.config.values import Layer
from concurlint.config.writing import written
from concurlint.keys import KEYS, Kind
from concurlint.source import NOTHING_UNSAVED, Unsaved, find_sources
from concurlint.streams import CLEAN, show

_DEFAULT = "default"
_TEXTS = (Kind.PYTHON, Kind.PLATFORM, Kind.FILE, Kind.THREADS)


def configure(options: Mapping[str, object], configs: Sequence[str], *, isolated: bool = False) -> Nearest:
    """The settings that `options` by their keys, `--config` and `--isolated` ask for."""
    files = [config for config in configs if "=" not in config or Path(config).is_file()]
    if len(files) > 1:
        raise click.UsageError("--config is for one file; let it extend the other")
    if files and isolated:
        raise click.UsageError("--isolated reads no file, and --config names one")
    table = None
    if files:
        path = Path(files[0])
        # Patterns of a file that lies anywhere start here, as those of an option do.
        table = read_table(path.absolute(), folder=Path.cwd())
        if table is None:
            raise click.ClickException(f"{path} has no [tool.concurlint]; add it, or name another file")
    return Nearest(
        options, pairs=_pairs([each for each in configs if each not in files]), table=table, isolated=isolated
    )


def _pairs(pairs: Sequence[str]) -> Layer | None:
    """`KEY=VALUE`, several of them, as one table; a text may do without the quotes that a shell takes away."""
    texts = {key.name for key in KEYS if key.kind in _TEXTS}
    values: dict[str, object] = {}
    for pair in pairs:
        key, _, value = (part.strip() for part in pair.partition("="))
        is_bare = key in texts and not value.startswith(("'", '"'))
        try:
            values |= tomllib.loads(f'{key} = "{value}"' if is_bare else pair)
        except tomllib.TOMLDecodeError as error:
            says = f"--config {pair}: is no file, and no TOML such as `advice = true`"
            raise click.ClickException(says) from error
    return Layer("--config", Path.cwd(), values) if values else None


def inspect(paths: Sequence[Path], settings: Nearest, unsaved: Unsaved = NOTHING_UNSAVED, *, files: bool) -> int:
    """Show the files that would be checked, or the settings that hold for them."""
    sources = [source for source in find_sources(paths, settings, unsaved).files if source.asked]
    if files:
        show("".join(f"{source.name}\n" for source in sources))
        return CLEAN
    found: dict[int, tuple[Origins, list[str]]] = {}
    for source in sources:
        origins = settings.origins(source.path, source.data)
        found.setdefault(id(origins), (origins, []))[1].append(source.name)
    show("\n".join(_settings(origins, names) for origins, names in found.values()))
    return CLEAN


def _settings(origins: Origins, names: Sequence[str]) -> str:
    values = written(origins.config)
    width = max(len(key) + len(value) for key, value in values.items()) + 3
    others = f" and {len(names) - 1} more" if len(names) > 1 else ""
    lines = [f"# {names[0]}{others}"]
    for key, value in values.items():
        where = (*origins.where.get(key, ()), *origins.where.get(f"extend-{key}", ())) or (_DEFAULT,)
        lines.append(f"{f'{key} = {value}':<{width}}  # {', '.join(dict.fromkeys(map(_shown, where)))}")
    return "".join(f"{line}\n" for line in lines)


def _shown(origin: str) -> str:
    """The path of a file as seen from here."""
    here = f"{Path.cwd()}{os.sep}"
    return origin.removeprefix(here)
