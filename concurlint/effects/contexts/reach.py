"""What a run on a thread is handed: objects of its own or of all, and what decides how it goes on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.calls.witness import links
from concurlint.effects.contexts.callers import is_by_callers
from concurlint.effects.contexts.spawns import Spawn, ran
from concurlint.effects.flow.conditions import contradicts
from concurlint.facts.records import Context, Loop
from concurlint.facts.syntax import Attribute, Compare, Expression, Item, Logic, Name, Unary, walk
from concurlint.finding import Step
from concurlint.project.arguments import matching, merged, standing
from concurlint.project.bindings import is_passed_on
from concurlint.project.callgraph import Edge
from concurlint.project.classes import holder, is_self
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A function as one dispatch reaches it; `shares_self` when its `self` is one object for several runs."""

    dispatch: Spawn
    code: Code
    shares_self: bool
    via: tuple[Edge, ...]


def is_own_in_each_turn(dispatch: Spawn, location: Location, evaluator: Evaluator) -> bool:
    """Whether each turn of the loop that sends the work sends the method of another object:
    `for worker in workers: Thread(target=worker.run)`."""
    site, owner = dispatch.site, dispatch.code.owner
    if site is None or not site.context.loops or owner is None:
        return False
    if location.home not in evaluator.lineage(owner)[0]:
        return False
    bases = {
        part.value.id
        for argument in site.call.arguments
        for part in walk(argument.value)
        if isinstance(part, Attribute) and part.attr == dispatch.code.name and isinstance(part.value, Name)
    }
    loops = [dispatch.where.scope.loops[number] for number in site.context.loops]
    bound = [b for name in bases for b in dispatch.where.scope.bindings.get(name, ())]
    return bool(bound) and all(b.kind == "for" and any(_turns(loop, b.name) for loop in loops) for b in bound)


def comes_to(run: Run, context: Context) -> bool:
    """Whether what the last call of a run passes does not rule out the place in the function it calls."""
    if not run.via:
        return True
    last = run.via[-1]
    call, bound = merged(last.value, last.site.call), isinstance(last.value, (Bound, ClassOf, Instance))
    return not any(contradicts(condition, run.code, call, bound) for condition in context.conditions)


def goes_on(run: Run, edge: Edge, evaluator: Evaluator) -> bool:
    """Whether a run may go on by a call: it is not ruled out, and calls what this very run was handed."""
    if not comes_to(run, edge.site.context):
        return False
    function = edge.site.call.function
    if not run.via or not isinstance(function, Name) or not is_passed_on(function.id, run.code):
        return True
    handed, code = _handed(function, run)
    if isinstance(handed, Name) and is_passed_on(handed.id, code):
        return code is run.dispatch.code or any(p.name == handed.id and p.default for p in code.scope.parameters)
    return any(ran(value) is edge.callee for value in evaluator.values(handed, code))


def bare(test: Expression) -> Iterator[Expression]:
    """The parts of a test that are asked by themselves: `a` and `b` of `a and not b`, `c` of `c is None`."""
    match test:
        case Unary(operand=operand):
            yield from bare(operand)
        case Logic(values=values):
            for value in values:
                yield from bare(value)
        case Compare(left=left):
            yield left
        case _:
            yield test


def _handed(name: Name, run: Run) -> tuple[Expression, Code]:
    """What a run was handed under a name: followed through the calls that pass it on, and where that stands."""
    expression: Expression = name
    code = run.code
    for edge in reversed(run.via):
        passed = _passed(expression, code, edge) if isinstance(expression, Name) else None
        if passed is None:
            break
        expression, code = passed, standing(passed, edge.value, edge.caller)
    return expression, code


def is_of_one_run(touch: StateAccess, run: Run, evaluator: Evaluator) -> bool:
    """Whether the object is only known by a local name: not the one that the calls of this very run pass on."""
    base: Expression = touch.target
    while isinstance(base, (Item, Attribute)):
        base = base.value
    if not isinstance(base, Name) or holder(touch.code, base.id) is not touch.code or is_self(touch.code, base.id):
        return False
    expression, code = _handed(base, run)
    if isinstance(expression, Name) and is_passed_on(expression.id, code):
        return code is not run.dispatch.code
    made = evaluator.values(expression, code)
    sites = {value.site for value in made if isinstance(value, Instance)}
    return not made.items or not made.whole or not sites <= set(touch.sites)


def _passed(name: Name, code: Code, edge: Edge) -> Expression | None:
    """What a call passes for a parameter that keeps its value; None for other names."""
    parameter = next((p for p in code.scope.parameters if p.name == name.id), None)
    if parameter is None or not is_passed_on(name.id, code) or edge.callee is not code:
        return None
    bound = isinstance(edge.value, (Bound, ClassOf, Instance))
    return matching(merged(edge.value, edge.site.call), code, parameter, is_bound=bound)


def all_around(code: Code) -> Iterator[Code]:
    """A function and those that it stands in."""
    around: Code | None = code
    while around is not None:
        yield around
        around = around.parent


def _turns(loop: Loop, name: str) -> bool:
    """Whether a name is the variable of a loop."""
    return loop.target is not None and any(isinstance(part, Name) and part.id == name for part in walk(loop.target))


def thread_steps(run: Run) -> tuple[Step, ...]:
    """Where the threads are started and how they come to the function."""
    dispatch = run.dispatch
    name = dispatch.name.rpartition(".")[2]
    if dispatch.site is not None:
        how = "several threads" if dispatch.several else "a thread"
        first = Step(dispatch.where.span(dispatch.site.call.at), f"`{name}` has {how} run `{dispatch.code.qualname}`")
    elif is_by_callers(dispatch):
        says = f"several threads may call `{dispatch.code.qualname}`: {dispatch.name}"
        first = Step(dispatch.code.span(dispatch.code.scope.at), says)
    else:
        first = Step(dispatch.code.span(dispatch.code.scope.at), f"`{dispatch.name}` runs it on threads")
    return (first, *links(run.via))
