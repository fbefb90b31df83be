"""What is wrong with an entry that the user added to the catalogue."""

from collections.abc import Iterable
from difflib import get_close_matches

from concurlint.trouble import UserError


class CatalogError(UserError):
    """An entry of `[tool.concurlint.calls]` or `[tool.concurlint.roles]` that says nothing that can be understood."""


def nearest(word: str, words: Iterable[str]) -> str:
    """What the user may have meant, or all there is to choose from."""
    known = sorted(words)
    near = get_close_matches(word, known, 1, 0.5)
    return f"did you mean `{near[0]}`?" if near else f"known are {', '.join(f'`{each}`' for each in known)}"
