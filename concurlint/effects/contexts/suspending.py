"""Coroutines that never let go of their loop: once they run, they run to their end."""

from __future__ import annotations

from concurlint.effects.program import Program
from concurlint.facts.syntax import Call
from concurlint.project.modules import Code
from concurlint.project.values import Coroutine


class Suspending:
    """Tells of coroutines whether another task may ever run while they do."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._known: dict[Code, bool] = {}

    def never(self, code: Code) -> bool:
        """Whether nothing in a coroutine waits: it awaits nothing, or only coroutines of the kind."""
        if code not in self._known:
            self._known[code] = False  # those that await each other are not known to end
            self._known[code] = _does_something(code) and all(
                awaited.value is not None and isinstance(awaited.value, Call) and self._at_once(awaited.value, code)
                for awaited in code.scope.awaits
            )
        return self._known[code]

    def _at_once(self, call: Call, code: Code) -> bool:
        values = self._evaluator.values(call, code)
        return (
            values.whole
            and bool(values.items)
            and all(isinstance(value, Coroutine) and self.never(value.function) for value in values)
        )


def _does_something(code: Code) -> bool:
    """Whether a coroutine has a body: one of `...` stands for something else."""
    scope = code.scope
    return code.is_async and bool(scope.calls or scope.accesses or scope.awaits)
