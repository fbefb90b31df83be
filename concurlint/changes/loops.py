"""The loop whose calls make up most of what a verdict speaks of, if its turns need nothing of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from concurlint.effects.flow.dependence import Dependence
from concurlint.effects.pickling import Pickling
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Comprehension, Name, spelled, walk
from concurlint.finding import Span
from concurlint.project.modules import Code
from concurlint.project.values import Container, Function
from concurlint.rewriting.independence import Independence
from concurlint.runtime.profile import StackTime
from concurlint.runtime.samples import Frame
from concurlint.verdicts.case import Case
from concurlint.verdicts.known import Known

_MOSTLY = 0.5
"""Of the time at the verdict's line: it has to be spent below the call that is to be made by others."""
_KINDS = frozenset({"list", "tuple", "dict", "set", "frozenset", "deque", "range", "str", "bytes"})
_LAZY = frozenset({"builtins.enumerate", "builtins.zip", "builtins.reversed", "builtins.range", "builtins.sorted"})


@dataclass(frozen=True, slots=True, eq=False)
class Repeat:
    """A call in the turns of a loop; `again` says that the loop's items may be gone through twice."""

    code: Code
    site: CallSite
    loop: Loop
    callee: Code | None
    again: bool


def repeat_at(case: Case, known: Known, span: Span) -> Repeat | None:
    """The outermost loop below whose calls most of the time at that line is spent."""
    stacks = stacks_at(case, span)
    whole = sum(map(_seconds, stacks))
    below: dict[tuple[Frame, Frame | None], float] = {}
    for stack in stacks:
        for pair in dict.fromkeys(_pairs(case, stack)):
            below[pair] = below.get(pair, 0.0) + _seconds(stack)
    for (caller, callee), seconds in below.items():
        if seconds >= _MOSTLY * whole:
            for code, site, called in _sites(case, known, caller, callee):
                found = _repeat(known, code, site, called)
                if found is not None:
                    return found
    return None


def stacks_at(case: Case, span: Span) -> list[StackTime]:
    """The stacks that have the line in them, or at least its function where the line is a loop's first."""
    at = [s for s in case.stacks() if any(case.shown(f.path) == span.path and f.line == span.line for f in s.frames)]
    if at:
        return at
    inside = [block for block in case.written(span.path).around(span.line) if not hasattr(block, "target")]
    first, last = (inside[0].lineno, inside[0].end_lineno or 0) if inside else (1, 1 << 30)
    return [
        stack
        for stack in case.stacks()
        if any(case.shown(f.path) == span.path and first <= f.line <= last for f in stack.frames)
    ]


def _seconds(stack: StackTime) -> float:
    return sum(stack.states.values())


def _pairs(case: Case, stack: StackTime) -> Iterator[tuple[Frame, Frame | None]]:
    """Who called whom of the user's own, outermost first; last the line that waits in a library or computes itself."""
    own = [frame for frame in stack.frames if case.is_own(frame.path)]
    for caller, callee in pairwise(own):
        yield caller, Frame(callee.function, callee.path, 0)
    if own:
        yield own[-1], None


def _sites(
    case: Case, known: Known, caller: Frame, callee: Frame | None
) -> Iterator[tuple[Code, CallSite, Code | None]]:
    here = Frame(caller.function, case.absolute(caller.path), caller.line)
    if callee is None:
        for call in known.calls(here):
            yield call.code, call.site, None
        return
    # Any line of it will do: the function of that name.
    there = Frame(callee.function, case.absolute(callee.path), 1_000_000)
    found = known.site_of(here, there)
    if found is not None:
        yield *found, known.code(there)


def _repeat(known: Known, code: Code, site: CallSite, callee: Code | None) -> Repeat | None:
    """The call's innermost loop, if it goes through things that are there, to the end, and each turn is by itself."""
    loop = known.loop_around(code, site)
    if loop is None or loop.kind == "while" or loop.is_async or loop.leaves:
        return None
    if loop.iterable is None or loop.target is None or site.context.conditions != loop.context.conditions:
        return None
    dependence = known.program[Dependence]
    if (
        dependence.grows(code, loop)
        or _takes_from_turns(code, loop, site.call)
        or _changes_taken(code, loop, site.call)
    ):
        return None
    held, again = _is_held(known, code, loop)
    return Repeat(code, site, loop, callee, again) if held or _is_lazy(known, code, loop) else None


def _takes_from_turns(code: Code, loop: Loop, call: Call) -> bool:
    """Whether the call takes what the loop works out on the way: the item aside."""
    assert loop.target is not None
    items = {part.id for part in walk(loop.target) if isinstance(part, Name)}
    used = {part.id for part in walk(call) if isinstance(part, Name)}
    made = {
        name
        for name, bindings in code.scope.bindings.items()
        for binding in bindings
        if loop.number in binding.context.loops and binding.kind != "for"
    }
    return bool((used - items) & made)


def _changes_taken(code: Code, loop: Loop, call: Call) -> bool:
    """Whether a turn writes to an attribute or an item of what the call is given, or calls its methods."""
    used = {spelled(part) for part in walk(call) if isinstance(part, (Name, Attribute))} - {""}
    written = {
        spelled(getattr(access.target, "value", access.target))
        for access in code.scope.accesses
        if access.kind != "read" and loop.number in access.context.loops
    }
    methods = {
        spelled(other.call.function.value)
        for other in code.scope.calls
        if loop.number in other.context.loops
        and isinstance(other.call.function, Attribute)
        and other.call is not call
        and not _is_inside(other.call, call)
    }
    return bool(used & (written | methods))


def _is_inside(call: Call, outer: Call) -> bool:
    return any(part is call for part in walk(outer))


def _is_held(known: Known, code: Code, loop: Loop) -> tuple[bool, bool]:
    """Whether all is there from the start that the loop goes through, and whether it surely may be gone through again.

    What a parameter is given at the calls that are known counts for the first.
    """
    assert loop.iterable is not None
    evaluator = known.program.evaluator
    values = evaluator.values(loop.iterable, code)
    if not values.items:
        return False, False
    held = all(
        (isinstance(value, Container) and value.kind in _KINDS)
        or evaluator.kind(value) in _KINDS
        or evaluator.type_name(value).rpartition(".")[2] in _KINDS
        for value in values
    )
    is_made_here = isinstance(loop.iterable, Call) and spelled(loop.iterable.function) != "range"
    return held, held and values.whole and not is_made_here


def _is_lazy(known: Known, code: Code, loop: Loop) -> bool:
    """Whether the items are made by a builtin, of things that are there."""
    iterable = loop.iterable
    if isinstance(iterable, Comprehension):
        return False
    names = [name for site, name, _ in known.program.graph.libraries.get(code, ()) if site.call is iterable]
    return bool(names) and all(name in _LAZY or name.startswith(("builtins.dict.", "builtins.str.")) for name in names)


def why_together(known: Known, repeat: Repeat, *, elsewhere: bool) -> str:
    """Why the calls cannot be made side by side, or (`elsewhere`) not in other processes; nothing if they can."""
    program = known.program
    independence = program[Independence]
    why = independence.why_call(repeat.code, repeat.site)
    if why:
        return why
    if repeat.callee is not None:
        shared = independence.reads(repeat.callee) & _changed_globals(repeat)
        if shared:
            return f"`{repeat.callee.name}` reads `{min(shared)}`, which the loop changes"
    if not elsewhere:
        return ""
    if repeat.callee is None:
        return "it calls a library"
    pickling = program[Pickling]
    targets = program.graph.targets(repeat.site)
    if not all(isinstance(value, Function) for value in targets):
        return "it calls a method"
    refusals = [pickling.of_value(value, at_start=False) for value in targets]
    refusals += [pickling.of(each.value, repeat.code, at_start=False) for each in repeat.site.call.arguments]
    refused = next((refusal for refusal in refusals if refusal is not None), None)
    if refused is not None:
        return f"{refused.what} cannot be pickled"
    return independence.why_here(repeat.callee)


def _changed_globals(repeat: Repeat) -> set[str]:
    """The names of the module that the loop changes."""
    code, number = repeat.code, repeat.loop.number
    if code.scope.kind != "module":
        bound = code.scope.globals
    else:
        bound = set(code.scope.bindings)
    return {
        name for name in bound for binding in code.scope.bindings.get(name, ()) if number in binding.context.loops
    } | {
        spelled(getattr(access.target, "value", access.target)).partition(".")[0]
        for access in code.scope.accesses
        if access.kind != "read" and number in access.context.loops
    }
