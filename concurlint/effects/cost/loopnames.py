"""Loops in the words of findings."""

from concurlint.facts.records import Loop
from concurlint.facts.syntax import Call, Constant, Expression, spelled

_KINDS = {"for": "loop", "while": "`while` loop", "comprehension": "comprehension"}


def in_words(loop: Loop, depth: int) -> str:
    """What kind of loop it is and what it goes through, as far as that can be said in a few words."""
    over = ""
    if loop.kind != "while" and loop.iterable is not None:
        spelling = _spelling(loop.iterable)
        over = f" over `{spelling}`" if spelling else ""
    return f"{'nested ' if depth > 1 else ''}{_KINDS[loop.kind]}{over}"


def _spelling(iterable: Expression) -> str:
    if isinstance(iterable, Call):
        inner = ", ".join(_spelling(argument.value) or "…" for argument in iterable.arguments)
        return f"{spelled(iterable.function)}({inner})" if spelled(iterable.function) else ""
    if isinstance(iterable, Constant):
        return repr(iterable.value)
    return spelled(iterable)
