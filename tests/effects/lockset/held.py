"""What is held at each `here()` of small programs, in words that stand beside it in a comment."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from concurlint.effects.lockset.locksets import LockSet, LockSets
from tests.linked import program

START = """
import asyncio, collections, contextlib, functools, multiprocessing, threading

L, M, R = threading.Lock(), threading.Lock(), threading.RLock()


def here():
    pass


def unlikely():
    return input() == "yes"

"""

Lines = Mapping[int, str]


def words(held: LockSet) -> str:
    """The locks that are surely held, in brackets those that may be, `?` where something unknown may be."""
    must = {lock.spelling for lock in held.must}
    may = {lock.spelling for lock in held.may} - must
    return " ".join([*sorted(must), *(f"({name})" for name in sorted(may)), *(["?"] if held.is_open else [])]) or "-"


def forms(names: Mapping[str, object]) -> dict[str, str]:
    """The texts of a test module that call `here`, by the names they are bound to."""
    return {name.lower(): text for name, text in names.items() if isinstance(text, str) and "here()  #" in text}


def held_in(folder: Path, texts: Mapping[str, str]) -> dict[str, Lines]:
    """For each text, checked as a module of its own: by line, what is held at the calls of `here`, callers' too."""
    made = program(folder, {f"{name}.py": START + text for name, text in texts.items()})
    locks = made[LockSets]
    found: dict[str, dict[int, str]] = {name: {} for name in texts}
    for code in made.graph.edges:
        for site in code.scope.calls:
            if getattr(site.call.function, "id", "") == "here":
                found[code.module.name][site.call.at[0]] = words(locks.effective(code, site.order))
    return dict(found)


def told_in(text: str) -> Lines:
    """By line, what the comments say."""
    return dict(_told(START + text))


def _told(source: str) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(source.splitlines(), 1):
        if "here()  #" in line:
            yield number, line.partition("# ")[2]
