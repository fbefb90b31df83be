"""Which global names make the files that import them worth reading: what they lead to concerns concurrency."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.roles import Roles
from concurlint.effects.calls.summaries import reached, spread
from concurlint.effects.contexts.spawns import Spawn
from concurlint.facts.syntax import Attribute, Expression, Item, Name
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.classes import is_self
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import ClassOf, Instance, Value


def spreading_names(graph: CallGraph, dispatches: Sequence[Spawn], roles: Roles) -> dict[str, set[str]]:
    """Global names by the reported name of the file that defines them.

    They are functions and classes from which calls lead to something telling or to state that threads
    touch, objects made of such classes, and that state itself.
    """
    run = [dispatch.code for dispatch in dispatches if dispatch.on != "process"]
    below = reached(graph, run, follow=lambda _: True)
    touched = {place for code in below for place in _own_attributes(code)}
    seeds = [
        code
        for code in graph.edges
        if _is_telling(code, graph, roles) or not touched.isdisjoint(_own_attributes(code, written=True))
    ]
    spreading = _callers(graph, seeds)
    names: dict[str, set[str]] = {}
    for code in spreading:
        if code.parent is not None and code.parent.scope.kind == "module":
            names.setdefault(code.module.source.name, set()).add(code.name)
    for code in graph.edges:
        if code.scope.kind == "module":
            names.setdefault(code.module.source.name, set()).update(_objects(code, graph, roles, spreading))
    for code in below:
        names.setdefault(code.module.source.name, set()).update(_globals(code))
    return names


def _callers(graph: CallGraph, start: Iterable[Code]) -> Collection[Code]:
    """The given code, all that leads to it by calls, and the classes and functions it is part of."""
    makers: dict[Code, list[Code]] = {}
    for code in graph.edges:
        for site in code.scope.calls:
            for value in graph.targets(site):
                if isinstance(value, ClassOf):
                    makers.setdefault(value.code, []).append(code)

    def onward(code: Code, _: None) -> Iterator[tuple[Code, None]]:
        leading = [edge.caller for edge in graph.callers.get(code, ())] + makers.get(code, [])
        leading += [code.parent] if code.parent is not None else []
        return ((other, None) for other in leading if other.scope.kind != "module")

    return spread(((code, None) for code in start), onward).keys()


def _is_telling(code: Code, graph: CallGraph, roles: Roles) -> bool:
    for _, name, _ in graph.libraries.get(code, ()):
        if roles.is_telling(name) or roles.kind(roles.returns(name)) in kinds_with("telling"):
            return True
    return code.scope.kind == "class" and any(map(roles.is_telling, graph.evaluator.lineage(code)[1]))


def _objects(body: Code, graph: CallGraph, roles: Roles, spreading: Collection[Code]) -> Iterator[str]:
    """Global names bound to objects of telling classes, or to what a spreading function gives."""
    evaluator = graph.evaluator
    given = {
        site.call for site in body.scope.calls if any(graph.runs(value) in spreading for value in graph.targets(site))
    }
    for name, bindings in body.scope.bindings.items():
        for binding in bindings:
            if binding.kind != "assign" or binding.value is None:
                continue
            values = evaluator.values(binding.value, body)
            if binding.value in given or any(_is_of(value, evaluator, roles, spreading) for value in values):
                yield name
                break


def _is_of(value: Value, evaluator: Evaluator, roles: Roles, spreading: Collection[Code]) -> bool:
    if isinstance(value, Instance) and isinstance(value.of, ClassOf):
        return value.of.code in spreading
    return roles.is_telling(library_name(value)) or roles.is_telling(evaluator.type_name(value))


def _own_attributes(code: Code, written: bool = False) -> Iterator[tuple[Code, str]]:
    """The attributes of `self` that a method touches, or only those it writes, with its class."""
    for access in code.scope.accesses:
        target = _container(access.target)
        if not isinstance(target, Attribute) or not isinstance(target.value, Name):
            continue
        if not written or access.kind != "read":
            cls = is_self(code, target.value.id)
            if cls is not None:
                yield cls, target.attr


def _globals(code: Code) -> Iterator[str]:
    body = code.module.body.scope.bindings
    for name in code.scope.uses:
        if name not in code.scope.bindings and any(b.kind in ("assign", "annotate") for b in body.get(name, ())):
            yield name


def _container(target: Expression) -> Expression:
    while isinstance(target, Item):
        target = target.value
    return target
