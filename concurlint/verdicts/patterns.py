"""Ways of waiting as they are written: awaits in turn, sleep and look again, what is given back where it was taken."""

import ast
from collections.abc import Iterator

from concurlint.verdicts.written import Written

LOOKS = frozenset(
    {
        "empty", "qsize", "full", "get_nowait", "is_alive", "poll", "done", "ready", "exists", "is_file", "is_dir",
        "isfile", "isdir", "locked", "running", "get_state", "status", "successful", "exitcode", "waitpid",
    }
)  # fmt: skip
"""Methods that say at once how things stand, and whose answer nobody waits for."""
_SIGNALS = frozenset({"is_set", "isSet"})
_CLOCKS = frozenset({"time", "monotonic", "perf_counter", "monotonic_ns", "time_ns", "now", "utcnow"})
_SLEEPS = frozenset({"sleep"})
_TAKES, _PUTS = frozenset({"get", "pop", "popleft"}), frozenset({"put", "put_nowait", "append", "appendleft"})

_Loop = ast.For | ast.While | ast.AsyncFor
_Function = ast.FunctionDef | ast.AsyncFunctionDef


def loops_around(written: Written, line: int) -> Iterator[_Loop]:
    """The loops of its own function that the line is repeated by, innermost first."""
    for block in written.around(line):
        if isinstance(block, _Function):
            return
        if isinstance(block, (ast.For, ast.While, ast.AsyncFor)) and line >= block.body[0].lineno:
            yield block


def looks_again(written: Written, line: int) -> tuple[str, bool]:
    """What the loop around a sleep looks at each time, as it is written, and whether that is a question to an object.

    Nothing where the loop only goes by the clock, or does its work and sleeps.
    """
    loop = next(loops_around(written, line), None)
    if loop is None:
        return "", False
    tests = [loop.test] if isinstance(loop, ast.While) else []
    tests += [node.test for node in _inside(loop) if isinstance(node, (ast.If, ast.IfExp))]
    questions = [node for test in tests for node in ast.walk(test) if _asks(node, LOOKS)]
    # What is taken without waiting stands in a `try`, not in a test.
    questions += [node for node in _inside(loop) if _asks(node, frozenset({"get_nowait", "poll", "exists"}))]
    if questions:
        return ast.unparse(questions[0]), True
    changed = _assigned(loop)
    for test in tests:
        if any(_asks(node, _CLOCKS) for node in ast.walk(test)):
            continue
        signal = next((node for node in ast.walk(test) if _asks(node, _SIGNALS) or _is_flag(node, changed)), None)
        if signal is not None:
            return ast.unparse(signal), False
    return "", False


def awaits_in_turn(written: Written, line: int) -> bool:
    """Whether the line awaits a call once for each item of a loop, or is one of several such lines in a row."""
    awaited = [node for node in written.awaits if node.lineno <= line <= (node.end_lineno or 0)]
    if not any(isinstance(node.value, ast.Call) and not _asks(node.value, _SLEEPS | _TOGETHER) for node in awaited):
        return False
    for loop in loops_around(written, line):
        if isinstance(loop, ast.For) or (isinstance(loop, ast.While) and not _is_endless(loop)):
            return True
    return written.is_comprehended(line) or _in_a_row(written, line) >= _ROW


def holds_while_awaiting(written: Written, line: int) -> str:
    """What an `async with` around the line holds that lets one through at a time, as it is made or written.

    A lock does, and a semaphore of one; what is made elsewhere, and does not say so, is nothing.
    """
    for block in written.around(line):
        if isinstance(block, _Function):
            return ""
        if isinstance(block, ast.AsyncWith) and any(isinstance(node, ast.Await) for node in ast.walk(block)):
            for item in block.items:
                made = written.made(ast.unparse(item.context_expr))
                if made is not None and _lets_one_through(made):
                    return ast.unparse(item.context_expr)
    return ""


def _lets_one_through(made: ast.Call) -> bool:
    if _asks(made, frozenset({"Lock"})):
        return not made.args
    sizes = [*made.args, *(given.value for given in made.keywords)]
    is_semaphore = _asks(made, frozenset({"Semaphore", "BoundedSemaphore", "CapacityLimiter"}))
    return is_semaphore and all(isinstance(size, ast.Constant) and size.value == 1 for size in sizes)


_TOGETHER = frozenset({"gather", "wait", "as_completed", "wait_for", "TaskGroup"})
_ROW = 2


def gives_back(written: Written, line: int, functions: frozenset[str]) -> str:
    """The pool that a call on the line takes something from, as it is written, if one of `functions` gives it back.

    `functions` are those on the stack: one of them must hand what a call gave it to a call that puts it into the
    same object. A worker that puts further work into its queue gives nothing back.
    """
    for node in written.calls_at(line):
        function = node.func
        if not isinstance(function, ast.Attribute) or function.attr not in _TAKES:
            continue
        pool = ast.unparse(function.value)
        givers = {name for name, body in written.functions() if _puts_into(body, pool)}
        for name, body in written.functions():
            if name in functions and _hands_on(body, _PUTS if name in givers else frozenset(givers)):
                return pool
    return ""


def _inside(loop: _Loop) -> Iterator[ast.AST]:
    """The nodes of a loop, other functions' left out."""
    todo: list[ast.AST] = list(loop.body)
    while todo:
        node = todo.pop(0)
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            todo += ast.iter_child_nodes(node)


def _asks(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether the node calls a function or method of one of these names."""
    if not isinstance(node, ast.Call):
        return False
    function = node.func
    return (function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")) in names


def _is_flag(node: ast.AST, changed: frozenset[str]) -> bool:
    """Whether it is a name that others have to change for the loop to go on."""
    if isinstance(node, ast.Name):
        return isinstance(node.ctx, ast.Load) and node.id not in changed and not node.id.isupper()
    return isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load)


def _assigned(loop: _Loop) -> frozenset[str]:
    names = {node.id for node in _inside(loop) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return frozenset(names)


def _is_endless(loop: ast.While) -> bool:
    return isinstance(loop.test, ast.Constant)


def _in_a_row(written: Written, line: int) -> int:
    """How many statements around the line await coroutines of this file of which none needs another's result."""
    function = next((block for block in written.around(line) if isinstance(block, ast.AsyncFunctionDef)), None)
    if function is None:
        return 0
    own = {name for name, body in written.functions() if isinstance(body, ast.AsyncFunctionDef)}
    results: set[str] = set()
    count, is_here = 0, False
    for statement in function.body:
        call = _awaited(statement)
        if call is None or getattr(call.func, "id", "") not in own:
            continue
        used = {node.id for argument in call.args for node in ast.walk(argument) if isinstance(node, ast.Name)}
        if not used & results:
            count += 1
            is_here = is_here or statement.lineno <= line <= (statement.end_lineno or 0)
        results |= {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and _is_stored(node)}
    return count if is_here else 0


def _is_stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _awaited(statement: ast.stmt) -> ast.Call | None:
    value = getattr(statement, "value", None)
    awaited = value.value if isinstance(value, ast.Await) else None
    return awaited if isinstance(awaited, ast.Call) else None


def _puts_into(body: _Function, pool: str) -> bool:
    return any(
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in _PUTS
        and ast.unparse(node.func.value) == pool
        for node in ast.walk(body)
    )


def _hands_on(body: _Function, names: frozenset[str]) -> bool:
    """Whether a call of one of these names gets what another call has given."""
    given: set[str] = set()
    for node in ast.walk(body):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call):
            given |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return any(
        isinstance(node, ast.Call)
        and _asks(node, names)
        and any(isinstance(argument, ast.Name) and argument.id in given for argument in node.args)
        for node in ast.walk(body)
    )
