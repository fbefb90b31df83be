"""What may happen while a thread runs: which other accesses of the same state come beside it."""

from __future__ import annotations

from functools import cached_property

from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.contexts.callers import is_by_callers
from concurlint.effects.contexts.parallel import Parallel
from concurlint.effects.contexts.reach import Run
from concurlint.effects.program import Program
from concurlint.effects.races.sharing import Sharing
from concurlint.facts.syntax import Call, Expression, Item, Name
from concurlint.finding import Confidence
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance


class Overlap:
    """Accesses by the state they touch, and which of them may meet."""

    def __init__(self, program: Program) -> None:
        self.graph = program.graph
        self.evaluator = program.evaluator
        self.sharing = program[Sharing]
        self._parallel = program[Parallel]

    @cached_property
    def by_location(self) -> dict[Location, list[StateAccess]]:
        found: dict[Location, list[StateAccess]] = {}
        for code in self.graph.edges:
            for touch in self.sharing.touching.touches(code):
                found.setdefault(touch.location, []).append(touch)
        return found

    def runs_beside_threads(self, touch: StateAccess) -> bool:
        """Whether a starter's write comes after it started threads and before it joined them."""
        return any(
            self._parallel.goes_on_at(run.dispatch, touch.code, touch.order) and touch.location in self._touched_by(run)
            for run in self.sharing.started_in(touch.code)
        )

    def _touched_by(self, run: Run) -> set[Location]:
        found: set[Location] = set()
        for code, runs in self.sharing.runs.items():
            if any(other.dispatch is run.dispatch for other in runs):
                found |= {touch.location for touch in self.sharing.touching.touches(code)}
        return found

    def is_private_yet(self, touch: StateAccess) -> bool:
        """Import-time and constructor writes: nobody else can see the state."""
        if touch.code.scope.kind in ("module", "class"):
            return True
        return touch.location.kind == "attribute" and self.sharing.is_before_sharing(touch.code)

    def own_key(self, touch: StateAccess, run: Run) -> bool:
        """`totals[i] += 1` where `i` is the number of the run: no two runs share an item."""
        dispatch = run.dispatch
        if not isinstance(touch.target, Item) or dispatch.code is not touch.code:
            return False
        names = [p.name for p in touch.code.scope.parameters if p.kind == "positional"]
        if touch.code.self_name() is not None:
            names = names[1:]
        passed = dict(zip(names, dispatch.passed, strict=False)) | dispatch.named
        for index in touch.target.index:
            given = passed.get(index.id) if isinstance(index, Name) else None
            if given is not None and self._counts(given, dispatch.where):
                return True
            if isinstance(index, Name) and dispatch.items is not None and names[:1] == [index.id]:
                return self._is_range(dispatch.items, dispatch.where)
        return False

    def _counts(self, expression: Expression, code: Code) -> bool:
        """Whether an expression is the variable of a loop over `range` or the count of `enumerate`."""
        home = holder(code, expression.id) if isinstance(expression, Name) else None
        bindings = (home or code.module.body).scope.bindings.get(getattr(expression, "id", ""), [])
        for binding in bindings:
            if binding.kind != "for" or binding.value is None:
                continue
            counted = binding.path[:1] == (0,) and self._is_range(binding.value, code, "enumerate")
            if counted or self._is_range(binding.value, code):
                return True
        return False

    def _is_range(self, expression: Expression, code: Code, name: str = "range") -> bool:
        if not isinstance(expression, Call):
            return False
        return any(library_name(v) == f"builtins.{name}" for v in self.evaluator.values(expression.function, code))

    def may_happen_beside(self, other: StateAccess, run: Run) -> bool:
        runs = self.sharing.runs.get(other.code, [])
        same_owner = run.dispatch.where
        for candidate in runs:
            if candidate.dispatch is not run.dispatch and self._parallel.may_meet(candidate.dispatch, run.dispatch):
                if candidate in self.sharing.thread_runs(other) and (
                    other.location.kind != "attribute"
                    or (self._is_credible(candidate, run) and self._same_object(candidate, run))
                    or (candidate.dispatch.where is same_owner and not _of_two_objects(candidate, run))
                ):
                    return True
        if any(not is_by_callers(candidate.dispatch) for candidate in runs):
            return False
        where = run.dispatch.where
        if self.is_called_meanwhile(other, run):
            return True
        if other.code is where:
            return self._parallel.goes_on_at(run.dispatch, where, other.order)
        if other.location.kind != "attribute":
            return other.location.kind != "closure" and self._parallel.is_called_meanwhile(run.dispatch, other.code)
        if where.owner is None or not self._parallel.is_left_alone(run.dispatch):
            return False
        if self._parallel.is_over_at(run.dispatch, other.code, other.order):
            return False
        method = other.code.owner
        public = not other.code.name.startswith("_") or other.code.name in ("__call__", "__setitem__")
        return method is not None and public and method in self.evaluator.lineage(where.owner)[0]

    def is_called_meanwhile(self, other: StateAccess, run: Run) -> bool:
        """Whether who started the thread calls a method of the very object before it waits for it."""
        owner = run.dispatch.value.owner if isinstance(run.dispatch.value, Bound) else None
        if not isinstance(owner, Instance) or owner.site is None or other.location.kind != "attribute":
            return False
        return any(
            isinstance(edge.value, Bound)
            and isinstance(edge.value.owner, Instance)
            and edge.value.owner.site == owner.site
            and self._parallel.goes_on_at(run.dispatch, edge.caller, edge.site.order)
            for edge in self.graph.callers.get(other.code, ())
        )

    @staticmethod
    def _is_credible(candidate: Run, run: Run) -> bool:
        """Whether what users may do counts: beside a thread that really runs only if more than a lock says so."""
        if not is_by_callers(candidate.dispatch):
            return False
        return is_by_callers(run.dispatch) or candidate.dispatch.confidence is not Confidence.LOW

    def _same_object(self, one: Run, other: Run) -> bool:
        """Whether what users call on threads may be the very object whose method the other run is."""
        owners = [run.dispatch.value.owner if isinstance(run.dispatch.value, Bound) else None for run in (one, other)]
        classes = [owner.of.code for owner in owners if isinstance(owner, Instance) and isinstance(owner.of, ClassOf)]
        if len(classes) < 2:
            return not is_by_callers(other.dispatch) or len(classes) == 0
        lineage = self.evaluator.lineage
        return classes[0] in lineage(classes[1])[0] or classes[1] in lineage(classes[0])[0]

    def runs_beside(self, other: StateAccess, run: Run) -> bool:
        """Whether a touch may come while a run on a thread goes on."""
        if self.may_happen_beside(other, run):
            return True
        return other.code not in self.sharing.runs and self._parallel.is_called_meanwhile(run.dispatch, other.code)

    def is_touched_beside(self, touch: StateAccess, run: Run) -> bool:
        """Whether somebody else changes the same state, with no lock, while the run goes on."""
        return any(
            other is not touch and not self.sharing.held(other).must and self.may_happen_beside(other, run)
            for other in self.by_location.get(touch.location, ())
            if not self.is_private_yet(other)
        )


def _of_two_objects(one: Run, other: Run) -> bool:
    """Whether two threads run methods of two objects, made in two places."""
    owners = [run.dispatch.value.owner if isinstance(run.dispatch.value, Bound) else None for run in (one, other)]
    sites = [owner.site for owner in owners if isinstance(owner, Instance)]
    return len(sites) == 2 and None not in sites and sites[0] != sites[1]
