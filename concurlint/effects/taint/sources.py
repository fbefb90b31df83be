"""Where the value of a name, attribute or parameter was put together, as parts of a string."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from concurlint.catalog.traits import listed, may
from concurlint.effects.accesses import Location, StateAccesses
from concurlint.effects.contexts.frameworks import is_run_by_pytest
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.flow.definitions import Definitions
from concurlint.effects.program import Program
from concurlint.effects.taint.domain import (
    SAFE,
    UNKNOWN,
    Frame,
    Piece,
    TaintQueries,
    composed,
    either,
    harmless,
    literals,
    one_of_many,
)
from concurlint.effects.taint.sanitisers import Sanitisers
from concurlint.effects.taint.stores import Stores
from concurlint.facts.records import Binding
from concurlint.facts.syntax import Attribute, Call, Collection, Expression, Item, Name, Table
from concurlint.finding import Step
from concurlint.project.arguments import has_stars, matching
from concurlint.project.bindings import bound_once
from concurlint.project.callgraph import library_name
from concurlint.project.classes import attribute_writes, holder, is_self
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Container, Function, Instance, ModuleOf, Value

_MOST_CALLERS = 40


class TaintSources:
    """Follows names back on behalf of a `TaintQueries`."""

    def __init__(self, tracer: TaintQueries, program: Program) -> None:
        self._tracer = tracer
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._dispatches = program[Spawns].by_code
        self._accesses = program[StateAccesses]
        self.stores = program[Stores]
        self.definitions = program[Definitions]
        self._sanitisers = Sanitisers(program)

    def outside(self, reason: str, expression: Expression, code: Code) -> Piece:
        """A piece that comes from outside the program at this very place."""
        return Piece("outside", "", reason, (Step(code.span(expression.at), f"comes from {reason}"),))

    def of_name(self, name: Name, code: Code) -> Iterable[Piece]:
        """The parts of what a name holds where it is read."""
        if self._sanitisers.checks(name, code):
            return (SAFE,)
        home = holder(code, name.id)
        where = home or code.module.body
        bindings = where.scope.bindings.get(name.id, [])
        if where is code:
            bindings = self.definitions.at(name.id, name, code)
        if not bindings:
            return self._of_values(name, code)
        if len(bindings) == 1 and self._tracer.is_number(name, code):
            return (SAFE,)
        plain = [self._binding(b, where) for b in bindings if b.kind not in ("augment", "annotate")]
        if home is None:
            plain += self._put(self._accesses.locate(name, code))
        base = either(plain) if plain else (UNKNOWN,)
        added = [b.value for b in bindings if b.kind == "augment" and b.value is not None]
        extra = [piece for value in added for piece in self._tracer.pieces(value, where)]
        extra += self._grown(name, where)
        return composed((*base, *extra)) if extra else base

    def put_in(self, item: Item, container: Expression, code: Code) -> list[tuple[Piece, ...]]:
        """What is put into a container under the key that is asked for."""
        key = item.index[0] if len(item.index) == 1 else None
        stores = self.stores.to_items(self._accesses.locate(container, code, within=True), key)
        return [self._tracer.pieces(s.value, s.code) if s.value is not None else (UNKNOWN,) for s in stores]

    def is_grown(self, expression: Expression, code: Code) -> bool:
        """Whether a list gets further items after it was made, or the name stands for several lists."""
        if not isinstance(expression, Name):
            return False
        home = holder(code, expression.id) or code.module.body
        return bound_once(expression.id, home) is None or bool(self._grown(expression, home))

    def _grown(self, name: Name, home: Code) -> list[Piece]:
        """What `name.append(x)` adds to a list whose items are joined later."""
        found: list[Piece] = []
        for site in home.scope.calls:
            function = site.call.function
            if not isinstance(function, Attribute) or not may("grows", function.attr):
                continue
            if isinstance(function.value, Name) and function.value.id == name.id and site.call.arguments:
                found += harmless(self._tracer.pieces(site.call.arguments[-1].value, home))
        return found

    # bindings

    def _binding(self, binding: Binding, code: Code) -> tuple[Piece, ...]:
        value = binding.value
        match binding.kind:
            case "assign" if value is not None:
                return self._settled(self._tracer.at_path(value, binding.path, code), binding, code)
            case "for" if value is not None:
                return self._settled(self.each(value, binding.path, code), binding, code)
            case "with" if value is not None:
                return self._settled(self._tracer.pieces(value, code), binding, code)
            case "parameter":
                return self._parameter(binding, code)
            case "import" if binding.imported is not None and binding.imported.name is not None:
                module = code.module
                source = self._evaluator.project.module(module.absolute(binding.imported), module.source)
                if source is not None:
                    return self._in_scope(source.body, binding.imported.name)
        return self._settled((UNKNOWN,), binding, code)

    def _in_scope(self, code: Code, name: str) -> tuple[Piece, ...]:
        """What a name of a module or class body may hold."""
        bindings = code.scope.bindings.get(name, [])
        options = [self._binding(b, code) for b in bindings if b.kind not in ("augment", "annotate")]
        options += self._put(Location("global", code, name) if code.scope.kind == "module" else None)
        return either(options) if options else (UNKNOWN,)

    def _put(self, location: Location | None) -> list[tuple[Piece, ...]]:
        """What code elsewhere puts into a piece of state."""
        stores = self.stores.to(location)
        return [self._tracer.pieces(s.value, s.code) if s.value is not None else (UNKNOWN,) for s in stores]

    def _settled(self, pieces: tuple[Piece, ...], binding: Binding, code: Code) -> tuple[Piece, ...]:
        """The pieces, or if they say nothing what the type inference knows of the binding."""
        if any(piece.status != "unknown" for piece in pieces):
            return pieces
        values = self._evaluator.binding(binding, code)
        found = self._by_type(values, binding.value, code)
        if found is not None:
            return (found,)
        return literals(values) or pieces

    def each(self, iterable: Expression, path: tuple[int, ...], code: Code) -> tuple[Piece, ...]:
        """One element of an iterable: constants stay harmless, anything from outside is from outside."""
        if isinstance(iterable, Call):
            found = self._each_of_call(iterable, path, code)
            if found is not None:
                return found
        for value in self._evaluator.values(iterable, code):
            if not isinstance(value, Container) or value.annotated:
                continue
            if isinstance(value.origin, Collection) and value.origin.items:
                members = [self._tracer.at_path(item, path, value.code) for item in value.origin.items]
                return either([*members, *self._added(iterable, code)])
        pieces = one_of_many(self._tracer.pieces(iterable, code))
        if all(piece.status == "unknown" for piece in pieces):
            outside = self._by_type(self._evaluator.values(iterable, code), iterable, code)
            return (outside,) if outside is not None else pieces
        return pieces

    def _added(self, iterable: Expression, code: Code) -> list[tuple[Piece, ...]]:
        if not isinstance(iterable, Name):
            return []
        return [(piece,) for piece in self._grown(iterable, holder(code, iterable.id) or code.module.body)]

    def _each_of_call(self, call: Call, path: tuple[int, ...], code: Code) -> tuple[Piece, ...] | None:
        """One element of `enumerate(x)`, `zip(x, y)` or `table.items()`."""
        plain = [a.value for a in call.arguments if a.keyword is None and not a.star]
        names = {library_name(v) for v in self._evaluator.values(call.function, code)}
        if "builtins.enumerate" in names and path and plain:
            return self.each(plain[0], path[1:], code) if path[0] == 1 else (SAFE,)
        if "builtins.zip" in names and path and 0 <= path[0] < len(plain):
            return self.each(plain[path[0]], path[1:], code)
        function = call.function
        if isinstance(function, Attribute) and function.attr == "items" and path:
            for value in self._evaluator.values(function.value, code).used():
                if isinstance(value, Container) and isinstance(value.origin, Table):
                    table = value.origin
                    side = [key for key in table.keys if key is not None] if path[0] == 0 else [*table.values]
                    return either([self._tracer.at_path(item, path[1:], value.code) for item in side])
        return None

    # parameters

    def _parameter(self, binding: Binding, code: Code) -> tuple[Piece, ...]:
        parameter = next((p for p in code.scope.parameters if p.name == binding.name), None)
        if parameter is None or parameter.kind == "args" or is_self(code, binding.name):
            return (UNKNOWN,)
        if parameter.kind == "kwargs" and self._callers(code):
            return (UNKNOWN,)  # which of its entries is asked for is not followed to the callers
        if parameter.annotation is not None and self._is_harmless_type(parameter.annotation, code):
            return (SAFE,)
        frames = self._tracer.frames
        inside = next((i for i in reversed(range(len(frames))) if frames[i].callee is code), None)
        if inside is not None:
            self._tracer.frames = frames[:inside]
            try:
                return self._passed(frames[inside], binding.name)
            finally:
                self._tracer.frames = frames
        if is_run_by_pytest(code, self._evaluator):
            return (UNKNOWN,)
        reason = self.brought(code)
        if reason:
            return (self.outside(reason, Name(binding.name, code.scope.at), code),)
        callers = self._callers(code)
        if not callers:
            step = Step(code.span(code.scope.at), f"`{binding.name}` is a parameter of `{code.qualname}`")
            return (Piece("outside", "", f"the parameter `{binding.name}`", (step,), is_parameter=True),)
        options: list[tuple[Piece, ...]] = []
        for frame in callers[:_MOST_CALLERS]:
            step = Step(frame.caller.span(frame.call.at), f"`{frame.caller.qualname}` passes it")
            pieces = self._passed(frame, binding.name)
            options.append(tuple(replace(p, steps=(*p.steps, step)) if p.status == "outside" else p for p in pieces))
        return either(options)

    def brought(self, code: Code) -> str:
        """What outside thing a framework hands the function when it runs it; "" where none does."""
        runs = self._dispatches.get(code, ())
        return next((said for said in (self._roles.foreign(run.name, run.hook) for run in runs) if said), "")

    def _is_harmless_type(self, annotation: Expression, code: Code) -> bool:
        """Whether an annotation names numbers or a closed choice of constants."""
        if isinstance(annotation, Item) and isinstance(annotation.value, (Name, Attribute)):
            names = {library_name(v) for v in self._evaluator.values(annotation.value, code)}
            if any(listed("closed-choice", name) for name in names):
                return True
        return self._tracer.are_numbers(self._evaluator.annotated(annotation, code))

    def _callers(self, code: Code) -> list[Frame]:
        """The calls and dispatches that reach a function."""
        found = {
            edge.site.call: Frame(code, edge.site.call, edge.caller, _is_bound(edge.value))
            for edge in self._graph.callers.get(code, ())
        }
        for call, caller, value in self._evaluator.callers.get(code, ()):
            found.setdefault(call, Frame(code, call, caller, _is_bound(value)))
        return list(found.values())

    def _passed(self, frame: Frame, name: str) -> tuple[Piece, ...]:
        """What one call passes for a parameter, its default if nothing."""
        code = frame.callee
        parameter = next(p for p in code.scope.parameters if p.name == name)
        passed = matching(frame.call, code, parameter, is_bound=frame.is_bound)
        if passed is not None:
            return self._tracer.pieces(passed, frame.caller)
        if parameter.default is not None and code.parent is not None and not has_stars(frame.call):
            return self._tracer.pieces(parameter.default, code.parent)
        return (UNKNOWN,)

    # attributes

    def of_attribute(self, expression: Attribute, code: Code) -> Iterable[Piece]:
        """The parts of what an attribute holds."""
        if self._sanitisers.checks(expression, code):
            return (SAFE,)
        location = self._accesses.locate(expression, code)
        put = self._put(location)
        if put:
            return either([*put, tuple(self._as_bound(expression, code))])
        return self._as_bound(expression, code)

    def _as_bound(self, expression: Attribute, code: Code) -> Iterable[Piece]:
        """The parts of what the class, its methods or the module bind the attribute to."""
        values = self._evaluator.values(expression, code)
        constants = literals(values)
        if constants:
            return constants
        if self._tracer.is_number(expression, code):
            return (SAFE,)
        owners = self._evaluator.values(expression.value, code).used()
        outside = self._by_type(values, expression, code) or self._by_type(owners, expression, code)
        if outside is not None:
            return (outside,)
        if isinstance(expression.value, Name):
            cls = is_self(code, expression.value.id)
            if cls is not None:
                return self._of_class(cls, expression.attr)
        found = either([self._of_owner(owner, expression, code) for owner in owners] or [(UNKNOWN,)])
        return found if any(piece.status != "unknown" for piece in found) else self._part_of(expression, code)

    def _part_of(self, expression: Attribute, code: Code) -> tuple[Piece, ...]:
        """An attribute of which nothing is known, of a thing from outside: `message.text`, not `message.id`."""
        if may("harmless-part", expression.attr):
            return (SAFE,)
        whole = harmless(self._tracer.pieces(expression.value, code))
        foreign = tuple(piece for piece in whole if piece.status == "outside" and not piece.is_parameter)
        return foreign or (UNKNOWN,)

    def _of_owner(self, owner: Value, expression: Attribute, code: Code) -> tuple[Piece, ...]:
        match owner:
            case ModuleOf(module=module):
                return self._in_scope(module.body, expression.attr)
            case ClassOf(code=cls):
                return self._of_class(cls, expression.attr)
            case Instance(of=ClassOf(code=cls)):
                getter = self._evaluator.property_of(owner, expression.attr)
                if getter is not None:
                    call = Call(expression, (), expression.at)
                    return self._tracer.returned(Bound(Function(getter), owner), call, code)
                return self._of_class(cls, expression.attr)
        return (UNKNOWN,)

    def _of_class(self, cls: Code, attr: str) -> tuple[Piece, ...]:
        """What the methods of a class and its bases put into an attribute."""
        options: list[tuple[Piece, ...]] = []
        for owner in self._evaluator.lineage(cls)[0]:
            for access, method in attribute_writes(owner).get(attr, ()):
                if access.value is None:
                    return (UNKNOWN,)
                options.append(self._tracer.pieces(access.value, method))
            for binding in owner.scope.bindings.get(attr, ()):
                if binding.kind == "def":
                    method = owner.module.codes[binding.scope or 0]
                    if self._evaluator.method_kind(method) != "property":
                        return (UNKNOWN,)
                    call = Call(Name(attr, method.scope.at), (), method.scope.at)
                    options.append(self._tracer.returned(Bound(Function(method), ClassOf(cls)), call, method))
                else:
                    options.append(self._binding(binding, owner))
        return either(options) if options else (UNKNOWN,)

    # types

    def _of_values(self, name: Name, code: Code) -> tuple[Piece, ...]:
        """A name from a star import, or a builtin."""
        values = self._evaluator.values(name, code)
        outside = self._by_type(values, name, code)
        return (outside,) if outside is not None else literals(values) or (UNKNOWN,)

    def _by_type(self, values: Iterable[Value], expression: Expression | None, code: Code) -> Piece | None:
        """An outside piece if one of the values is an object or a function the catalogue calls an input."""
        for value in values:
            name = library_name(value)
            if not name and isinstance(value, Instance):
                name = self._evaluator.type_name(value)
            reason = self._roles.comes_from_outside(name.removesuffix(".__call__")) if name else ""
            if reason and expression is not None:
                return self.outside(reason, expression, code)
        return None


def _is_bound(value: Value) -> bool:
    return isinstance(value, (Bound, ClassOf, Instance))
