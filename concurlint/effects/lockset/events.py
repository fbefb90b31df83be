"""What a function does with locks: where it takes and gives them back, and what it holds by that."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from concurlint.effects.calls.witness import links
from concurlint.effects.flow.conditions import passed_on
from concurlint.effects.lockset.address import Lock
from concurlint.facts.records import CallSite, Condition, Context, Entered
from concurlint.facts.syntax import Place
from concurlint.finding import Step
from concurlint.project.arguments import merged
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance


@dataclass(frozen=True, slots=True, eq=False)
class Acquisition:
    """A `with` item or a call that takes a lock; `waits` when it does so for as long as it takes."""

    lock: Lock
    code: Code
    at: Place
    context: Context
    order: int
    waits: bool
    entered: Entered | None = None
    site: CallSite | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Hold:
    """A lock held at a place (or to be taken by a call), as seen there, and the calls to where it is taken."""

    lock: Lock
    taking: Acquisition
    via: tuple[Edge, ...] = ()
    asked: tuple[Condition, ...] = ()  # what functions further down ask of a parameter that is only passed on

    def steps(self, verb: str) -> tuple[Step, ...]:
        """The calls that lead to the taking, and the taking."""
        taking = self.taking
        last = Step(taking.code.span(taking.at), f"`{taking.code.qualname}` {verb} `{taking.lock.spelling}` here")
        return (*links(self.via), last)


Told: TypeAlias = tuple[bool | None, bool | None]
"""Whether a call has got the lock if its result is true, and if it is false; None where that does not tell."""

UNTOLD: Told = (None, None)


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """What becomes of a lock at a record: how often more it is held then, at least and at most."""

    order: int
    lock: Lock
    least: int
    most: int
    hold: Hold | None = None
    stack: str = ""  # the `ExitStack` that will give it back, as it is spelled
    site: CallSite | None = None  # the call that does it
    told: Told = UNTOLD


@dataclass(frozen=True, slots=True, eq=False)
class Give:
    """A call that gives a lock back; `stack` is closed and gives back all that it took."""

    order: int
    lock: Lock | None
    site: CallSite | None = None
    stack: str = ""
    is_sure: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """Entering a context manager, by `with` or into a stack: what it takes itself, and what it runs in the project."""

    order: int
    takes: tuple[Take, ...]
    edges: tuple[Edge, ...]
    stack: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Operations:
    """All that one function does with locks itself."""

    takes: tuple[Take, ...] = ()
    gives: tuple[Give, ...] = ()
    entries: tuple[Entry, ...] = ()


def lifted(hold: Hold, lock: Lock, edge: Edge) -> Hold:
    """A hold of the callee as its caller has it, where it gets at the lock as `lock`."""
    first = hold.via[0].site.context if hold.via else hold.taking.context
    call = merged(edge.value, edge.site.call), isinstance(edge.value, (Bound, ClassOf, Instance))
    asked = tuple(passed_on((*first.conditions, *hold.asked), edge.callee, edge.caller, call))
    return Hold(lock, hold.taking, (edge, *hold.via), asked)
