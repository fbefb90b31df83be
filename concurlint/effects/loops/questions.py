"""Loops in Python over what a library does to the whole at once."""

from __future__ import annotations

from functools import cached_property

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.effects.cost.load import Computing
from concurlint.effects.dataframes.loops import Frames
from concurlint.effects.loops.arithmetic_loops import NumberLoops
from concurlint.effects.loops.regex import Patterns
from concurlint.project.callgraph import CallGraph


class Loops:
    """Each part is worked out when it is first asked for."""

    def __init__(self, graph: CallGraph, roles: Roles, effects: Effects, computing: Computing) -> None:
        self._graph = graph
        self._roles = roles
        self._effects = effects
        self._computing = computing

    @cached_property
    def numbers(self) -> NumberLoops:
        """Loops of arithmetic."""
        return NumberLoops(self._graph, self._roles, self._computing)

    @cached_property
    def frames(self) -> Frames:
        """Loops over the rows of frames."""
        return Frames(self._graph, self._effects)

    @cached_property
    def patterns(self) -> Patterns:
        """Patterns made in loops."""
        return Patterns(self._graph, self._roles, self._computing)
