"""Paths that lead back: what an object keeps of its maker, and where the one object of a class is kept."""

from __future__ import annotations

from concurlint.effects.calls.access_paths import Path, at_maker, settled
from concurlint.effects.program import Program
from concurlint.facts.records import Access
from concurlint.facts.syntax import Call, Constant, Expression
from concurlint.project.bindings import assigned_once, bound_once, names_of
from concurlint.project.classes import attribute_writes
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, Instance

_MOST_STEPS = 4


class Aliases:
    """Finds for a path the shortest one to the same object, in the same function or in the whole program."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._graph = program.graph
        self._everywhere: dict[Path, Path] = {}

    def reduced(self, path: Path) -> Path:
        """The same object without the way round: `self.part.owner` is `self` where `self.part = Part(self)` is made."""
        for _ in range(_MOST_STEPS):
            made = self._made(path)
            outer = at_maker(*made, self._evaluator) if made is not None else None
            if outer is None or (path.kind == "self" and outer.kind == "local"):
                break
            path = outer
        return settled(path, self._evaluator)

    def everywhere(self, path: Path) -> Path:
        """The same object as all functions would name it: that of the only one of its class by where it is kept."""
        if path not in self._everywhere:
            found = path
            for _ in range(_MOST_STEPS):
                outer = self._kept(found)
                if outer is None:
                    break
                found = self.reduced(outer)
            self._everywhere[path] = found
        return self._everywhere[path]

    def _made(self, path: Path) -> tuple[Path, ClassOf, Call, Code] | None:
        """The way on from the first object of a path that is seen being made, its class, and the call that makes it."""
        value, code, rest = self._first(path)
        if not isinstance(value, Call) or not rest:
            return None
        made = self._evaluator.values(value, code).only()
        if not isinstance(made, Instance) or not isinstance(made.of, ClassOf):
            return None
        return Path("self", made.of.code, "", rest), made.of, value, code

    def _first(self, path: Path) -> tuple[Expression | None, Code, tuple[str, ...]]:
        """What the first object of a path is set to and where, and the way on from it."""
        if path.kind == "self":
            found = self._stored(path.home, next(iter(path.attrs), ""))
            if found is None:
                return None, path.home, ()
            return found[0], found[1], path.attrs[1:]
        return assigned_once(path.name, path.home), path.home, path.attrs

    def _stored(self, cls: Code, attr: str) -> tuple[Expression, Code] | None:
        """The one thing, None aside, that an attribute is ever set to, and where."""
        writes = [w for base in self._evaluator.lineage(cls)[0] for w in attribute_writes(base).get(attr, ())]
        things = [(a.value, code) for a, code in writes if a.value is not None and not _is_none(a)]
        return things[0] if len(things) == 1 and all(a.kind == "write" for a, _ in writes) else None

    def _kept(self, path: Path) -> Path | None:
        """The path from where the only object of a class is kept, for one that starts at it."""
        made = self._maker(path.home) if path.kind == "self" else None
        if made is None:
            return None
        call, code = made
        for cls in self._evaluator.lineage(code.enclosing_class)[0] if code.enclosing_class is not None else ():
            for attr, writes in attribute_writes(cls).items():
                if any(access.value is call for access, _ in writes) and self._stored(cls, attr) is not None:
                    return Path("self", cls, "", (attr,)).then(path.attrs)
        names = list(names_of(call, code))
        if code.scope.kind == "module" and len(names) == 1 and bound_once(names[0], code) is not None:
            return Path("global", code, names[0]).then(path.attrs)
        return None

    def _maker(self, cls: Code) -> tuple[Call, Code] | None:
        """The only call in the program that makes an object of a class, if that is not in a loop."""
        made = self._evaluator.attribute(Instance(ClassOf(cls)), "__init__").only()
        if not isinstance(made, Bound) or not isinstance(made.function, Function):
            return None
        edges = self._graph.callers.get(made.function.code, ())
        if len(edges) != 1 or edges[0].value != ClassOf(cls) or edges[0].site.context.loops:
            return None
        return edges[0].site.call, edges[0].caller


def _is_none(access: Access) -> bool:
    return isinstance(access.value, Constant) and access.value.value is None
