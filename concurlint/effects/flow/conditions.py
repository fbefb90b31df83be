"""What the conditions around a place say: under the main guard, on Windows only, never."""

import re
from collections.abc import Callable, Iterator

from concurlint.catalog.platforms import is_platform, surely_windows
from concurlint.catalog.traits import listed, may
from concurlint.facts.records import Condition
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Collection,
    Compare,
    Constant,
    Expression,
    Logic,
    Name,
    Unary,
    spelled,
)
from concurlint.project.arguments import matching
from concurlint.project.bindings import bound_once
from concurlint.project.modules import Code

Test = Callable[[Expression], bool | None]
"""True: the test says so; False: it says the opposite; None: it says nothing."""


def implied(condition: Condition, test: Test, follow: Callable[[Name], Expression | None]) -> bool:
    """Whether a condition that came out as it did means that `test` holds."""
    return _implies(condition.test, condition.holds, test, follow, 0)


def _implies(
    expression: Expression, holds: bool, test: Test, follow: Callable[[Name], Expression | None], depth: int
) -> bool:
    says = test(expression)
    if says is not None:
        return says is holds
    if isinstance(expression, Unary) and expression.operator == "Not":
        return _implies(expression.operand, not holds, test, follow, depth)
    if isinstance(expression, Logic) and (expression.operator == "and") is holds:
        return any(_implies(value, holds, test, follow, depth) for value in expression.values)
    if isinstance(expression, Logic):
        return all(_implies(value, holds, test, follow, depth) for value in expression.values)
    if isinstance(expression, Name) and depth < 4:
        bound = follow(expression)
        return bound is not None and _implies(bound, holds, test, follow, depth + 1)
    return False


def single_binding(code: Code) -> Callable[[Name], Expression | None]:
    """Follows a name to the one expression it is bound to in the code or its module."""

    def follow(name: Name) -> Expression | None:
        home = code if name.id in code.scope.bindings else code.module.body
        binding = bound_once(name.id, home)
        return binding.value if binding is not None and not binding.path else None

    return follow


def _equality(expression: Expression) -> tuple[str, str, bool] | None:
    """(dotted name, constant, equal?) for `name == "x"`, `name.startswith("x")` or `name in ("x", …)`."""
    if isinstance(expression, Compare) and len(expression.rest) == 1:
        operator, right = expression.rest[0]
        left = expression.left
        if operator in ("In", "NotIn") and hasattr(right, "items"):
            items = [i.value for i in right.items if isinstance(i, Constant) and isinstance(i.value, str)]
            return (_subject(left), items[0], operator == "In") if items else None
        if operator not in ("Equal", "NotEqual"):
            return None
        if isinstance(left, Constant):
            left, right = right, left
        if isinstance(right, Constant) and isinstance(right.value, str):
            return _subject(left), right.value, operator == "Equal"
    if isinstance(expression, Call) and isinstance(expression.function, Attribute):
        starts = expression.function.attr == "startswith" and len(expression.arguments) == 1
        argument = expression.arguments[0].value if starts else None
        if isinstance(argument, Constant) and isinstance(argument.value, str):
            return _subject(expression.function.value), argument.value, True
    return None


def _subject(expression: Expression) -> str:
    if isinstance(expression, Call):
        expression = expression.function
        if isinstance(expression, Attribute) and expression.attr == "lower":
            return _subject(expression.value)
    return spelled(expression)


def says_main(expression: Expression) -> bool | None:
    """Whether the test asks if this is the main module."""
    found = _equality(expression)
    if found is not None and found[0] == "__name__" and found[1] == "__main__":
        return found[2]
    return None


_WINDOWS_NAMES = re.compile(
    r"_*(?:(?:is|on|running_on|os|platform)_?)?(?:ms)?(?:windows|win32|win|nt)(?:_os)?_*", re.IGNORECASE
)
_POSIX_NAMES = re.compile(r"_*(?:(?:is|on|running_on)_?)?(?:posix|unix|linux|macos|darwin)_*", re.IGNORECASE)


def says_windows(expression: Expression) -> bool | None:
    """Whether the test asks if this is Windows, also through constants and functions with telling names."""
    subject = expression.function if isinstance(expression, Call) else expression
    if isinstance(subject, (Name, Attribute)):
        last = spelled(subject).rpartition(".")[2]
        if _WINDOWS_NAMES.fullmatch(last):
            return True
        return False if _POSIX_NAMES.fullmatch(last) else _told_by_call(expression)
    return _told_by_call(expression)


_WINDOWS_WORDS = re.compile(r"(?:^|[._])(?:windows|win32|win|nt|winnt)(?=$|[._\d])|Windows|Win32", re.ASCII)


def is_named_for_windows(code: Code) -> bool:
    """Whether the code's own name, or that of its module or class, says that it is only for Windows."""
    return bool(_WINDOWS_WORDS.search(code.module.name) or _WINDOWS_WORDS.search(code.qualname))


_TEST_WORDS = re.compile(r"(?:^|\.)(?:tests?|testing|conftest|test_\w+|\w+_tests?)(?=\.|$)")


def is_for_tests(code: Code) -> bool:
    """Whether the code's own name, or that of its module or of a function around it, says that it tests something."""
    return bool(_TEST_WORDS.search(f"{code.module.name}.{code.qualname}"))


def _told_by_call(expression: Expression) -> bool | None:
    found = _equality(expression)
    if found is not None and surely_windows(found[1]):
        return found[2]
    if found is not None and (listed("platform", found[0]) or may("platform", found[0])):
        if is_platform("windows", found[1]):
            return found[2]
        if is_platform("posix", found[1]):
            return not found[2] if found[2] else None
    return None


def says_checked(subject: Expression, is_fixed: Callable[[Expression], bool]) -> Test:
    """A test whether `subject` is one of fixed values or made of letters and digits only.

    `is_fixed` tells whether a collection holds nothing but constants.
    """
    name = spelled(subject)

    def says(expression: Expression) -> bool | None:
        if isinstance(expression, Compare) and len(expression.rest) == 1 and spelled(expression.left) == name:
            operator, right = expression.rest[0]
            if operator in ("In", "NotIn") and not isinstance(right, Constant) and is_fixed(right):
                return operator == "In"
            if operator in ("Equal", "NotEqual") and isinstance(right, Constant):
                return operator == "Equal"
        if isinstance(expression, Call) and isinstance(expression.function, Attribute):
            function = expression.function
            if may("alphabet-test", function.attr) and spelled(function.value) == name:
                return True
            last = expression.arguments[-1].value if expression.arguments else None
            if function.attr == "fullmatch" and last is not None and spelled(last) == name:
                return True
        return None

    return says if name else lambda _: None


def says_type_checking(expression: Expression) -> bool | None:
    """Whether the test is only true for type checkers (or never)."""
    if isinstance(expression, Constant) and expression.value is False:
        return True
    return True if may("type-checking", spelled(expression).removeprefix("typing.")) else None


def holds(conditions: tuple[Condition, ...], code: Code, test: Test) -> bool:
    """Whether any of the conditions around a place in `code` means that `test` is true there."""
    follow = single_binding(code)
    return any(implied(condition, test, follow) for condition in conditions)


def contradicts(condition: Condition, callee: Code, call: Call, is_bound: bool) -> bool:
    """Whether what `call` passes for a parameter (or its default) makes a condition in `callee` untrue."""
    return _outcome(condition.test, callee, call, is_bound) is (not condition.holds)


def passed_on(
    conditions: tuple[Condition, ...], callee: Code, caller: Code, merged: tuple[Call, bool]
) -> Iterator[Condition]:
    """The conditions on a bare parameter of the callee that ask the same of a parameter which the caller passes on."""
    call, is_bound = merged
    names = {parameter.name: parameter for parameter in callee.scope.parameters}
    for condition in conditions:
        test, holds = condition.test, condition.holds
        while isinstance(test, Unary) and test.operator == "Not":
            test, holds = test.operand, not holds
        parameter = names.get(test.id) if isinstance(test, Name) else None
        if parameter is None or bound_once(parameter.name, callee) is None:
            continue
        passed = matching(call, callee, parameter, is_bound=is_bound)
        if isinstance(passed, Name) and any(p.name == passed.id for p in caller.scope.parameters):
            yield Condition(passed, holds)


def _outcome(test: Expression, callee: Code, call: Call, is_bound: bool) -> bool | None:
    if isinstance(test, Unary) and test.operator == "Not":
        inner = _outcome(test.operand, callee, call, is_bound)
        return None if inner is None else not inner
    if isinstance(test, Logic):
        known = [_outcome(value, callee, call, is_bound) for value in test.values]
        decisive = test.operator == "or"
        if decisive in known:
            return decisive
        return None if None in known else not decisive
    if isinstance(test, Compare) and len(test.rest) == 1 and test.rest[0][0] in ("Is", "IsNot"):
        right = test.rest[0][1]
        given_value = _passed_constant(test.left, callee, call, is_bound)
        if isinstance(right, Constant) and right.value is None and given_value is not None:
            return (given_value.value is None) is (test.rest[0][0] == "Is")
    if isinstance(test, Compare) and len(test.rest) == 1 and test.rest[0][0] in _EQUALITIES:
        same = _are_same(_passed(test.left, callee, call, is_bound), test.rest[0][1])
        return None if same is None else same is _EQUALITIES[test.rest[0][0]]
    if isinstance(test, Compare) and len(test.rest) == 1 and test.rest[0][0] == "In":
        members, passed = test.rest[0][1], _passed(test.left, callee, call, is_bound)
        among = [_are_same(passed, one) for one in members.items] if isinstance(members, Collection) else [None]
        return True if True in among else None if None in among else False
    found = _passed_constant(test, callee, call, is_bound)
    return None if found is None else bool(found.value)


_EQUALITIES = {"Equal": True, "Is": True, "NotEqual": False, "IsNot": False}


def _passed(name: Expression, callee: Code, call: Call, is_bound: bool) -> Expression | None:
    """What a call passes for a parameter that keeps its value, or its default."""
    parameter = next((p for p in callee.scope.parameters if isinstance(name, Name) and p.name == name.id), None)
    if parameter is None or parameter.kind in ("args", "kwargs") or bound_once(parameter.name, callee) is None:
        return None
    return matching(call, callee, parameter, is_bound=is_bound) or parameter.default


def _are_same(passed: Expression | None, other: Expression) -> bool | None:
    """Whether two constants are the same, literals or those of one module or class: `zmq.PUB` is not `zmq.SUB`."""
    if isinstance(passed, Constant) and isinstance(other, Constant):
        return passed.value == other.value
    if isinstance(passed, Constant) and passed.value is None and isinstance(other, Attribute):
        return False if other.attr.isupper() else None
    if not (isinstance(passed, Attribute) and isinstance(other, Attribute)):
        return None
    if not (passed.attr.isupper() and other.attr.isupper()) or spelled(passed.value) != spelled(other.value):
        return None
    return passed.attr == other.attr


def _passed_constant(name: Expression, callee: Code, call: Call, is_bound: bool) -> Constant | None:
    """The constant a parameter has in this call; None if it is not one, or the name may be rebound."""
    if not isinstance(name, Name):
        return None
    parameter = next((p for p in callee.scope.parameters if p.name == name.id), None)
    if parameter is None or parameter.kind in ("args", "kwargs"):
        return None
    # what `**options` may hold is not known; it is taken to leave the default alone
    passed = matching(call, callee, parameter, is_bound=is_bound) or parameter.default
    if not isinstance(passed, Constant):
        return None
    rebound = [b for b in callee.scope.bindings.get(name.id, []) if b.kind != "parameter"]
    return passed if all(_is_ruled_out(b.context.conditions, name.id, passed) for b in rebound) else None


def _is_ruled_out(conditions: tuple[Condition, ...], name: str, value: Constant) -> bool:
    """Whether conditions on the bare name itself do not hold when it is `value`."""

    def test(expression: Expression) -> bool | None:
        if isinstance(expression, Name) and expression.id == name:
            return True
        return None

    return not value.value and any(implied(c, test, lambda _: None) for c in conditions)
