"""Which settings hold for a file: its own (PEP 723), or the nearest table, and the command line over them."""

import os
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from concurlint.config.layers import Origins, options_layer, settle
from concurlint.config.settings import Config
from concurlint.config.tables import extended, find_project, nearest_table, script_metadata
from concurlint.config.targets import Target, declared_python, required_python
from concurlint.config.values import Layer

_SHORT = {"free-threaded": "target-free-threaded"}


class Nearest:
    """The settings of each file, from the tables around it.

    `options` are values of keys by their names, as options give them; `pairs` the same, as a table would; `table`
    stands for every table there is, and with `isolated` none is looked for.
    """

    def __init__(
        self,
        options: Mapping[str, object] | None = None,
        *,
        pairs: Layer | None = None,
        table: Layer | None = None,
        isolated: bool = False,
    ) -> None:
        above = options_layer(options or {})
        self._above = [above] if pairs is None else [pairs.known(), above]
        self._table = table
        self._isolated = isolated
        self._of_folder = cache(self._find)

    def of(self, path: Path, data: bytes = b"") -> Config:
        """The settings of the file at the absolute `path`, which holds `data`; of a folder without."""
        return self.origins(path, data).config

    def origins(self, path: Path, data: bytes = b"") -> Origins:
        """The same, with where each of them comes from; ConfigError, one line, where they cannot be used."""
        metadata = None if self._isolated else script_metadata(path, data)
        if metadata is not None:
            return self._of_script(path, metadata)
        is_folder = os.path.isdir(path)  # noqa: PTH112 - is_dir may raise
        return self._of_folder(path if is_folder else path.parent)

    def _find(self, folder: Path) -> Origins:
        root, layers = self._around(folder)
        return settle(root, [*layers, *self._above], None if self._isolated else lambda: declared_python(folder))

    def _around(self, folder: Path) -> tuple[Path, Sequence[Layer]]:
        """Where patterns start, and the tables that hold in a folder."""
        if self._table is not None:
            return find_project(folder) or folder, extended(self._table)
        nearest = None if self._isolated else nearest_table(folder)
        if nearest is not None:
            return nearest.folder, extended(nearest)
        return find_project(folder) or folder, ()

    def _of_script(self, path: Path, metadata: Mapping[str, object]) -> Origins:
        origin = f"{path}: the block `script`"
        tool = metadata.get("tool")
        table = tool.get("concurlint") if isinstance(tool, dict) else None
        root, layers = self._around(path.parent)
        if isinstance(table, dict) and self._table is None:
            root, layers = path.parent, extended(Layer(origin, path.parent, table).known())
        required = metadata.get("requires-python")

        def target() -> Target | None:
            return declared_python(path.parent) if required is None else required_python(origin, required)

        return settle(root, [*layers, *self._above], target)


def load(start: Path, **options: object) -> Config:
    """The settings for what is at `start`; `options` are values of keys by their names, None leaves one as it is.

    Raises ConfigError, its text one line.
    """
    named = {name.replace("_", "-"): value for name, value in options.items()}
    return Nearest({_SHORT.get(name, name): value for name, value in named.items()}).of(start.absolute())
