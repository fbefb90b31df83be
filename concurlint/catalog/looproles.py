"""What library names are to event loops and coroutines: what starts a loop, belongs to one, is to be awaited."""

import tomllib
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_TABLES = Path(__file__).parent / "roles"


@dataclass(frozen=True, slots=True)
class _Table:
    """The sections of one package's table that speak of loops: names to words, and plain lists of names."""

    words: Mapping[str, Mapping[str, str]]
    names: Mapping[str, frozenset[str]]


@cache
def _table(package: str) -> _Table:
    path = _TABLES / f"{package}.toml"
    data = tomllib.loads(path.read_text("utf-8")) if package.isidentifier() and path.is_file() else {}
    words = {section: data.get(section, {}) for section in ("loops", "bound", "polled")}
    listed = ("coroutines", "cancellations", "gathers", "sleeps", "independent", "answers")
    return _Table(words, {section: frozenset(data.get(section, {}).get("names", ())) for section in listed})


class LoopRoles(ABC):
    """The part of the roles that speaks of event loops and coroutines."""

    @abstractmethod
    def ancestry(self, name: str) -> tuple[str, ...]:
        """`name` and the names of its library bases, nearest first."""

    def runs_loop(self, name: str) -> str:
        """The framework whose event loop a call of `name` runs, which fails where one runs already; `""` if none."""
        return self._said("loops", name)

    def is_coroutine_function(self, name: str) -> bool:
        """Whether a call of `name` only makes a coroutine, which does nothing until it is awaited."""
        return self._is_listed("coroutines", name)

    def is_cancellation(self, name: str) -> bool:
        """Whether `except name` catches the cancellation of a task."""
        return self._is_listed("cancellations", name)

    def cancels_tasks(self, package: str) -> bool:
        """Whether a package has tasks that may be cancelled."""
        return package != "builtins" and bool(_table(package).names["cancellations"])

    def gathers(self, name: str) -> bool:
        """Whether a call of `name` waits for the coroutines and futures that it is given."""
        return self._is_listed("gathers", name)

    def is_sleep(self, name: str) -> bool:
        """Whether awaiting a call of `name` waits for time to pass and nothing else."""
        return self._is_listed("sleeps", name)

    def is_independent(self, name: str) -> bool:
        """Whether calls of `name` may be awaited side by side: none changes what another is given."""
        return self._is_listed("independent", name)

    def is_answer(self, name: str) -> bool:
        """Whether awaiting a call of `name` opens a client or reads the answer of a request."""
        return self._is_listed("answers", name)

    def bound_to_loop(self, name: str) -> str:
        """What other threads may do instead of calling `name`, which belongs on the loop's thread; `""` if nothing."""
        return self._said("bound", name)

    def instead_of_polling(self, name: str) -> str:
        """What to await instead of asking `name` again and again, `""` where there is nothing."""
        return self._said("polled", name)

    def _said(self, section: str, name: str) -> str:
        words = (_table(known.partition(".")[0]).words[section].get(known, "") for known in self._inherited(name))
        return next(filter(None, words), "")

    def _is_listed(self, section: str, name: str) -> bool:
        return any(known in _table(known.partition(".")[0]).names[section] for known in self._inherited(name))

    def _inherited(self, name: str) -> Iterator[str]:
        """A method by the names of its class and of that class's library bases."""
        yield name
        owner, _, method = name.rpartition(".")
        for base in self.ancestry(owner)[1:] if owner else ():
            yield f"{base}.{method}"
