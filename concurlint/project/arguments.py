"""Which argument of a call goes to which parameter."""

from concurlint.facts.records import Parameter
from concurlint.facts.syntax import Argument, Call, Expression, Star
from concurlint.project.modules import Code
from concurlint.project.values import Partial, Value


def given(call: Call, keyword: str | None, position: int | None) -> Expression | None:
    """The argument passed by that keyword or at that position (from 0); None if neither is there.

    A `*args` before the position makes it unknown, hence None.
    """
    index = 0
    for argument in call.arguments:
        if argument.star == 1:
            index = -10_000
        elif argument.keyword is not None:
            if argument.keyword == keyword:
                return argument.value
        elif argument.star == 0:
            if index == position:
                return argument.value
            index += 1
    return None


def has_stars(call: Call) -> bool:
    """Whether `*args` or `**kwargs` hide what is passed."""
    return any(argument.star for argument in call.arguments)


def positional(call: Call) -> list[Argument]:
    """The plain positional arguments up to the first `*args`."""
    found: list[Argument] = []
    for argument in call.arguments:
        if argument.star == 1 or isinstance(argument.value, Star):
            break
        if argument.keyword is None and argument.star == 0:
            found.append(argument)
    return found


def matching(call: Call, code: Code, parameter: Parameter, *, is_bound: bool) -> Expression | None:
    """What `call` passes for `parameter` of the function `code`; None if nothing, or hidden by stars."""
    names = [p.name for p in code.scope.parameters if p.kind == "positional"]
    position = names.index(parameter.name) if parameter.name in names else None
    if position is not None and is_bound and code.self_name() is not None:
        position -= 1
    return given(call, parameter.name, position)


def merged(callee: Value, call: Call) -> Call:
    """The call as it reaches the function: arguments bound by `partial` put before its own."""
    while isinstance(callee, Partial):
        bound = callee.call.arguments[1:]
        keywords = {a.keyword for a in call.arguments if a.keyword is not None}
        early = tuple(a for a in bound if a.keyword is None)
        late = tuple(a for a in bound if a.keyword is not None and a.keyword not in keywords)
        call = Call(call.function, (*early, *call.arguments, *late), call.at)
        callee = callee.work
    return call


def innermost(callee: Value) -> Value:
    """What is called in the end: the work of a `partial`, however many stand around it."""
    while isinstance(callee, Partial):
        callee = callee.work
    return callee


def standing(argument: Expression, callee: Value, caller: Code) -> Code:
    """The code an argument of a merged call stands in: the caller's, or where the `partial` was made."""
    while isinstance(callee, Partial):
        if any(bound.value is argument for bound in callee.call.arguments):
            return callee.code
        callee = callee.work
    return caller
