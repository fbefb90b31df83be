"""What files and folders are there for that tools or custom give a name to."""

import re
from functools import cache

from concurlint.catalog.tables import table


@cache
def _folders(section: str) -> dict[str, str]:
    return {name: purpose for purpose, names in table("purposes")[section].items() for name in names}


def folder_purpose(name: str) -> str:
    """What a folder of that name holds, wherever it lies; `""` if the name does not tell."""
    return _folders("folders").get(name, "")


def top_folder_purpose(name: str) -> str:
    """The same of a folder at the top of a project that is no package."""
    return _folders("top_folders").get(name, "")


def is_tools_file(name: str) -> bool:
    """Whether a tool looks for a file of that name."""
    return name in table("purposes")["files"]


def file_purpose(name: str, text: bytes) -> str:
    """What a file is there for by its name and a word in its text; `""` if they do not tell."""
    line = table("purposes")["files"].get(name)
    return str(line["purpose"]) if line is not None and re.search(line["says"].encode(), text) else ""


def root_files() -> tuple[str, ...]:
    """The files that show the folder of a project."""
    return tuple(table("purposes")["roots"]["files"])
