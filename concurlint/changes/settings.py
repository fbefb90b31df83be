"""Changes of one setting or name: the switch interval, the loader of a C library."""

from __future__ import annotations

import libcst as cst

from concurlint.changes.guard import is_guarded
from concurlint.changes.request import Request
from concurlint.facts.syntax import Attribute, Name, walk
from concurlint.project.modules import Code
from concurlint.rewriting.draft import expression

INTERVAL = 0.0005
"""Seconds: a tenth of the interpreter's own; below that the switching itself begins to cost."""
_SWITCH = "sys.setswitchinterval"


def switched_faster(request: Request) -> bool:
    """Have threads that compute give the GIL up sooner, where the program says so already, or as it begins."""
    interval = f"{request.options.interval or INTERVAL:g}"
    for code in _codes(request):
        for site, name, _ in request.known.program.graph.libraries.get(code, ()):
            draft = request.edit.draft(code)
            call = draft.node(site.call.at, cst.Call) if name == _SWITCH else None
            if call is not None:
                draft.replace(call, call.with_changes(args=[cst.Arg(expression(interval))]))
                return True
    draft = request.edit.file(request.case.script)
    draft.need("sys")
    setting = cst.SimpleStatementLine([cst.Expr(expression(f"{_SWITCH}({interval})"))])
    main = next((each for each in draft.module.body if is_guarded(each)), None)
    if isinstance(main, cst.If) and isinstance(main.body, cst.IndentedBlock):
        draft.replace(main.body, main.body.with_changes(body=[setting, *main.body.body]))
        return True
    first = next((each for each in draft.module.body if not _comes_first(each)), None)
    if first is None:
        return False
    leading = getattr(first, "leading_lines", ())
    empty = [cst.EmptyLine(indent=False)] if leading else []
    draft.replace(
        first, [setting.with_changes(leading_lines=leading[:1]), first.with_changes(leading_lines=leading or empty)]
    )
    return True


def _comes_first(statement: cst.CSTNode) -> bool:
    """Whether it is a docstring or an import."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return False
    return all(
        isinstance(part, (cst.Import, cst.ImportFrom))
        or (isinstance(part, cst.Expr) and isinstance(part.value, (cst.SimpleString, cst.ConcatenatedString)))
        for part in statement.body
    )


def released(request: Request) -> bool:
    """Have a C library called without the GIL, if no function of Python's own is called through it."""
    for code in _codes(request):
        for site, name, _ in request.known.program.graph.libraries.get(code, ()):
            if name != "ctypes.PyDLL" or _calls_python(code):
                continue
            draft = request.edit.draft(code)
            call = draft.node(site.call.at, cst.Call)
            if call is None:
                continue
            if isinstance(call.func, cst.Name):
                draft.need("ctypes", "CDLL")
                draft.drop("ctypes", "PyDLL")
                draft.replace(call.func, cst.Name("CDLL"))
            elif isinstance(call.func, cst.Attribute):
                draft.replace(call.func, call.func.with_changes(attr=cst.Name("CDLL")))
            return True
    return False


def _codes(request: Request) -> list[Code]:
    module = request.known.module(request.case.absolute(request.verdict.finding.span.path))
    return list(module.codes) if module is not None else []


def _calls_python(code: Code) -> bool:
    """Whether the module uses a name that only Python's C interface has."""
    for part in code.module.codes:
        for site in part.scope.calls:
            for each in walk(site.call.function):
                called = each.attr if isinstance(each, Attribute) else each.id if isinstance(each, Name) else ""
                if called.startswith(("Py", "_Py")) and called != "PyDLL":
                    return True
    return False
