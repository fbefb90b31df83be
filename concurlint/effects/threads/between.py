"""What a function does between starting its threads and waiting for them."""

from __future__ import annotations

from collections.abc import Sequence

from concurlint.catalog.effects import EffectKind
from concurlint.catalog.roles import Roles
from concurlint.catalog.traits import may
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Expression, spelled, walk
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.modules import Code
from concurlint.project.values import Library


class BetweenStartAndJoin:
    """Tells a function that only waits from one that goes on with something."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._effects = program.effects

    def is_busy(self, code: Code, begun: Sequence[CallSite], joins: Sequence[CallSite]) -> bool:
        """Whether there is more between the last start and the first join than a message."""
        last, first = max(site.order for site in begun), min(join.order for join in joins)
        around = {number for join in joins for number in join.context.loops}
        turning = {number for site in begun for number in site.context.loops} - around
        waiting = around - {number for site in begun for number in site.context.loops}
        for site in code.scope.calls:
            loops = set(site.context.loops)
            if last < site.order < first and not loops & turning and not loops & waiting and not self._is_idle(site):
                return True
        for access in code.scope.accesses:
            between = last < access.order < first and not set(access.context.loops) & turning
            if between and access.kind != "read" and isinstance(access.target, Attribute):
                return True
        tried = {attempt.number for join in joins for attempt in join.context.attempts if attempt.part == "body"}
        caught = [kind for h in code.scope.handlers if h.attempt in tried for types in h.types for kind in walk(types)]
        return any(spelled(kind).endswith("KeyboardInterrupt") for kind in caught)

    def _is_idle(self, site: CallSite) -> bool:
        """Whether a call starts, wakes and waits for nobody: a message, a look at the clock."""
        if is_idle(self._graph, self._roles, site):
            return True
        values = self._graph.targets(site)
        facts = [self._effects.lookup(v.name) for v in values if isinstance(v, Library)]
        return len(facts) == len(values) > 0 and all(f is not None and f.effect == EffectKind.NONE for f in facts)

    @staticmethod
    def reads_pipe(passed: Sequence[Expression]) -> bool:
        """Whether a thread is handed a pipe: it waits for whoever writes to it, and all must be read at once."""
        return any(isinstance(part, Attribute) and may("pipe", part.attr) for each in passed for part in walk(each))


def is_idle(graph: CallGraph, roles: Roles, site: CallSite) -> bool:
    """Whether a call is nothing but a message, a builtin, or the handling of threads itself."""
    function = site.call.function
    if isinstance(function, Attribute) and may("handles-threads", function.attr):
        return True
    names = [library_name(value) for value in graph.targets(site)]
    return bool(names) and all(name.startswith("builtins.") or (bool(name) and roles.is_quiet(name)) for name in names)
