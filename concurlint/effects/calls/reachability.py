"""What comes before what: in each function, the calls that do a thing or lead to it, in the order they run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from concurlint.effects.calls.summaries import reached
from concurlint.effects.flow.dominators import sure_records
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.project.modules import Code

_DEEPEST = 5


class Placed(Protocol):
    """Something that happens at a call in a code object."""

    @property
    def code(self) -> Code: ...
    @property
    def site(self) -> CallSite: ...


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """Something that happens at a call, with what it happens to."""

    code: Code
    site: CallSite
    what: str = ""


class Reachability:
    """Looks a few calls down and up."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._graphs = program[Graphs]
        self._below: dict[Code, set[Code]] = {}

    def below(self, code: Code) -> set[Code]:
        """The code itself and all that it runs, some calls deep."""
        if code not in self._below:
            self._below[code] = set(reached(self._graph, [code], deepest=_DEEPEST))
        return self._below[code]

    def above(self, codes: Iterable[Code]) -> list[Code]:
        """The codes and what runs them, some calls up; module bodies too."""
        return list(reached(self._graph, codes, up=True, deepest=_DEEPEST))

    def in_code(self, code: Code, events: Sequence[Placed]) -> list[CallSite]:
        """The calls in `code` that are, or lead to, one of the events."""
        wanted = {event.code for event in events}
        found = [event.site for event in events if event.code is code]
        for edge in self._graph.edges.get(code, ()):
            if edge.callee is not code and edge.runs and not wanted.isdisjoint(self.below(edge.callee)):
                found.append(edge.site)
        return found

    def leads_to(self, code: Code, first: CallSite, then: CallSite, avoiding: Iterable[CallSite] = ()) -> bool:
        """Whether a run that has done one call may come to another after it, by a way without some."""
        passed = {order for site in avoiding for order in sure_records(code.scope, site, first.context)}
        return then.order in self._graphs.of(code).after(first.order, passed)
