"""Random numbers drawn in forked workers from one state that all of them have inherited."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has
from concurlint.effects.calls.reachability import Reachability
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.program import Program
from concurlint.effects.startup.start_methods import StartMethods
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call, spelled
from concurlint.finding import Step
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Instance, Value


@dataclass(frozen=True, slots=True, eq=False)
class Repeated:
    """A draw from inherited state, and what sends the work to several processes."""

    code: Code
    site: CallSite
    source: str  # the generator, as it is written
    dispatch: Spawn

    def steps(self) -> tuple[Step, ...]:
        """The dispatch that makes several processes draw."""
        site = self.dispatch.site
        if site is None:
            return ()
        message = f"forked processes run `{self.dispatch.code.qualname}`, each with a copy of the state"
        return (Step(self.dispatch.where.span(site.call.at), message),)


class RandomState:
    """Looks at what the work of several forked processes draws, and whether anything seeds it anew."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._dispatches = [d for d in program[Spawns].all if d.on == "process" and d.site is not None]
        self._methods = program[StartMethods]
        self._moments = program[Reachability]

    def repeated(self) -> Iterator[Repeated]:
        """Each draw once."""
        seen: set[int] = set()
        set_up = [d for d in self._dispatches if self._roles.kind(d.name) in kinds_with("pool")]
        if any(self._seeds(code) for d in set_up for code in self._moments.below(d.code)):
            return
        for dispatch in self._dispatches:
            if dispatch in set_up or not self._is_several(dispatch) or not self._forks(dispatch):
                continue
            reached = self._moments.below(dispatch.code)
            if any(self._seeds(code) for code in reached):
                continue
            for code in reached:
                for site, source in self._draws(code):
                    if id(site) not in seen:
                        seen.add(id(site))
                        yield Repeated(code, site, source, dispatch)

    def _is_several(self, dispatch: Spawn) -> bool:
        if dispatch.alone:
            return False
        role = self._roles.runs(dispatch.name)
        task = role is not None and (role.pickles == "task" or role.pool is not None)
        return task or dispatch.several or self._has_sibling(dispatch)

    def _has_sibling(self, dispatch: Spawn) -> bool:
        return any(
            other is not dispatch and other.code is dispatch.code and other.where is dispatch.where
            for other in self._dispatches
        )

    def _forks(self, dispatch: Spawn) -> bool:
        """Whether the processes that do the work inherit their parent's memory."""
        assert dispatch.site is not None
        function = dispatch.site.call.function
        made = [(dispatch.site.call, dispatch.where)]
        if isinstance(function, Attribute):
            owners = self._evaluator.values(function.value, dispatch.where).used()
            sites = [v.site for v in owners if isinstance(v, Instance) and v.site is not None]
            kinds = {self._evaluator.kind(v) for v in owners}
            if "process-pool" in kinds:
                made = [(site.call, site.code) for site in sites if isinstance(site.call, Call)]
        return bool(made) and all("fork" in self._methods.of(call, code) for call, code in made)

    def _seeds(self, code: Code) -> bool:
        return any(has("seeds", name) for _, name, _ in self._graph.libraries.get(code, ()))

    def _draws(self, code: Code) -> Iterator[tuple[CallSite, str]]:
        for site, name, value in self._graph.libraries.get(code, ()):
            if has("draws", name) and not self._is_own(value):
                function = site.call.function
                shown = spelled(function.value) if isinstance(function, Attribute) else name.rpartition(".")[0]
                yield site, shown or name.rpartition(".")[0]

    def _is_own(self, callee: Value) -> bool:
        """A method of a generator that is not known to be made once for the whole module, or that has no state."""
        if not isinstance(callee, Bound):
            return False
        owner = callee.owner
        role = self._roles.class_role(self._evaluator.type_name(owner))
        if role is not None and "*" in role.safe:
            return True
        made = owner.site if isinstance(owner, Instance) else None
        return made is None or made.code.scope.kind != "module"
