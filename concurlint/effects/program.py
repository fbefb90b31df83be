"""The Program: a linked project, and each analysis of it, made when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import copy
from typing import Any, TypeVar

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.config import Config
from concurlint.project.callgraph import CallGraph
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Module, Project
from concurlint.purposes import Purposes
from concurlint.source import SourceFile

Analysis = TypeVar("Analysis")


class Program:
    """A linked project with everything inferred about it: `program[Races]` is the one analysis of that class.

    An analysis is a class whose constructor takes the program; it asks for others in the same way. What the
    `files` are there for may be known from what lies around them.
    """

    def __init__(
        self,
        project: Project,
        files: Sequence[SourceFile],
        config: Config,
        effects: Effects,
        roles: Roles,
        purposes: Purposes | None = None,
    ) -> None:
        self.project = project
        self.files = files
        self.config = config
        self.effects = effects
        self.roles = roles
        self.purposes = purposes or Purposes(files, config)
        self.evaluator = Evaluator(project, roles, self._is_known)
        self.graph = CallGraph(self.evaluator)
        self._analyses: dict[Callable[..., Any], Any] = {}

    def __getitem__(self, analysis: Callable[[Program], Analysis]) -> Analysis:
        """The analysis of that class."""
        if analysis not in self._analyses:
            self._analyses[analysis] = analysis(self)
        found: Analysis = self._analyses[analysis]
        return found

    def forget(self) -> None:
        """Drop all analyses, because more is known now."""
        self._analyses = {}

    def without(self, modules: Collection[Module]) -> Program:
        """The program as if it had no calls in the given modules; what a check does after a mishap there."""
        other = copy(self)
        other.graph = self.graph.without(modules)
        other.forget()
        return other

    def _is_known(self, name: str) -> bool:
        roles = self.roles
        return (
            self.effects.lookup(name) is not None
            or roles.runs(name) is not None
            or roles.class_role(name) is not None
            or bool(roles.returns(name) or roles.starts(name) or roles.comes_from_outside(name))
        )
