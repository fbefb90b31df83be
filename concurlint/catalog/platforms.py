"""What Python calls the platforms it runs on."""

from typing import Literal

from concurlint.catalog.tables import table


def is_platform(platform: Literal["windows", "posix"], word: str) -> bool:
    """Whether a word that the name of the platform is compared with stands for that platform."""
    return word.lower() in table("platforms")[platform]["words"]


def surely_windows(word: str) -> bool:
    """Whether the word means Windows whatever is compared with it."""
    return word.lower() in table("platforms")["windows"]["plain"]
