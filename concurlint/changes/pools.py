"""Threads that become processes: the class that makes them, wherever the program hands it work."""

from __future__ import annotations

from dataclasses import dataclass

import libcst as cst

from concurlint.changes.guard import guard
from concurlint.changes.request import Request
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.pickling import Pickling
from concurlint.facts.syntax import Attribute, Name, Place
from concurlint.project.modules import Code
from concurlint.project.values import Function, Instance, Library
from concurlint.rewriting.draft import Draft, expression
from concurlint.rewriting.independence import Independence
from concurlint.verdicts.known import Known
from concurlint.verdicts.measured import Place as Line


@dataclass(frozen=True, slots=True)
class _Class:
    """A class of threads or processes: where it is imported from, and its name there."""

    module: str
    name: str


_FUTURES = _Class("concurrent.futures", "ProcessPoolExecutor")
_PROCESSES = {
    "concurrent.futures.ThreadPoolExecutor": _FUTURES,
    "concurrent.futures.thread.ThreadPoolExecutor": _FUTURES,
    "multiprocessing.pool.ThreadPool": _Class("multiprocessing", "Pool"),
    "threading.Thread": _Class("multiprocessing", "Process"),
}
"""A class that runs work on threads, and the one of the same shape that runs it in processes."""
_OF_THREADS = frozenset({"thread_name_prefix"})
"""Arguments that no pool of processes takes, and that change nothing."""


@dataclass(frozen=True, slots=True)
class _Maker:
    """The call that makes threads: the class by its public name, and where it is written."""

    name: str
    code: Code
    at: Place


def to_processes(request: Request, work: list[Line]) -> bool:
    """Have what runs the work make processes; whether that means the same."""
    case, known, edit = request.case, request.known, request.edit
    makers: dict[_Maker, list[Spawn]] = {}
    for line in work:
        for spawn in known.sent_by(case.frame(line)):
            maker = _maker(known, spawn)
            if maker is None:
                return False
            makers.setdefault(maker, [])
    if not makers:
        return False
    for spawn in known.program[Spawns].all:
        maker = _maker(known, spawn)
        if maker in makers:
            makers[maker].append(spawn)
    spawns = [spawn for each in makers.values() for spawn in each]
    if any(_why_not(known, spawn) for spawn in spawns):
        return False
    independence = known.program[Independence]
    needed = {name for spawn in spawns for name in independence.reads(spawn.code)}
    workers = request.options.workers
    return all(_exchange(edit.draft(maker.code), maker, workers) for maker in makers) and guard(case, edit, needed)


def _why_not(known: Known, spawn: Spawn) -> str:
    """Why the work is for threads only, in words; nothing if processes can do it."""
    independence = known.program[Independence]
    why = independence.why_ordered(spawn.code) or independence.why_here(spawn.code) or known.refusal(spawn)
    if why:
        return why
    if not isinstance(spawn.value, Function):
        return "the work is more than a function"
    if spawn.items is not None:
        refused = known.program[Pickling].of(spawn.items, spawn.where, at_start=False)
        return refused.what if refused is not None else ""
    return ""


def _maker(known: Known, spawn: Spawn) -> _Maker | None:
    """The class that makes the threads which the work is sent to."""
    if spawn.site is None:
        return None
    function = spawn.site.call.function
    if spawn.name in _PROCESSES:
        is_named = isinstance(function, (Name, Attribute))
        return _Maker(spawn.name, spawn.where, function.at) if is_named else None
    if not isinstance(function, Attribute):
        return None
    for value in known.program.evaluator.values(function.value, spawn.where):
        if isinstance(value, Instance) and value.site is not None and isinstance(value.of, Library):
            inner = getattr(value.site.call, "function", None)
            name = known.program.roles.canonical(value.of.name)
            if isinstance(inner, (Name, Attribute)) and name in _PROCESSES:
                return _Maker(name, value.site.code, inner.at)
    return None


def _exchange(draft: Draft, maker: _Maker, workers: int | None) -> bool:
    """Write the other class there, with its import, and with so many workers if that is asked for."""
    node = draft.node(maker.at, cst.Name) or draft.node(maker.at, cst.Attribute)
    call = draft.parent(node) if node is not None else None
    if node is None or not isinstance(call, cst.Call) or call.func is not node:
        return False
    new, (old_module, _, old_name) = _PROCESSES[maker.name], maker.name.rpartition(".")
    arguments = [argument for argument in call.args if not _is_for_threads(argument)]
    if workers is not None:
        if new.name == "Process":
            return False
        arguments = [cst.Arg(cst.Integer(str(workers))), *(each for each in arguments if not _says_how_many(each))]
    if isinstance(node, cst.Name):
        draft.need(new.module, new.name)
        draft.drop(old_module, old_name)
        written: cst.BaseExpression = cst.Name(new.name)
    else:
        draft.need(new.module)
        draft.drop(old_module)
        written = expression(f"{new.module}.{new.name}")
    draft.replace(call, call.with_changes(func=written, args=_without_last_comma(arguments)))
    return True


def _is_for_threads(argument: cst.Arg) -> bool:
    return argument.keyword is not None and argument.keyword.value in _OF_THREADS


def _says_how_many(argument: cst.Arg) -> bool:
    return argument.keyword is None or argument.keyword.value in ("max_workers", "processes")


def _without_last_comma(arguments: list[cst.Arg]) -> list[cst.Arg]:
    if not arguments or not isinstance(arguments[-1].comma, cst.Comma):
        return arguments
    return [*arguments[:-1], arguments[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]
