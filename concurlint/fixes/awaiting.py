"""What keeps an event loop, or is never run by it: awaited instead, by the loop itself or on a thread."""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from concurlint.catalog.traits import may
from concurlint.effects.blocking.calls import Blocking, BlockingCalls
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.contexts.frameworks import framework_of, frameworks_of
from concurlint.effects.tasks.coroutines import Coroutines
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Name, spelled
from concurlint.finding import Fix
from concurlint.fixes.mending import Mending, in_parentheses
from concurlint.project.modules import Code
from concurlint.remedies.coroutines import is_bound_to_its_thread
from concurlint.rewriting.draft import code_of, may_await
from concurlint.rewriting.independence import Independence

_SLEEP = "time.sleep"
_OF_THE_LOOP = ("asyncio.", "contextvars.")
"""What has another meaning, or none, on a thread of its own."""
_TO_THREAD = (3, 9)
"""The Python that has `asyncio.to_thread`."""


def blocking_call(mending: Mending) -> Fix | None:
    """`await asyncio.sleep(…)` for a sleep, `await asyncio.to_thread(…)` for what means the same on a thread."""
    found, call = mending.site, mending.call
    if found is None or call is None or call.func.lpar or not may_await(mending.draft, call):
        return None
    code, site = found
    blocking = next((b for c, s, b in mending.program[BlockingCalls].on_loops() if c is code and s is site), None)
    framework = framework_of(code)
    if blocking is None or not code.is_async or len(frameworks_of(code)) > 1 or mending.makes_generator(code, site):
        return None
    if blocking.name == _SLEEP and len(blocking.chain) == 1:
        if not mending.imports(framework):
            return None
        _around(mending, call, f"await {framework}.sleep", call.func)
        return mending.fix(f"await `{framework}.sleep`")
    if (
        framework != "asyncio"
        or _goes_on_blocking(mending, call)
        or not _means_the_same(mending, code, site, blocking)
        or not mending.imports(framework)
    ):
        return None
    _to_thread(mending, call)
    return mending.fix("run it on a thread with `asyncio.to_thread`")


def _means_the_same(mending: Mending, code: Code, site: CallSite, blocking: Blocking) -> bool:
    program = mending.program
    below = [
        part
        for edge in program.graph.edges.get(code, ())
        if edge.site is site
        for part in program[Reachability].below(edge.callee)
    ]
    names = {name for part in below for _, name, _ in program.graph.libraries.get(part, ())}
    if any(name.startswith(_OF_THE_LOOP) for name in names):
        return False
    if program.config.target_python < _TO_THREAD or is_bound_to_its_thread(program, blocking):
        return False
    return not program[Independence].why_call(code, site)


def _goes_on_blocking(mending: Mending, call: cst.Call) -> bool:
    """Whether what is around the call may block too: the call alone, on a thread, would help little."""
    above = mending.draft.parent(call)
    if isinstance(above, (cst.For, cst.CompFor)):
        return True  # what is run through may come bit by bit
    if any(isinstance(part, cst.Call) for part in _within(call.func)):
        return True
    then = mending.draft.parent(above) if isinstance(above, cst.Attribute) else None
    return isinstance(above, cst.Attribute) and isinstance(then, cst.Call) and may("reads-answer", above.attr.value)


def _within(function: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    """What a method is looked up in, step by step."""
    while True:
        yield function
        if not isinstance(function, (cst.Attribute, cst.Subscript)):
            return
        function = function.value


def _to_thread(mending: Mending, call: cst.Call) -> None:
    function = code_of(call.func)
    if not call.args:
        _around(mending, call, f"await asyncio.to_thread({function})", call)
        return
    opened = mending.draft.place(call.func)
    first = mending.draft.place(call.args[0])
    ends = (*opened[:2], *first[:2])
    gap = " " if opened[2] == first[0] else mending.newline + mending.line(first[0])[: first[1] - 1]
    open_, close = ("(", ")") if in_parentheses(mending.draft, call) else ("", "")
    mending.put(ends, f"{open_}await asyncio.to_thread({function},{gap}")
    if close:
        mending.after(call, close)


def _around(mending: Mending, call: cst.Call, text: str, replaced: cst.CSTNode) -> None:
    if in_parentheses(mending.draft, call):
        mending.put(mending.draft.place(replaced), f"({text}")
        mending.after(call, ")")
    else:
        mending.replace(replaced, text)


def dropped_coroutine(mending: Mending) -> Fix | None:
    """`await` before a coroutine that is thrown away or taken for its result, in a coroutine."""
    found, call = mending.site, mending.call
    if found is None or call is None or not may_await(mending.draft, call):
        return None
    code, site = found
    program = mending.program
    if not any(c is code and s is site for c, s, _ in program[Coroutines].never_awaited()):
        return None
    callees = [edge.callee for edge in program.graph.edges.get(code, ()) if edge.site is site]
    below = {part for callee in callees for part in (callee, *program[Reachability].below(callee))}
    if not code.is_async or not callees or any(map(_may_go_on, below)):
        return None  # a coroutine that never ends would be waited for for ever
    mending.before(call, "(await " if in_parentheses(mending.draft, call) else "await ")
    if in_parentheses(mending.draft, call):
        mending.after(call, ")")
    return mending.fix("await it")


def _may_go_on(callee: Code) -> bool:
    """Whether the coroutine may wait as long as others want."""
    loops = any(loop.kind == "while" or loop.is_async for loop in callee.scope.loops)
    waits = any(
        site.awaited
        and isinstance(site.call.function, (Attribute, Name))
        and may("may-last", spelled(site.call.function).rpartition(".")[2])
        for site in callee.scope.calls
    )
    return loops or waits
