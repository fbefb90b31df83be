"""All that is asked about threads and executors: how they start, what they read, what becomes of their results."""

from __future__ import annotations

from functools import cached_property

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.effects.commands.batching import Repeats
from concurlint.effects.contexts.spawns import Dispatch
from concurlint.effects.flow.exceptions import Escapes
from concurlint.effects.threads.between import Meanwhile
from concurlint.effects.threads.child_waits import Errands
from concurlint.effects.threads.construction import Starts
from concurlint.effects.threads.fork_join import Teams
from concurlint.effects.threads.futures import Results
from concurlint.effects.threads.late_binding import Captures
from concurlint.effects.threads.objects import ThreadObjects
from concurlint.effects.threads.self_deadlock import SelfWaits
from concurlint.effects.threads.termination import Tarrying
from concurlint.effects.threads.unbounded import Floods
from concurlint.project.callgraph import CallGraph


class Workers:
    """Each part is worked out when it is first asked for."""

    def __init__(self, graph: CallGraph, dispatches: list[Dispatch], roles: Roles, effects: Effects) -> None:
        self._graph = graph
        self._dispatches = dispatches
        self._roles = roles
        self._effects = effects

    @cached_property
    def starts(self) -> Starts:
        """How threads and processes are made and set going."""
        return Starts(self._graph, self._roles)

    @cached_property
    def captures(self) -> Captures:
        """Loop variables that work reads later."""
        return Captures(self._graph, self._dispatches)

    @cached_property
    def results(self) -> Results:
        """What becomes of what pools give back."""
        return Results(self._graph, self._roles, Escapes(self._graph, self._effects, self._roles))

    @cached_property
    def self_waits(self) -> SelfWaits:
        """Tasks that wait for their own pool."""
        return SelfWaits(self._graph, self._dispatches, self._roles)

    @cached_property
    def floods(self) -> Floods:
        """Threads started for each item of a stream."""
        return Floods(self._graph, self._dispatches, self._roles)

    @cached_property
    def threads(self) -> ThreadObjects:
        """The thread objects, who makes and starts them."""
        return ThreadObjects(self._graph, self._dispatches, self._roles)

    @cached_property
    def teams(self) -> Teams:
        """Threads that a function makes, starts and joins by hand."""
        tarrying = Tarrying(self._graph, self._roles, self._effects)
        return Teams(self._graph, self.threads, tarrying, Meanwhile(self._graph, self._roles, self._effects))

    @cached_property
    def errands(self) -> Errands:
        """Threads that only wait for a child process."""
        return Errands(self._graph, self.threads, self.teams, self._roles, self._effects)

    @cached_property
    def repeats(self) -> Repeats:
        """Commands started anew for each item."""
        return Repeats(self._graph, self._roles)
