"""What keeps an event loop: awaited instead, by the loop itself or in a thread."""

from __future__ import annotations

import libcst as cst

from concurlint.changes.request import Request
from concurlint.facts.records import CallSite
from concurlint.project.modules import Code
from concurlint.rewriting.draft import Draft, code_of, expression, may_await
from concurlint.rewriting.independence import Independence
from concurlint.runtime.samples import Frame
from concurlint.verdicts.case import Case
from concurlint.verdicts.known import Known, KnownCall
from concurlint.verdicts.verdict import Verdict

_SLEEP = "time.sleep"
_NEEDS = (3, 9)
"""The Python that has `asyncio.to_thread`."""


def unblocked(request: Request) -> bool:
    """Have the coroutine await what keeps its loop; whether that can be said and means the same."""
    known = request.known
    for code, site, callee in _blocking(request.case, known, request.verdict):
        draft = request.edit.draft(code)
        call = draft.node(site.call.at, cst.Call)
        if call is None or site.awaited or not may_await(draft, call):
            continue
        names = [name for found, name, _ in known.program.graph.libraries.get(code, ()) if found is site]
        if callee is None and names == [_SLEEP]:
            draft.replace(call, _awaited(draft, call, "asyncio.sleep"))
            draft.need("asyncio")
            draft.drop("time")
            return True
        if not known.program[Independence].why_call(code, site) and _version(request.case) >= _NEEDS:
            draft.replace(call, _awaited(draft, call, "asyncio.to_thread", code_of(call.func)))
            draft.need("asyncio")
            return True
    return False


def _blocking(case: Case, known: Known, verdict: Verdict) -> list[tuple[Code, CallSite, Code | None]]:
    """The calls in coroutines that led to the verdict's line: of functions, or of libraries on the line itself."""
    span = verdict.finding.span
    found: list[tuple[float, Code, CallSite, Code | None]] = []
    for stack in case.stacks():
        own = [Frame(f.function, case.absolute(f.path), f.line) for f in stack.frames if case.is_own(f.path)]
        at = next((n for n, f in enumerate(own) if case.shown(f.path) == span.path and f.line == span.line), None)
        if at is None:
            continue
        for number in range(at, -1, -1):
            code = known.code(own[number])
            if code is None or not code.is_async:
                continue
            seconds = sum(stack.states.values())
            if number + 1 < len(own):
                there = Frame(own[number + 1].function, own[number + 1].path, 1_000_000)
                site = known.site_of(own[number], there)
                found += [(seconds, *site, known.code(there))] if site is not None else []
            else:
                found += [(seconds, call.code, call.site, None) for call in known.calls(own[number]) if _stops(call)]
            break
    found.sort(key=lambda each: -each[0])
    return [(code, site, callee) for _, code, site, callee in found]


def _stops(call: KnownCall) -> bool:
    return call.fact is not None and call.fact.blocks_loop


def _awaited(draft: Draft, call: cst.Call, by: str, *first: str) -> cst.BaseExpression:
    arguments = [code_of(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in call.args]
    awaited = expression(f"await {by}({', '.join([*first, *arguments])})")
    assert isinstance(awaited, cst.Await)
    if isinstance(draft.parent(call), (cst.BaseSmallStatement, cst.Arg, cst.WithItem)):
        return awaited
    # `await f().x` would await the attribute.
    return awaited.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _version(case: Case) -> tuple[int, ...]:
    return tuple(int(part) for part in case.profile.run.python.split(".")[:2] if part.isdigit())
