"""How locks are used: in which order, for how long, and what their holders wait for."""

from __future__ import annotations

from functools import cached_property

from concurlint.catalog.effects import Effects
from concurlint.effects.blocking.calls import BlockingCalls
from concurlint.effects.contexts.spawns import Dispatches
from concurlint.effects.locks.acquisitions import Holding
from concurlint.effects.locks.condition_wait import Waits
from concurlint.effects.locks.contention import Waiting
from concurlint.effects.locks.join import Joining
from concurlint.effects.locks.lockset import Locks
from concurlint.effects.locks.order import Ordering
from concurlint.effects.locks.release import Releasing
from concurlint.project.callgraph import CallGraph


class Locking:
    """The questions about locks; each part is worked out when first asked for."""

    def __init__(self, graph: CallGraph, dispatches: Dispatches, locks: Locks, effects: Effects) -> None:
        self._graph = graph
        self._effects = effects
        self._dispatches = dispatches
        self._locks = locks

    @cached_property
    def holding(self) -> Holding:
        """Which locks are held where, and taken by which calls."""
        return Holding(self._graph)

    @cached_property
    def ordering(self) -> Ordering:
        """Which locks are taken under which."""
        return Ordering(self.holding, self._dispatches, self._locks)

    @cached_property
    def releasing(self) -> Releasing:
        """Which locks are not released on every way out."""
        return Releasing(self.holding, self._effects)

    @cached_property
    def waits(self) -> Waits:
        """Waits on conditions."""
        return Waits(self._graph)

    @cached_property
    def joining(self) -> Joining:
        """Workers waited for under locks that they need."""
        return Joining(self.holding, self._dispatches)

    def waiting(self, blocking: BlockingCalls) -> Waiting:
        """Long waits under locks."""
        return Waiting(self.holding, blocking)
