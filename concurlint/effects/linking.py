"""From a project to its Program: calls resolved, arguments bound to parameters, dispatches among them."""

from __future__ import annotations

from collections.abc import Sequence

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.config import Config
from concurlint.effects.contexts.relevance import spreading_names
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.syntax import Argument, Call
from concurlint.project.loading import Loader
from concurlint.project.modules import Module, Project
from concurlint.purposes import Purposes
from concurlint.source import SourceFile


def link(
    project: Project,
    files: Sequence[SourceFile],
    config: Config,
    effects: Effects,
    roles: Roles,
    *,
    purposes: Purposes | None = None,
    everything: bool = False,
) -> Program:
    """The Program of the files; those with no trace of concurrency are only opened where something leads to
    them, or all of those asked about with `everything`.

    There are two rounds: what is passed where is only known once the calls of the first are.
    """
    program = Program(project, files, config, effects, roles, purposes)
    loader = Loader(project, files, roles, everything=everything)
    modules = loader.start()
    program.graph.build(modules)
    modules += _callers(program, loader)
    program.evaluator.callers = program.graph.known_callers()
    _bind_dispatched(program)
    program.evaluator.forget()
    program.forget()
    program.graph.build(modules)
    return program


def _callers(program: Program, loader: Loader) -> list[Module]:
    """Modules without a trace of their own that import what starts, dispatches, guards or is shared."""
    callers: list[Module] = []
    while True:
        found = loader.importers(spreading_names(program.graph, program[Spawns].all, program.roles))
        if not found:
            return callers
        callers += found
        program.graph.extend(code for module in found for code in module.codes)
        program[Spawns].extend()


def _bind_dispatched(program: Program) -> None:
    """A dispatch passes arguments like a call does."""
    for dispatch in program[Spawns].all:
        if dispatch.site is None or not (dispatch.passed or dispatch.named):
            continue
        arguments = [Argument(value, None, 0) for value in dispatch.passed]
        arguments += [Argument(value, name, 0) for name, value in dispatch.named.items()]
        call = Call(dispatch.site.call.function, tuple(arguments), dispatch.site.call.at)
        known = program.evaluator.callers.setdefault(dispatch.code, [])
        known.append((call, dispatch.where, dispatch.value))
