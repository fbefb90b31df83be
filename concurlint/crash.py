"""Which file a check was looking at when it broke, read off the error's own frames."""

from __future__ import annotations

from concurlint.project.modules import Code, Module


def module_in_hand(error: BaseException) -> Module | None:
    """The module of the innermost code object among the local variables of the error's frames."""
    trace = error.__traceback__
    found: Module | None = None
    while trace is not None:
        for value in trace.tb_frame.f_locals.values():
            code = value if isinstance(value, Code) else getattr(value, "code", None)
            if isinstance(code, Code):
                found = code.module
        trace = trace.tb_next
    return found
