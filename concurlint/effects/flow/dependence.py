"""What one turn of a loop needs of the others."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.effects import EffectKind
from concurlint.catalog.traits import may
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Expression, Item, Name, spelled, walk
from concurlint.project.modules import Code


class Dependence:
    """Looks at what is called and changed in the turns of loops."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._effects = program.effects

    @staticmethod
    def sites(code: Code, loop: Loop) -> Iterator[CallSite]:
        """The calls in a turn, loops inside it included, in order."""
        for site in code.scope.calls:
            if loop.number in site.context.loops:
                yield site

    def takes_only_the_item(self, code: Code, loop: Loop, site: CallSite) -> bool:
        """Whether a call takes the item, nothing that the loop works out or changes on the way, and always runs."""
        assert loop.target is not None
        if site.context.conditions != loop.context.conditions:
            return False
        return takes_only_the_item(code, loop, site.call) and not self._changed(code, loop, site.call)

    @staticmethod
    def _changed(code: Code, loop: Loop, call: Call) -> bool:
        """Whether the turns write to an attribute or an item that the call is given."""
        written = {
            spelled(_base(access.target))
            for access in code.scope.accesses
            if access.kind != "read" and loop.number in access.context.loops
        }
        mutated = {
            spelled(site.call.function.value)
            for site in Dependence.sites(code, loop)
            if isinstance(site.call.function, Attribute) and _changes(site.call.function.attr)
        }
        parts = (part for argument in call.arguments for part in walk(argument.value))
        used = {spelled(part) for part in parts if isinstance(part, (Name, Attribute))}
        return bool(used & (written | mutated) - {""})

    def grows(self, code: Code, loop: Loop) -> bool:
        """Whether the loop adds to what it goes through, or waits on purpose between its turns."""
        assert loop.iterable is not None
        over = {spelled(part) for part in walk(loop.iterable) if isinstance(part, (Name, Attribute))}
        for site in self.sites(code, loop):
            function = site.call.function
            if isinstance(function, Attribute) and _changes(function.attr) and spelled(function.value) in over - {""}:
                return True
            for name in (name for found, name, _ in self._graph.libraries.get(code, ()) if found is site):
                fact = self._effects.lookup(name)
                if fact is not None and fact.effect == EffectKind.BLOCK_SLEEP:
                    return True
        return False

    @staticmethod
    def continues(name: str) -> bool:
        """Whether a call of the method goes on with an answer that was asked for before."""
        return may("continues-answer", name.rpartition(".")[2])


def takes_only_the_item(code: Code, loop: Loop, call: Call) -> bool:
    """Whether the call takes the item, and nothing that the loop works out on the way."""
    assert loop.target is not None
    items = {part.id for part in walk(loop.target) if isinstance(part, Name)}
    used = {part.id for part in walk(call) if isinstance(part, Name)}
    made = {
        name
        for name, bindings in code.scope.bindings.items()
        for binding in bindings
        if loop.number in binding.context.loops and binding.kind != "for"
    }
    return bool(items & used) and not (used - items) & made


def _base(target: Expression) -> Expression:
    while isinstance(target, Item):
        target = target.value
    return target


def _changes(method: str) -> bool:
    return may("resizes", method) or may("adds-item", method)
