"""The change on the user's own line: today's call, and the call that fits."""

from concurlint.effects.contexts.spawns import Spawn
from concurlint.facts.syntax import Attribute, Name, Place, spelled
from concurlint.project.modules import Code
from concurlint.project.values import Instance, Library
from concurlint.verdicts.case import Case
from concurlint.verdicts.written import Written

_PROCESSES = {
    "concurrent.futures.ThreadPoolExecutor": "ProcessPoolExecutor",
    "concurrent.futures.thread.ThreadPoolExecutor": "ProcessPoolExecutor",
    "multiprocessing.pool.ThreadPool": "multiprocessing.Pool",
    "multiprocessing.dummy.Pool": "multiprocessing.Pool",
    "threading.Thread": "multiprocessing.Process",
}
"""A class that runs work on threads, and the one of the same shape that runs it in processes."""


def to_processes(case: Case, dispatch: Spawn) -> str:
    """The line that makes the threads, with processes instead; nothing where no such class is seen."""
    if dispatch.site is None:
        return ""
    made = _maker(case, dispatch)
    if made is None:
        return ""
    name, code, at = made
    written = source_of(case, code)
    before = cut(written, at)
    new = _PROCESSES.get(name, "")
    return written.change(at[0], before, new) if new and before else ""


def source_of(case: Case, code: Code) -> Written:
    """The text of the file that the code stands in."""
    return case.written(str(code.module.source.path))


def cut(written: Written, at: Place) -> str:
    """What stands there, if it is on one line."""
    return written.line(at[0])[at[1] - 1 : at[3] - 1] if at[0] == at[2] else ""


def _maker(case: Case, dispatch: Spawn) -> tuple[str, Code, Place] | None:
    """The class that makes the threads: its name, and where it is called."""
    assert dispatch.site is not None
    function = dispatch.site.call.function
    if dispatch.name in _PROCESSES:
        return dispatch.name, dispatch.where, function.at if isinstance(function, (Name, Attribute)) else (0, 0, 0, 0)
    if case.known is None or not isinstance(function, Attribute):
        return None
    for value in case.known.program.evaluator.values(function.value, dispatch.where):
        if isinstance(value, Instance) and value.site is not None and isinstance(value.of, Library):
            made = value.site.call
            inner = getattr(made, "function", None)
            if inner is not None and spelled(inner):
                return case.known.program.roles.canonical(value.of.name), value.site.code, inner.at
    return None
