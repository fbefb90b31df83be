"""`concurlint init`: a table to start from."""

import os
from pathlib import Path

import click

from concurlint.streams import CLEAN, reason, say, show

_OWN = "concurlint.toml"


@click.command()
@click.argument("folder", default=".", metavar="[FOLDER]")
@click.option("--own-file", is_flag=True, help=f"Into {_OWN}, even if there is a pyproject.toml.")
@click.option("--dry-run", is_flag=True, help="Only show what would be written.")
def init(folder: str, own_file: bool, dry_run: bool) -> int:
    """Write a table with every setting, all as they are without it.

    Into the pyproject.toml of the folder, or a concurlint.toml if there is none. A table further up is extended.
    """
    # Its help needs nothing of what a run needs.
    from concurlint.config import load
    from concurlint.config.starting import starting_table
    from concurlint.config.tables import OURS, PYPROJECT, nearest_table
    from concurlint.report.saving import save

    home = Path(os.path.abspath(folder))  # noqa: PTH100 - a link stays what the user called it
    if not home.is_dir():
        raise click.ClickException(f"no such folder: {folder}")
    nearest = nearest_table(home)
    if nearest is not None and nearest.folder == home:
        raise click.ClickException(f"{_shown(Path(nearest.origin))} has a table already; change that")
    for name in OURS:
        if (home / name).exists():
            raise click.ClickException(f"{_shown(home / name)} exists already; change that")
    path = home / PYPROJECT
    in_pyproject = path.is_file() and not own_file
    path = path if in_pyproject else home / _OWN
    extends = os.path.relpath(nearest.origin, home).replace(os.sep, "/") if nearest is not None else ""
    python = ".".join(map(str, load(home).target_python))
    table = starting_table(python, in_pyproject=in_pyproject, extends=extends)
    if dry_run:
        show(table)
        return CLEAN
    try:
        save(path, _joined(path.read_text(encoding="utf-8") if in_pyproject else "", table))
    except (OSError, UnicodeDecodeError) as error:
        said = reason(error) if isinstance(error, OSError) else "it is not UTF-8"
        raise click.ClickException(f"cannot write {_shown(path)}: {said}") from error
    say(f"wrote {'[tool.concurlint] into ' if in_pyproject else ''}{_shown(path)}; next: `concurlint check`")
    return CLEAN


def _joined(before: str, table: str) -> str:
    """The table below what is there, an empty line between."""
    if not before.strip():
        return before + table
    return f"{before.rstrip()}\n\n{table}"


def _shown(path: Path) -> str:
    return os.path.relpath(path)
