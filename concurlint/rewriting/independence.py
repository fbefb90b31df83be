"""Whether code may run beside itself and out of its turn: nothing that it does is seen before it gives its result."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.effects import CallFact, EffectKind
from concurlint.catalog.outside import (
    captures_output,
    is_private,
    is_silent,
    keeps_turn,
    only_reads,
    opening_mode,
    runs_command,
)
from concurlint.catalog.traits import has
from concurlint.effects.accesses import StateAccesses
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.lockset.locksets import LockSets
from concurlint.effects.pickling import Pickling
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import (
    Attribute,
    Await,
    Binary,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Item,
    Name,
    Table,
    Text,
    spelled,
)
from concurlint.project.arguments import given
from concurlint.project.classes import holder
from concurlint.project.modules import Code

_SILENT = frozenset({EffectKind.GIL_CPU, EffectKind.NOGIL_CPU, EffectKind.NONE, EffectKind.BLOCK_SLEEP})
_OUTSIDE = frozenset({EffectKind.BLOCK_NET, EffectKind.AWAIT})
_CHANGELESS = frozenset(
    name for kind in (str, bytes, int, float, complex, tuple, frozenset, range) for name in dir(kind)
) | {"get", "keys", "values", "items", "copy", "read", "readline", "readlines"}
"""Methods that change nothing they belong to, whatever the object is."""
_CONTAINERS = ("builtins.list.", "builtins.dict.", "builtins.set.", "builtins.bytearray.", "collections.", "array.")


class Independence:
    """Says of functions why they must keep their turn; nothing if they need not."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._graph = program.graph
        self._touches = program[StateAccesses]
        self._locks = program[LockSets]
        self._pickling = program[Pickling]
        self._moments = program[Reachability]

    def why_ordered(self, code: Code) -> str:
        """Why calls of the function must come one after another, in words; nothing if they need not."""
        return next((why for part in self._parts(code) for why in self._whys(part)), "")

    def why_call(self, code: Code, site: CallSite) -> str:
        """The same of a single call, of a function or of a library."""
        return self._why(code, site) or next(
            (
                why
                for edge in self._graph.edges.get(code, ())
                if edge.site is site and (why := self.why_ordered(edge.callee))
            ),
            "",
        )

    def why_here(self, code: Code) -> str:
        """Why no other process can do what the function does, in words; nothing if one can."""
        for returned in code.scope.returned:
            if returned.value is not None and (refusal := self._pickling.of(returned.value, code, at_start=False)):
                return f"`{code.name}` gives back {refusal.what}, which cannot be pickled"
        return ""

    def reads(self, code: Code) -> set[str]:
        """The names of the function's own module that it, and what it runs there, may read."""
        found: set[str] = set()
        for part in self._parts(code):
            if part.module is code.module:
                found |= {name for name in part.scope.uses if holder(part, name) in (None, code.module.body)}
        return found

    def _parts(self, code: Code) -> list[Code]:
        below = {inner for part in self._moments.below(code) for inner in part.family()}
        return sorted(below, key=lambda part: (part.module.name, part.scope.at))

    def _whys(self, part: Code) -> Iterator[str]:
        for touch in self._touches.touches(part):
            yield f"`{part.name}` changes `{touch.location.shown}`"
        for access in part.scope.accesses:
            if access.kind != "read" and not self._is_own_object(part, access.target):
                yield f"`{part.name}` changes what it was given"
        for entered, _, _ in part.scope.entered:
            if not self._is_own_object(part, entered.manager):
                yield f"`{part.name}` enters `{spelled(entered.manager)}`, which others may have entered"
        for site in part.scope.calls:
            if self._locks.at(part, site.order).may:
                yield f"`{part.name}` takes a lock"
            why = self._why(part, site)
            if why:
                yield why

    def _why(self, part: Code, site: CallSite) -> str:
        names = [name for found, name, _ in self._graph.libraries.get(part, ()) if found is site]
        if not names:
            is_ours = any(edge.site is site for edge in self._graph.edges.get(part, ())) or self._graph.targets(site)
            return "" if is_ours or self._is_harmless(part, site.call) else self._unknown(part, site.call)
        for name in names:
            if name.startswith(_CONTAINERS) and not self._is_harmless(part, site.call):
                return f"`{name}` changes what `{part.name}` was given"
            fact = self._program.effects.lookup(name)
            if keeps_turn(name) or has("draws", name) or (fact is None and not self._is_harmless(part, site.call)):
                return f"`{name}` must keep its turn"
            if fact is not None and not self._is_silent(fact, part, site.call):
                return f"`{name}` is seen outside"
        return ""

    def _is_silent(self, fact: CallFact, part: Code, call: Call) -> bool:
        if fact.effect in _SILENT:
            return True
        if fact.effect is EffectKind.BLOCK_DISK:
            return self._only_reads(fact.name, part, call)
        if captures_output(fact.name) or runs_command(fact.name):
            return captures_output(fact.name) or _is_quiet_command(call)
        if fact.effect not in _OUTSIDE:
            return False
        known = self._program.roles.read(fact.name)
        if known is not None and known.argument is None and known.without is None:
            return True
        return self._is_own(part, call.function) or is_private(fact.name)

    def _only_reads(self, name: str, part: Code, call: Call) -> bool:
        mode = opening_mode(name)
        if mode is not None:
            value = given(call, *mode)
            return value is None or (isinstance(value, Constant) and set(str(value.value)) <= set("rbt"))
        last = name.rpartition(".")[2]
        return only_reads(name) or (last in _CHANGELESS and self._is_own(part, call.function))

    def _is_harmless(self, part: Code, call: Call) -> bool:
        """Whether an unknown call is a method that changes nothing, or only something that the function has made."""
        function = call.function
        if not isinstance(function, Attribute):
            return False
        return function.attr in _CHANGELESS or self._is_own(part, function)

    def _is_own(self, part: Code, function: Expression) -> bool:
        """Whether it is a method of something that the function itself has made."""
        return isinstance(function, Attribute) and self._is_own_object(part, function.value)

    def _is_own_object(self, part: Code, expression: Expression) -> bool:
        while isinstance(expression, (Attribute, Item)):
            expression = expression.value
        if not isinstance(expression, Name):
            return _is_made(expression)
        bindings = part.scope.bindings.get(expression.id, [])
        kinds = ("assign", "with", "annotate", "augment", "for")
        return (
            bool(bindings)
            and holder(part, expression.id) is part
            and part.scope.kind != "module"
            and all(binding.kind in kinds and _is_made(binding.value) for binding in bindings)
        )

    @staticmethod
    def _unknown(part: Code, call: Call) -> str:
        return f"what `{part.name}` calls in line {call.at[0]} is not known"


def _is_made(value: Expression | None) -> bool:
    """Whether the expression gives something new, as far as can be told."""
    while isinstance(value, Await):
        value = value.value
    return isinstance(value, (Call, Collection, Table, Comprehension, Constant, Text, Binary))


def _is_quiet_command(call: Call) -> bool:
    """Whether what the command prints goes where the call says, or it is known to print nothing."""
    captured, output = given(call, "capture_output", None), given(call, "stdout", None)
    if isinstance(captured, Constant) and captured.value is True:
        return True
    if output is not None and not (isinstance(output, Constant) and output.value is None):
        return True
    words = given(call, "args", 0)
    first = words.items[0] if isinstance(words, Collection) and words.items else None
    return isinstance(first, Constant) and isinstance(first.value, str) and is_silent(first.value)
