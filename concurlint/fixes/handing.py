"""Work that is not handed over as it should be: called too early, put in the wrong place, bound too late."""

from __future__ import annotations

import libcst as cst

from concurlint.effects.threads.callables import Callables
from concurlint.effects.threads.late_binding import Capture, LateBinding
from concurlint.facts.syntax import Call
from concurlint.finding import Fix
from concurlint.fixes.mending import Mending
from concurlint.project.modules import Code
from concurlint.rewriting.draft import code_of

_AFTER_IT = ("submit", "to_thread")
"""Those that take the work's arguments right after it."""
_STATEMENTS = (cst.SimpleStatementLine, cst.BaseCompoundStatement)
_BY_NAME = ("Thread", "Process")
"""Those that take them as `args` and `kwargs`."""


def call_instead_of_callable(mending: Mending) -> Fix | None:
    """The function itself, and its arguments where they belong."""
    work = mending.call
    if work is None:
        return None
    given = mending.draft.parent(work)
    taker = mending.draft.parent(given) if isinstance(given, cst.Arg) else None
    known = [
        name
        for code, _, name, each in mending.program[Callables].handed_over()
        if code.module is mending.module and each.at == mending.at and isinstance(each, Call)
        if not mending.program[Callables].makes_coroutine(each, code)
    ]
    found = mending.site
    if found is not None and mending.makes_generator(*found):
        return None  # handed over, it would only be made there, and never run
    if not isinstance(taker, cst.Call) or not known or any(each.star for each in work.args):
        return None
    last = known[0].rpartition(".")[2]
    at = next(number for number, each in enumerate(taker.args) if each is given)
    if last in _AFTER_IT and at == len(taker.args) - 1:
        arguments = [code_of(each.with_changes(comma=cst.MaybeSentinel.DEFAULT)) for each in work.args]
        mending.replace(work, ", ".join([code_of(work.func), *arguments]))
        return mending.fix("hand over the function, and its arguments behind it")
    if last in _BY_NAME and not any(_keyword(each) in ("args", "kwargs") for each in taker.args):
        mending.replace(work, "".join([code_of(work.func), *_passed(work)]))
        return mending.fix("hand over the function, and its arguments as `args`")
    return None


def _passed(work: cst.Call) -> list[str]:
    plain = [code_of(each.value) for each in work.args if each.keyword is None]
    named = [f'"{each.keyword.value}": {code_of(each.value)}' for each in work.args if each.keyword is not None]
    found = [f", args=({', '.join(plain)}{',' if len(plain) == 1 else ''})"] if plain else []
    return [*found, f", kwargs={{{', '.join(named)}}}"] if named else found


def _keyword(argument: cst.Arg) -> str:
    return argument.keyword.value if argument.keyword is not None else ""


def thread_without_target(mending: Mending) -> Fix | None:
    """`target=` before the work, where nothing else is given by place."""
    kinds = (cst.Name, cst.Attribute, cst.Lambda, cst.Call)
    work = next(filter(None, (mending.draft.node(mending.at, kind) for kind in kinds)), None)
    given = mending.draft.parent(work) if work is not None else None
    taker = mending.draft.parent(given) if isinstance(given, cst.Arg) else None
    if work is None or not isinstance(taker, cst.Call) or any(each.star for each in taker.args):
        return None
    if sum(each.keyword is None for each in taker.args) != 1 or any(_keyword(each) == "target" for each in taker.args):
        return None
    mending.before(work, "target=")
    return mending.fix("pass it as `target`")


def captured_variable(mending: Mending) -> Fix | None:
    """The values that the variables have now, as defaults of the function that reads them later."""
    found = mending.program[LateBinding]
    for capture in found.all():
        site, runs = capture.dispatch.site, capture.dispatch.code
        if site is None or site.call.at != mending.at or capture.dispatch.where.module is not mending.module:
            continue
        function = _function(mending, runs) if runs.module is mending.module else None
        if not isinstance(function, (cst.Lambda, cst.FunctionDef)):
            return None
        captures = list(found.of(capture.dispatch))
        if not all(_is_bound_before(mending, function, each) for each in captures):
            return None
        names = list(dict.fromkeys(each.name for each in captures))
        what = "its value as a default" if len(names) == 1 else "their values as defaults"
        return mending.fix(f"bind {what}") if _bind(mending, function, names) else None
    return None


def _function(mending: Mending, code: Code) -> cst.CSTNode | None:
    if code.scope.kind == "lambda":
        return mending.draft.node(code.scope.at, cst.Lambda)
    name = mending.draft.node(code.scope.at, cst.Name)
    return mending.draft.parent(name) if name is not None else None


def _is_bound_before(mending: Mending, function: cst.CSTNode, capture: Capture) -> bool:
    """Whether the loop in which the function is made has bound the name by then, once for this turn."""
    loops = [
        mending.draft.place(each) for each in mending.draft.around(function) if isinstance(each, (cst.For, cst.While))
    ]
    bound = capture.binding.at
    around = next((place for place in loops if place[:2] <= bound[:2] <= place[2:]), None)
    statement = next(each for each in (function, *mending.draft.around(function)) if isinstance(each, _STATEMENTS))
    if around is None or (not capture.is_target and bound[0] >= mending.draft.place(statement)[0]):
        return False
    all_bound = capture.home.scope.bindings.get(capture.name, ())
    return sum(around[:2] <= each.at[:2] <= around[2:] for each in all_bound if each.kind != "annotate") == 1


def _bind(mending: Mending, function: cst.Lambda | cst.FunctionDef, names: list[str]) -> bool:
    given = function.params
    if given.star_kwarg is not None or given.kwonly_params or isinstance(given.star_arg, cst.Param):
        return False
    defaults = ", ".join(f"{name}={name}" for name in names)
    last = [*given.posonly_params, *given.params]
    if last:
        end = last[-1].default or (last[-1].annotation.annotation if last[-1].annotation else last[-1].name)
        mending.after(end, f", {defaults}")
    elif isinstance(function, cst.Lambda):
        line, column, _, _ = mending.draft.place(function)
        start = column + len("lambda")
        mending.put((line, start, line, start), f" {defaults}")
    else:
        _, _, line, column = mending.draft.place(function.name)
        if not mending.line(line)[column - 1 :].startswith("()"):
            return False
        mending.put((line, column + 1, line, column + 1), defaults)
    return True
