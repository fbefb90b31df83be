"""Who is kept waiting while a coroutine does not let go of its event loop, and for how long."""

from __future__ import annotations

import re

from concurlint.catalog.traits import has
from concurlint.effects.blocking.calls import Blocking
from concurlint.effects.blocking.others import Others
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.finding import Weight
from concurlint.project.arguments import given
from concurlint.project.modules import Code
from concurlint.project.values import Literal

# One row by its key is a matter of microseconds: SQLite looks into a file that is in memory.
_ONE_ROW = re.compile(
    r"(?is)\s*select\b[^;]*\bwhere\s+[\w.]*\b(?:\w*_)?(?:id|key|rowid|uuid)\s*=\s*(?:\?|:\w+|\d+)\s*;?\s*"
)


class Company:
    """Weighs what stops an event loop: by who else is there, and by how long it takes."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._others = program[Others]
        self._dispatches = program[Spawns]

    def weight(self, code: Code, site: CallSite | None, blocking: Blocking | None = None) -> Weight:
        """Low where nobody else is on the loop, or nobody yet, or where it is all over in no time."""
        if blocking is not None and self._is_brief(blocking):
            return Weight.LOW
        if site is not None and self._is_first(code, site):
            return Weight.LOW
        order = site.order if site is not None else None
        return Weight.HIGH if self._others.may_be_beside(code, order) else Weight.LOW

    def _is_first(self, code: Code, site: CallSite) -> bool:
        """Whether the main coroutine is there before it waits for anything: no other task has had its turn."""
        runs = self._dispatches.by_code.get(code, ())
        if not runs or not all(run.on == "task" and run.waits for run in runs) or site.context.loops:
            return False
        return all(awaited.order > site.order for awaited in code.scope.awaits)

    def _is_brief(self, blocking: Blocking) -> bool:
        code, site = blocking.chain[-1]
        if not has("runs-sql", blocking.name):
            return False
        text = given(site.call, "sql", 0)
        value = self._program.evaluator.values(text, code).only() if text is not None else None
        return isinstance(value, Literal) and isinstance(value.value, str) and bool(_ONE_ROW.fullmatch(value.value))
