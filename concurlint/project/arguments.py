"""Which argument of a call goes to which parameter."""

from concurlint.facts.records import Parameter
from concurlint.facts.syntax import Argument, Call, Expression, Star, Table
from concurlint.project.modules import Code


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


def from_table(call: Call, keyword: str) -> Expression | None:
    """The value of `keyword` in a dict display passed as `**{…}`."""
    for argument in call.arguments:
        if argument.star == 2 and isinstance(argument.value, Table):
            for key, value in zip(argument.value.keys, argument.value.values, strict=True):
                if key is not None and getattr(key, "value", None) == keyword:
                    return value
    return None


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
