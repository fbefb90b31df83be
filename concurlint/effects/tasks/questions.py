"""What is asked about coroutines and their event loop, gathered in one place for the Program."""

from __future__ import annotations

from functools import cached_property

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.effects.blocking.calls import BlockingCalls, reads_or_writes_disk
from concurlint.effects.contexts.spawns import Dispatches
from concurlint.effects.cost.load import Computing
from concurlint.effects.locks.lockset import Locks
from concurlint.effects.locks.suspension import Suspending
from concurlint.effects.races.sharing import Sharing
from concurlint.effects.tasks.atomicity import Interleaving
from concurlint.effects.tasks.cancellation import Cancelling
from concurlint.effects.tasks.coroutines import Coroutines
from concurlint.effects.tasks.disk import DiskWork
from concurlint.effects.tasks.loop_affinity import Crossings
from concurlint.effects.tasks.polling import Idling
from concurlint.effects.tasks.stalls import Stalling
from concurlint.project.callgraph import CallGraph

_FEW = 10.0
"""Turns of a loop over something whose length is not known: one is not accused on a guess."""


class Asynchrony:
    """The parts that answer the rules of asyncio, each made when it is first asked."""

    def __init__(
        self, graph: CallGraph, dispatches: Dispatches, roles: Roles, effects: Effects, locks: Locks, threads: Sharing
    ) -> None:
        self._graph = graph
        self._dispatches = dispatches
        self._roles = roles
        self._effects = effects
        self._locks = locks
        self._threads = threads
        self.coroutines = Coroutines(graph, dispatches, roles)
        self.suspending = Suspending(graph, roles, locks, dispatches)
        self.cancelling = Cancelling(graph, dispatches, roles)

    @cached_property
    def crossings(self) -> Crossings:
        """Objects of a loop used on other threads."""
        return Crossings(self._graph, self._roles, self._threads)

    @cached_property
    def stalling(self) -> Stalling:
        """Computing in coroutines."""
        return Stalling(self._graph, self._dispatches, self._effects, Computing(self._graph, self._effects, _FEW))

    @cached_property
    def interleaving(self) -> Interleaving:
        """State torn across awaits."""
        return Interleaving(self._graph, Sharing(self._graph, self._dispatches, self._locks, "task"))

    @cached_property
    def disk(self) -> DiskWork:
        """Disk access on the loop."""
        return DiskWork(self._graph, self._dispatches, BlockingCalls(self._graph, self._effects, reads_or_writes_disk))

    @cached_property
    def idling(self) -> Idling:
        """Polls by timer, and awaits one by one."""
        return Idling(self._graph, self._roles, self._locks, self._threads.touching)
