"""Which work is sent to threads to be faster, rather than to be out of the way."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.effects.dispatch import Dispatch
from concurlint.facts.records import Attribute, Call
from concurlint.project.arguments import given
from concurlint.project.callgraph import CallGraph
from concurlint.project.values import Instance, Literal


class Speed:
    """Which dispatches to threads only make sense if they make the work faster."""

    def __init__(self, graph: CallGraph, dispatches: list[Dispatch]) -> None:
        self._graph = graph
        self._evaluator = graph.evaluator
        self._all = [d for d in dispatches if d.on == "thread" and d.site is not None and d.hook is None]
        self._all += [d for d in dispatches if d.on == "thread" and d.hook is not None and d.hook.what == "thread"]

    def hoped_for(self) -> Iterator[Dispatch]:
        """Dispatches of several pieces of work side by side."""
        for dispatch in self._all:
            site = dispatch.site
            if site is None or site.awaited or self._one_worker(dispatch):
                continue
            if dispatch.many or self._in_loop(dispatch) or self._siblings(dispatch):
                yield dispatch

    @staticmethod
    def _in_loop(dispatch: Dispatch) -> bool:
        return dispatch.repeated

    def _siblings(self, dispatch: Dispatch) -> bool:
        mine = dispatch.name.rpartition(".")[0]
        return any(
            other is not dispatch
            and other.where is dispatch.where
            and other.site is not dispatch.site
            and other.site is not None
            and not other.site.awaited
            and other.name.rpartition(".")[0] == mine
            for other in self._all
        )

    def _one_worker(self, dispatch: Dispatch) -> bool:
        """Sent to a pool of one: order is wanted, not speed."""
        assert dispatch.site is not None
        function = dispatch.site.call.function
        if not isinstance(function, Attribute):
            return False
        for value in self._evaluator.values(function.value, dispatch.where):
            if isinstance(value, Instance) and value.site is not None and isinstance(value.site.call, Call):
                workers = given(value.site.call, "max_workers", 0) or given(value.site.call, "processes", 0)
                if workers is not None and self._evaluator.values(workers, value.site.code).only() == Literal(1):
                    return True
        return False
