"""What to write instead of a loop that does one thing after another, in the names of the loop."""

import re

from concurlint.facts.records import Loop
from concurlint.facts.syntax import Call, Name, spelled
from concurlint.facts.unparse import written

_THREAD = re.compile(r",? ?(?:or )?(?:and )?`?await asyncio\.to_thread\(.*\)`?$")
_AWAITED = re.compile(r" and `?await [^`,]*\)`?")
_MOST_SHOWN = 40
_NONE_OF_ASYNCIO = re.compile(r"(?: or )?\baiohttp\b")


def mapped(loop: Loop, call: Call, *, own: bool = False) -> str:
    """`pool.map(fetch, urls)` for a loop that calls `fetch` with each of `urls`; dots where that is not plain.

    With `own`, each thread needs an object of its own, so that the call cannot be handed over as it is."""
    work = spelled(call.function)
    items = written(loop.iterable)
    items = items if len(items) <= _MOST_SHOWN else ""
    item = spelled(loop.target) if isinstance(loop.target, Name) else ""
    plain = len(call.arguments) == 1 and not call.arguments[0].keyword and not call.arguments[0].star
    takes_item = plain and item and spelled(call.arguments[0].value) == item
    if own or not takes_item or not work or len(work) > _MOST_SHOWN or work.split(".")[0] == item:
        work = "…"
    return f"pool.map({work}, {items or '…'})"


def async_form(remedy: str, framework: str) -> str:
    """The async clients that the words of a catalogue's remedy name; `""` if they only name threads."""
    words = _AWAITED.sub("", _THREAD.sub("", remedy)).strip(" ,")
    if framework != "asyncio":
        words = _NONE_OF_ASYNCIO.sub("", words).strip(" ,")
    return words
