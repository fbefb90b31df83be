"""What is asked about coroutines and their event loop, gathered in one place for the Program."""

from __future__ import annotations

from concurlint.catalog.roles import Roles
from concurlint.effects.cancelling import Cancelling
from concurlint.effects.coroutines import Coroutines
from concurlint.effects.dispatch import Dispatches
from concurlint.effects.locks import Locks
from concurlint.effects.suspending import Suspending
from concurlint.project.callgraph import CallGraph


class Asynchrony:
    """The parts that answer the rules of asyncio."""

    def __init__(self, graph: CallGraph, dispatches: Dispatches, roles: Roles, locks: Locks) -> None:
        self.coroutines = Coroutines(graph, dispatches, roles)
        self.suspending = Suspending(graph, roles, locks)
        self.cancelling = Cancelling(graph, dispatches, roles)
