"""About how much there is to go through: items of containers, characters of texts, lines of files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from concurlint.catalog.costs import gives, holds, taken_for
from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, listed, may
from concurlint.effects.cost.numbers import at_most, number
from concurlint.effects.program import Program
from concurlint.facts.records import Binding, Loop
from concurlint.facts.syntax import (
    Attribute,
    Await,
    Binary,
    Call,
    Choice,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Item,
    Name,
    Slice,
    Star,
    Table,
    Text,
    Unary,
)
from concurlint.project.arguments import positional
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Value

_DEEPEST = 8
_TEXT = 1000.0
_WRITTEN_TEXT = 50.0


@dataclass(frozen=True, slots=True)
class Size:
    """How many units something has, and how many each of them has; 0 where that is not known.

    "stated" where the program says so, "usual" for what such things have; else it is only taken for a document.
    """

    units: float
    each: float = 0.0
    how: Literal["stated", "usual", "guessed"] = "usual"


@dataclass(frozen=True, slots=True)
class Given:
    """What is known of a function's parameters where it is called: numbers, and sizes."""

    numbers: Mapping[str, float] = field(default_factory=dict)
    sizes: Mapping[str, Size] = field(default_factory=dict)

    @property
    def key(self) -> tuple[tuple[str, object], ...]:
        """The same as something that can be looked up."""
        return (*sorted(self.numbers.items()), *sorted(self.sizes.items(), key=lambda item: item[0]))


NOTHING_GIVEN = Given()


class Sizes:
    """Follows what is gone through to where it was read, split, parsed or written down."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._memo: dict[tuple[int, int, int], tuple[Size | None, Given]] = {}

    def of(self, expression: Expression, code: Code, given: Given, depth: int = 0) -> Size | None:
        """The size of what an expression stands for; None where nothing tells."""
        if depth > _DEEPEST:
            return None
        key = (id(expression), id(code), id(given))
        known = self._memo.get(key)
        if known is None:
            self._memo[key] = (None, given)  # for whoever asks while it is being worked out
            known = self._memo[key] = (self._of(expression, code, given, depth), given)
        return known[0]

    def _of(self, expression: Expression, code: Code, given: Given, depth: int) -> Size | None:
        match expression:
            case Constant(value=str() | bytes() as value):
                return Size(float(len(value)), 1.0, "stated")
            case Text():
                return Size(_WRITTEN_TEXT, 1.0)
            case Collection(items=()) | Table(keys=()):
                return None  # made to be filled
            case Collection(items=items):
                return self._display(items, code, given, depth)
            case Table(keys=keys):
                return Size(float(len(keys)), how="stated")
            case Comprehension(loops=loops):
                return self._comprehension(loops, code, given, depth)
            case Name(id=name):
                return self._name(name, code, given, depth)
            case Attribute(value=value, attr=attr):
                stated = holds(attr) if not self._is_child(value, code) else None
                return Size(stated, 1.0) if stated is not None else self._attribute(expression, code)
            case Call():
                return self._call(expression, code, given, depth)
            case Item():
                return self._item(expression, code, given, depth)
            case Binary():
                return self._binary(expression, code, given, depth)
            case Await(value=value) | Star(value=value) | Unary(operand=value):
                return self.of(value, code, given, depth + 1)
            case Choice(body=body, orelse=orelse):
                return _largest(self.of(part, code, given, depth + 1) for part in (body, orelse))
        return None

    def _display(self, items: tuple[Expression, ...], code: Code, given: Given, depth: int) -> Size:
        sizes = [self.of(item, code, given, depth + 1) for item in items[:3]]
        return Size(float(len(items)), max((s.units for s in sizes if s is not None), default=0.0), "stated")

    def _comprehension(self, loops: tuple[int, ...], code: Code, given: Given, depth: int) -> Size | None:
        units, stated = 1.0, True
        for loop in (code.scope.loops[number_] for number_ in loops):
            size = self.of(loop.iterable, code, given, depth + 1) if loop.iterable is not None else None
            if size is None:
                return None
            units, stated = units * size.units, stated and size.how == "stated"
        return Size(units, how="stated" if stated else "usual")

    # names

    def _name(self, name: str, code: Code, given: Given, depth: int) -> Size | None:
        home = holder(code, name) or code.module.body
        if home is code and name in given.sizes:
            return given.sizes[name]
        within = given if home is code else NOTHING_GIVEN
        found = [self._binding(b, home, within, depth) for b in home.scope.bindings.get(name, ())]
        size = _largest(found)
        if size is None and any(self._is_text_value(value) for value in self._evaluator.name(code, name)):
            return Size(_TEXT, 1.0)
        return size

    def _binding(self, binding: Binding, code: Code, given: Given, depth: int) -> Size | None:
        if binding.value is None or binding.kind not in ("assign", "for", "with"):
            return None
        if binding.kind == "for":
            return self._element(binding.value, binding.path, code, given, depth)
        return self.of(binding.value, code, given, depth + 1) if not binding.path else None

    def _element(
        self, iterable: Expression, path: tuple[int, ...], code: Code, given: Given, depth: int
    ) -> Size | None:
        if isinstance(iterable, Call) and path:
            plain = [argument.value for argument in positional(iterable)]
            names = self._names(iterable, code)
            if any(has("same-items", name) or listed("as-many", name) for name in names) and plain:
                # `enumerate` gives numbers beside the items, `zip` one of each
                index = path[0] if len(plain) > 1 else path[0] - 1
                if 0 <= index < len(plain):
                    return self._element(plain[index], path[1:], code, given, depth + 1)
            return None
        size = self.of(iterable, code, given, depth + 1) if not path else None
        return Size(size.each, 1.0) if size is not None and size.each else None

    def _is_text(self, expression: Expression, code: Code) -> bool:
        return any(self._is_text_value(value) for value in self._evaluator.values(expression, code))

    def _is_text_value(self, value: Value) -> bool:
        return self._evaluator.kind(value) in kinds_with("text")

    def _is_child(self, owner: Expression, code: Code) -> bool:
        """Whether it is a child process, whose output is a pipe and no text."""
        return any(
            self._evaluator.kind(value) in kinds_with("child-process") for value in self._evaluator.values(owner, code)
        )

    def _attribute(self, expression: Expression, code: Code) -> Size | None:
        return Size(_TEXT, 1.0) if self._is_text(expression, code) else None

    # calls

    def _names(self, call: Call, code: Code) -> set[str]:
        return {library_name(value) for value in self._evaluator.values(call.function, code)} - {""}

    def _call(self, call: Call, code: Code, given: Given, depth: int) -> Size | None:
        plain = [argument.value for argument in positional(call)]
        names = self._names(call, code)
        for name in names:
            if name == "builtins.range" and plain:
                return self._range(plain, code, given)
            told = self._told(name, call, plain, code, given, depth)
            if told is not None:
                return told
            if plain and (has("same-items", name) or listed("as-many", name)):
                sizes = [self.of(each, code, given, depth + 1) for each in plain]
                return min((s for s in sizes if s is not None), key=lambda s: s.units, default=None)
        if not names and isinstance(call.function, Attribute):
            told = self._told(taken_for(call.function.attr), call, plain, code, given, depth)
            if told is not None:
                return told
        return self._returned(call, code, depth)

    def _told(
        self, name: str, call: Call, plain: list[Expression], code: Code, given: Given, depth: int
    ) -> Size | None:
        told = gives(name)
        if told is None:
            return None
        if told.units:
            return Size(told.units, told.each)
        if told.numbers:
            stated = [number(each, code, self._evaluator, given.numbers) for each in plain[:1]]
            return Size(stated[0]) if stated and stated[0] is not None else None
        subject = self.subject(call, code, given, depth)
        if subject is None:
            return None
        if told.pairs:
            return Size(subject.units * max(subject.units - 1, 1) / 2, 2.0)
        return Size(max(subject.units / told.per, 1.0), told.each or subject.each)

    def subject(self, call: Call, code: Code, given: Given, depth: int = 0) -> Size | None:
        """The largest of what a call is given, its object included: that is what it works on."""
        parts = [argument.value for argument in positional(call)]
        if isinstance(call.function, Attribute):
            parts.append(call.function.value)
        return _largest(self._whole(part, code, given, depth + 1) for part in parts)

    def _whole(self, part: Expression, code: Code, given: Given, depth: int) -> Size | None:
        """The size of something, in characters where it is a file."""
        size = self.of(part, code, given, depth)
        if size is not None and size.each > 1 and self._is_file(part, code):
            return Size(size.units * size.each, 1.0)
        return size

    def _is_file(self, part: Expression, code: Code) -> bool:
        return any(self._evaluator.type_name(value) == "builtins.file" for value in self._evaluator.values(part, code))

    def _returned(self, call: Call, code: Code, depth: int) -> Size | None:
        """What a function of the project gives, whatever it is given."""
        runs = [self._graph.runs(value) for value in self._evaluator.values(call.function, code)]
        given_back = [(back.value, run) for run in runs if run is not None for back in run.scope.returned]
        return _largest(self.of(e, run, NOTHING_GIVEN, depth + 2) for e, run in given_back if e is not None)

    def _range(self, bounds: list[Expression], code: Code, given: Given) -> Size | None:
        numbers = [at_most(bound, code, self._evaluator, given.numbers) for bound in bounds]
        start = numbers[0] if len(numbers) > 1 else 0.0
        stop = numbers[1] if len(numbers) > 1 else numbers[0]
        step = abs(numbers[2] or 1.0) if len(numbers) > 2 else 1.0
        if stop is not None:
            return Size(max(0.0, (stop - (start or 0.0)) / step), 0.0, "stated")
        bound = bounds[1] if len(bounds) > 1 else bounds[0]
        if isinstance(bound, Call) and "builtins.len" in self._names(bound, code) and bound.arguments:
            counted = self.of(bound.arguments[0].value, code, given, 1)
            return replace(counted, each=0.0) if counted is not None else None
        return None

    # parts

    def _item(self, item: Item, code: Code, given: Given, depth: int) -> Size | None:
        whole = self.of(item.value, code, given, depth + 1)
        if whole is None:
            return None
        if len(item.index) == 1 and isinstance(item.index[0], Slice):
            return self._sliced(item.index[0], whole, code, given)
        return Size(whole.each, 1.0) if whole.each else None

    def _sliced(self, cut: Slice, whole: Size, code: Code, given: Given) -> Size:
        numbers = [number(part, code, self._evaluator, given.numbers) for part in cut.parts[:2]]
        stated = [n for n in numbers if n is not None and n > 0]
        return replace(whole, units=min(whole.units, max(stated))) if stated and len(cut.parts) < 3 else whole

    def _binary(self, binary: Binary, code: Code, given: Given, depth: int) -> Size | None:
        left = self.of(binary.left, code, given, depth + 1)
        right = self.of(binary.right, code, given, depth + 1)
        if binary.operator == "Multiply":
            for side, other in ((left, binary.right), (right, binary.left)):
                times = number(other, code, self._evaluator, given.numbers)
                if side is not None and times is not None:
                    return replace(side, units=side.units * times)
        if left is not None and right is not None and binary.operator == "Add":
            both = left.how if left.how == right.how else "usual"
            return Size(left.units + right.units, max(left.each, right.each), both)
        return left if binary.operator == "Add" and right is None else right if binary.operator == "Add" else None

    def is_over_text(self, loop: Loop, code: Code) -> bool:
        """Whether the body takes each item for a character: `c.isalpha()`, `ord(c)`, `c == "x"`."""
        if not isinstance(loop.target, Name):
            return False
        name = loop.target.id
        for site in code.scope.calls:
            if loop.number not in site.context.loops:
                continue
            function = site.call.function
            owner = function.value if isinstance(function, Attribute) else None
            if isinstance(owner, Name) and owner.id == name and isinstance(function, Attribute):
                if may("alphabet-test", function.attr):
                    return True
            if isinstance(function, Name) and function.id == "ord":
                if any(isinstance(a.value, Name) and a.value.id == name for a in site.call.arguments):
                    return True
        return False


def _largest(sizes: Iterable[Size | None]) -> Size | None:
    return max((size for size in sizes if size is not None), key=lambda size: size.units, default=None)
