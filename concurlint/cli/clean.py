"""`concurlint clean`: take away what runs have left for those that follow."""

from pathlib import Path

import click

from concurlint.streams import CLEAN, say
from concurlint.trouble import UserError


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--cache-dir", metavar="FOLDER", help="This cache, and not that of the project.")
def clean(paths: tuple[str, ...], cache_dir: str | None) -> int:
    """Take away the cache of a project; the next run finds the same, but later.

    It is the project that PATHS lie in, by default the current folder.
    """
    from concurlint.cache.place import folder_of, remove
    from concurlint.config import Nearest, find_project
    from concurlint.source import project_root

    root = project_root([Path(path) for path in paths or (".",)])
    configured = Path(cache_dir).absolute() if cache_dir else Nearest().of(root).cache_dir
    folder = folder_of(root, configured, is_project=find_project(root) is not None)
    try:
        removed = remove(folder)
    except OSError as error:
        raise UserError(f"{folder}: cannot be taken away ({(error.strerror or str(error)).lower()})") from error
    say(f"removed {folder}" if removed else f"no cache in {folder}")
    return CLEAN
