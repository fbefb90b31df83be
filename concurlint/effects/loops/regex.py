"""Regular expressions made of texts in loops, where they could be made once before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import Trait, has, listed, may
from concurlint.effects.calls.summaries import reached
from concurlint.effects.cost.estimates import StatedEstimates
from concurlint.effects.loops.regex_pieces import Pieces, pieces
from concurlint.effects.program import Program
from concurlint.facts.records import Binding, CallSite, Loop
from concurlint.facts.syntax import (
    Attribute,
    Binary,
    Call,
    Compare,
    Comprehension,
    Constant,
    Expression,
    Lambda,
    Name,
    Text,
    Unary,
    spelled,
    walk,
)
from concurlint.project.arguments import given
from concurlint.project.bindings import assigned_once
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code

_FEW = 30.0
"""With fewer turns of the loop around there is next to nothing to gain."""
_DEEPEST = 3
_PATTERN_CALLS: tuple[Trait, ...] = ("compiles", "tests-pattern", "uses-pattern")


@dataclass(frozen=True, slots=True)
class Remade:
    """A pattern that is made again though it is one of the same: at `site`, by the function `name`.

    `item` is the loop whose items are patterns, None where there is only one; `again` the loop that repeats it, which
    for `caller` is one around a call of the function; `pieces` how an item becomes a pattern; `tested` that it only
    matters whether any of them is found.
    """

    code: Code
    site: CallSite
    name: str
    item: Loop | None
    again: Loop
    caller: tuple[Code, CallSite] | None
    pieces: Pieces | None
    tested: bool


class RegexInLoops:
    """Looks at calls that take the text of a pattern."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._roles = program.roles
        self._computing = program[StatedEstimates]

    def remade(self) -> Iterator[Remade]:
        """Patterns that do not change with the loop around them; one for each line."""
        for code, calls in self._graph.libraries.items():
            seen: set[int] = set()
            for site, name, _ in calls:
                if not any(has(trait, name) for trait in _PATTERN_CALLS):
                    continue
                found = self._again(code, site, name)
                if found is not None and site.call.at[0] not in seen:
                    seen.add(site.call.at[0])
                    yield found

    def _again(self, code: Code, site: CallSite, name: str) -> Remade | None:
        pattern = given(site.call, "pattern", 0)
        if pattern is None or isinstance(pattern, Constant) or self._is_kept(site):
            return None
        around = [code.scope.loops[number] for number in site.context.loops]
        needed = self._loops_of(pattern, code, site, set())
        if needed is None or not self._is_text(pattern, code) or any(loop not in around for loop in needed):
            return None
        item = max(needed, key=lambda loop: loop.order, default=None)
        outside = around[: around.index(item)] if item is not None else around
        repeats = [loop for loop in outside if loop not in needed]
        if item is None and not self._is_costly(pattern, code):
            return None
        if item is not None and not self._is_of_many(item, code):
            return None
        last = repeats[-1] if repeats else None
        if last is not None and self._is_hot(last, code):
            return self._made(code, site, name, item, last, None, pattern)
        if repeats or not self._is_of_module(pattern, item, code):
            return None
        caller = self._called_in_loop(code)
        if caller is None:
            return None
        return self._made(code, site, name, item, caller[2], caller[:2], pattern)

    def _made(
        self,
        code: Code,
        site: CallSite,
        name: str,
        item: Loop | None,
        again: Loop,
        caller: tuple[Code, CallSite] | None,
        pattern: Expression,
    ) -> Remade:
        made = pieces(self._whole(pattern, code), item.target, self._evaluator, code) if item else None
        tested = item is not None and has("tests-pattern", name) and self._is_test(code, site, item)
        return Remade(code, site, name, item, again, caller, made, tested)

    # what a pattern is made of

    def _whole(self, pattern: Expression, code: Code) -> Expression:
        """The expression behind a name bound once, for the loop's turn."""
        while isinstance(pattern, Name):
            made = assigned_once(pattern.id, code)
            if made is None:
                break
            pattern = made
        return pattern

    def _loops_of(self, expression: Expression, code: Code, site: CallSite, active: set[str]) -> set[Loop] | None:
        """The loops around the call whose turns the expression depends on; None where that is not known."""
        found: set[Loop] = set()
        for part in walk(expression):
            if isinstance(part, Comprehension):
                for number in part.loops:  # its own names are no dependency, what it goes over is
                    inner = code.scope.loops[number].iterable
                    below = self._loops_of(inner, code, site, active) if inner is not None else None
                    if below is None:
                        return None
                    found |= below
            elif isinstance(part, Attribute):
                if spelled(part) and self._is_written(spelled(part), code, site):
                    return None
            elif isinstance(part, Lambda) or (isinstance(part, Call) and not self._is_pure(part, code)):
                return None
            elif isinstance(part, Name) and part.id not in active:
                below = self._loops_of_name(part.id, code, site, active | {part.id})
                if below is None:
                    return None
                found |= below
        return found

    def _loops_of_name(self, name: str, code: Code, site: CallSite, active: set[str]) -> set[Loop] | None:
        if self._is_written(name, code, site):
            return None
        found: set[Loop] = set()
        for binding in code.scope.bindings.get(name, ()):
            loops = [n for n in binding.context.loops if n in site.context.loops]
            if not loops:
                continue
            below = self._loops_of_binding(binding, loops, code, site, active)
            if below is None:
                return None
            found |= below
        return found

    def _loops_of_binding(
        self, binding: Binding, loops: list[int], code: Code, site: CallSite, active: set[str]
    ) -> set[Loop] | None:
        if binding.kind == "for":
            loop = code.scope.loops[binding.context.loops[-1]]
            below = self._loops_of(binding.value, code, site, active) if binding.value is not None else None
            if below is None or loop.is_async:
                return None
            return {loop} | below if loop.number in loops else below  # else a comprehension's own, or one that ended
        if binding.kind != "assign" or binding.value is None:
            return None
        return self._loops_of(binding.value, code, site, active)

    def _is_written(self, name: str, code: Code, site: CallSite) -> bool:
        """Whether what a name stands for is changed in a loop around the call."""
        if not name:
            return True
        for call in code.scope.calls:
            function = call.call.function
            shared = set(call.context.loops) & set(site.context.loops)
            if shared and isinstance(function, Attribute) and may("resizes", function.attr):
                if spelled(function.value) == name:
                    return True
        for access in code.scope.accesses:
            if access.kind != "read" and set(access.context.loops) & set(site.context.loops):
                target = getattr(access.target, "value", access.target)
                if name in (spelled(access.target), spelled(target)):
                    return True
        return False

    def _is_pure(self, call: Call, code: Code) -> bool:
        names = {library_name(value) for value in self._evaluator.values(call.function, code)}
        if names and all(self._is_known_text(name) for name in names):
            return True
        function = call.function
        return isinstance(function, Attribute) and may("pure", function.attr)

    def _is_known_text(self, name: str) -> bool:
        return name.startswith("builtins.str") or listed("pure", name) or has("makes-pattern", name)

    def _is_text(self, pattern: Expression, code: Code) -> bool:
        """Whether the pattern is known to be a text, not one compiled before."""
        whole = self._whole(pattern, code)
        match whole:
            case Text():
                return True
            case Binary(operator="Add" | "Modulo", left=left, right=right):
                return self._is_text(left, code) or self._is_text(right, code)
            case Constant(value=value):
                return isinstance(value, (str, bytes))
            case Call(function=Attribute(attr="join" | "format")):
                return True
        names = {self._evaluator.type_name(value) for value in self._evaluator.values(whole, code)}
        return bool(names) and all(self._roles.kind(name) in kinds_with("text") for name in names)

    def _is_costly(self, pattern: Expression, code: Code) -> bool:
        """Whether putting the text together costs as much as looking for it: item by item, in Python."""
        parts = list(walk(self._whole(pattern, code)))
        names = [library_name(v) for part in parts for v in self._evaluator.values(part, code)]
        escapes = any(has("makes-pattern", name) for name in names if name)
        return any(isinstance(part, Comprehension) for part in parts) or (escapes and "builtins.map" in names)

    # loops

    def _is_hot(self, loop: Loop, code: Code) -> bool:
        if loop.kind == "while" or loop.iterable is None:
            return True
        return self._computing.items(loop.iterable, code) >= _FEW

    def _is_of_many(self, loop: Loop, code: Code) -> bool:
        return loop.iterable is not None and self._computing.items(loop.iterable, code) >= 2

    def _is_kept(self, site: CallSite) -> bool:
        """Whether the call only happens where something was not made before."""
        tests = [condition.test for condition in site.context.conditions]
        asked = [part for test in tests for part in walk(test) if isinstance(part, Compare)]
        return any(sign in ("NotIn", "In", "Is", "IsNot") for test in asked for sign, _ in test.rest)

    def _is_of_module(self, pattern: Expression, item: Loop | None, code: Code) -> bool:
        """Whether the patterns are the same in each call of the function: made of what the module or class holds."""
        if code.scope.kind not in ("function", "lambda") or code.scope.decorators:
            return False
        sources = [self._whole(pattern, code)]
        if item is not None and item.iterable is not None:
            sources.append(item.iterable)
        own: set[str] = set()
        for loop in code.scope.loops:
            own |= {part.id for part in walk(loop.target) if isinstance(part, Name)} if loop.target else set()
        for part in (part for source in sources for part in walk(source)):
            if isinstance(part, Name) and part.id not in own:
                home = holder(code, part.id)
                if home is not None and home.scope.kind != "module" and part.id != code.self_name():
                    return False
        return True

    def _called_in_loop(self, code: Code) -> tuple[Code, CallSite, Loop] | None:
        """The nearest call in a loop by which a function comes to run again and again."""
        for each in reached(self._graph, [code], up=True, follow=lambda _: True, deepest=_DEEPEST):
            for edge in self._graph.callers.get(each, ()):
                for number in reversed(edge.site.context.loops):
                    loop = edge.caller.scope.loops[number]
                    if self._is_hot(loop, edge.caller):
                        return edge.caller, edge.site, loop
        return None

    def _is_test(self, code: Code, site: CallSite, item: Loop) -> bool:
        """Whether only the presence of any match matters: nothing else in the loop depends on the item."""
        assert item.target is not None
        names = {part.id for part in walk(item.target) if isinstance(part, Name)}
        pattern = given(site.call, "pattern", 0)
        if isinstance(pattern, Name):
            names.add(pattern.id)
        used = sum(code.scope.uses.get(name, 0) for name in names)
        parts = [] if pattern is None else [pattern, *walk(self._whole(pattern, code))]
        inside = len({id(part) for part in parts if isinstance(part, Name) and part.id in names})
        if used != inside:
            return False
        if item.kind == "comprehension":
            return self._asked_for_any(code, site, item)
        branches = [b for b in code.scope.branches if item.number in b.context.loops]
        return len(branches) == 1 and _bare(branches[0].test) is site.call and branches[0].ends and item.leaves

    def _asked_for_any(self, code: Code, site: CallSite, item: Loop) -> bool:
        for other in code.scope.calls:
            first = other.call.arguments[0].value if other.call.arguments else None
            if isinstance(first, Comprehension) and first.loops == (item.number,) and not first.tests:
                names = {library_name(value) for value in self._evaluator.values(other.call.function, code)}
                if names == {"builtins.any"}:
                    return _bare(first.results[0]) is site.call
        return False


def _bare(test: Expression) -> Expression:
    """A test without `is not None` and `bool`."""
    match test:
        case Compare(left=left, rest=(("IsNot", Constant(value=None)),)):
            return left
        case Unary(operator="Not"):
            return test
        case Call(function=Name(id="bool"), arguments=(argument,)):
            return argument.value
    return test
