"""Who is kept waiting while a coroutine does not let go of its event loop, and for how long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from concurlint.catalog.outside import is_this_machine
from concurlint.catalog.traits import has, listed, may
from concurlint.effects.blocking.calls import Blocking
from concurlint.effects.blocking.others import Others
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, Collection, Constant, Name, spelled
from concurlint.finding import Weight
from concurlint.project.arguments import given
from concurlint.project.bindings import assigned_once
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Function, Literal

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
        if blocking is not None and (self._is_brief(blocking) or self._winds_up(blocking)):
            return Weight.LOW
        order = site.order if site is not None else None
        if site is not None and (self._is_first(code, site) or self._is_before_serving(code, site)):
            return Weight.LOW
        return Weight.HIGH if self._others.may_be_beside(code, order) else Weight.LOW

    def _is_first(self, code: Code, site: CallSite) -> bool:
        """Whether the main coroutine is there before it waits for anything: no other task has had its turn."""
        runs = self._dispatches.by_code.get(code, ())
        if not runs or not all(run.on == "task" and run.waits for run in runs) or site.context.loops:
            return False
        return all(awaited.order > site.order for awaited in code.scope.awaits)

    def _is_before_serving(self, code: Code, site: CallSite) -> bool:
        """Whether a framework runs this before it lets anybody in: at start-up, or in a `lifespan` up to its yield."""
        if self._others.go_on(code, site.order):
            return False
        if any(listed("runs-before-serving", name) for name in self._decorated_with(code)):
            return True
        opened = [place.order for place in code.scope.yielded]
        return bool(opened) and site.order < min(opened) and code in self._lifespans

    def _decorated_with(self, code: Code) -> Iterator[str]:
        """The names of library decorators, with the event's where they take one: `fastapi.FastAPI.on_event.startup`."""
        for decorator in code.scope.decorators:
            function = decorator.function if isinstance(decorator, Call) else decorator
            event = decorator.arguments[0].value if isinstance(decorator, Call) and decorator.arguments else None
            for value in self._program.evaluator.values(function, code.parent or code):
                name = library_name(value)
                of = event.value if isinstance(event, Constant) and isinstance(event.value, str) else ""
                yield f"{name}.{of}" if name and of else name

    @cached_property
    def _lifespans(self) -> frozenset[Code]:
        """The context managers handed to a framework as `lifespan`."""
        evaluator = self._program.evaluator
        return frozenset(
            value.code
            for code in self._program.graph.edges
            for site in code.scope.calls
            for argument in site.call.arguments
            if argument.keyword == "lifespan"
            for value in evaluator.values(argument.value, code)
            if isinstance(value, Function)
        )

    @staticmethod
    def _winds_up(blocking: Blocking) -> bool:
        """Whether it is the end of the program's own workers that is waited for, where all comes to an end."""
        last = blocking.name.rpartition(".")[2]
        if not (may("ends-pool", last) or may("ends-thread", last) or has("waits-for-child", blocking.name)):
            return False
        return any(may("winds-up", _first_word(code.name)) for code, _ in blocking.chain)

    def _is_own_name(self, code: Code, site: CallSite) -> bool:
        """Whether this very machine's name is looked up."""
        for argument in site.call.arguments:
            named = assigned_once(argument.value.id, code) if isinstance(argument.value, Name) else argument.value
            names = self._program.evaluator.values(named.function, code) if isinstance(named, Call) else ()
            if any(has("names-this-machine", library_name(name)) for name in names):
                return True
        return False

    def _is_brief(self, blocking: Blocking) -> bool:
        code, site = blocking.chain[-1]
        if self._is_own_name(code, site):
            return True
        if has("fetches-row", blocking.name):
            found = self._statement_before(code, site)
            return found is not None and self._finds_one_row(code, found)
        if has("dials", blocking.name):
            return self._is_to_this_machine(code, site)
        return has("runs-sql", blocking.name) and self._finds_one_row(code, site)

    def _is_to_this_machine(self, code: Code, site: CallSite) -> bool:
        """Whether a connection is asked for at this machine's own address: the kernel answers in microseconds."""
        address = given(site.call, "address", 0)
        host = address.items[0] if isinstance(address, Collection) and address.items else None
        values = self._program.evaluator.values(host, code) if host is not None else ()
        hosts = [value.value for value in values if isinstance(value, Literal)]
        return bool(hosts) and len(hosts) == len(list(values)) and all(map(is_this_machine, hosts))

    def _statement_before(self, code: Code, site: CallSite) -> CallSite | None:
        """The call that ran the statement of which a row is fetched: `c.execute(…).fetchone()`, or the last on `c`."""
        function = site.call.function
        cursor = function.value if isinstance(function, Attribute) else None
        before = [
            other
            for other, name, _ in self._program.graph.libraries.get(code, ())
            if has("runs-sql", name) and other.order <= site.order and other is not site
        ]
        if isinstance(cursor, Call):
            return next((other for other in before if other.call is cursor), None)
        own = [
            other
            for other in before
            if isinstance(other.call.function, Attribute)
            and cursor is not None
            and spelled(other.call.function.value) == spelled(cursor) != ""
        ]
        return max(own, key=lambda other: other.order, default=None)

    def _finds_one_row(self, code: Code, site: CallSite) -> bool:
        text = given(site.call, "sql", 0)
        value = self._program.evaluator.values(text, code).only() if text is not None else None
        return isinstance(value, Literal) and isinstance(value.value, str) and bool(_ONE_ROW.fullmatch(value.value))


def _first_word(name: str) -> str:
    """The verb of a function's name: `stop` of `_stop_all`, and the whole of `__aexit__`."""
    return name if name.startswith("__") else name.strip("_").partition("_")[0]
