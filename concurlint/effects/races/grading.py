"""How sure a race is, and how much it matters: evidence of threads, locks over the same state, what reads it."""

from __future__ import annotations

from functools import cached_property

from concurlint.effects.accesses import Location
from concurlint.effects.contexts.callers import is_by_callers
from concurlint.effects.contexts.reach import Run
from concurlint.effects.contexts.threaded_use import ThreadedUse
from concurlint.effects.program import Program
from concurlint.effects.races.overlap import Overlap
from concurlint.facts.records import Access
from concurlint.facts.syntax import Attribute, walk
from concurlint.finding import Confidence, Weight
from concurlint.project.modules import Code

_SHOWING = {"__repr__", "__str__", "__format__"}


class RaceGrading:
    """Grades what the rules on shared state found."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._overlap = program[Overlap]
        self._use = program[ThreadedUse]
        self._locked: dict[Location, bool] = {}

    def confidence(self, run: Run, location: Location) -> Confidence:
        """That of the evidence of threads; a lock of the class is some only where it guards this very state."""
        known = run.dispatch.confidence
        if not is_by_callers(run.dispatch) or known is not Confidence.LOW:
            return known
        if self._is_guarded(location):
            return Confidence.MIDDLE
        return Confidence.MIDDLE if self._is_counted_for_callbacks(run, location) else Confidence.LOW

    def weight(self, location: Location) -> Weight:
        """Low for a number that is only ever shown in logs and texts, and for what has been logged."""
        harmless = self._is_only_shown(location) if location.kind == "attribute" else self._is_of_log(location)
        return Weight.LOW if harmless else Weight.HIGH

    def _is_of_log(self, location: Location) -> bool:
        """Whether all that know some state only write logs, and give nothing back."""
        codes = {change.code for change in self._overlap.by_location.get(location, ())}
        codes |= {code for code, _ in self._reads.get(location.name, ())}
        if location.kind == "global":
            codes |= {code for code in location.home.module.codes[1:] if location.name in code.scope.uses}
        return bool(codes) and all(
            not any(one.value is not None for one in code.scope.returned)
            and any(name.startswith("logging.") for _, name, _ in self._graph.libraries.get(code, ()))
            for code in codes
            if code.scope.kind == "function"
        )

    def _is_counted_for_callbacks(self, run: Run, location: Location) -> bool:
        """Whether an object counts something where its users call it, on threads of theirs and on its own at once.

        Other state is mostly that of connecting, which one thread does.
        """
        changes = self._overlap.by_location.get(location, ())
        if location.kind != "attribute" or not any(change.changes == "update" for change in changes):
            return False
        called = self._use.called_on_own_thread(location.home)
        return called is not None and run.dispatch.code not in called

    def _is_guarded(self, location: Location) -> bool:
        """Whether most of the changes of some state are made under a lock: it is there for that state."""
        if location not in self._locked:
            changes = [
                self._overlap.sharing.held(access)
                for access in self._overlap.by_location.get(location, ())
                if not self._overlap.is_private_yet(access)
            ]
            locked = sum(any(lock.kind in ("lock", "rw-lock") for lock in held.must) for held in changes)
            self._locked[location] = locked > 0 and 2 * locked >= len(changes)
        return self._locked[location]

    @cached_property
    def _reads(self) -> dict[str, list[tuple[Code, Access]]]:
        """Reads of attributes anywhere, by the attribute's name: who else reads one is not known by its class."""
        found: dict[str, list[tuple[Code, Access]]] = {}
        for code in self._graph.edges:
            for access in code.scope.accesses:
                if access.kind == "read" and isinstance(access.target, Attribute):
                    found.setdefault(access.target.attr, []).append((code, access))
        return found

    def _is_only_shown(self, location: Location) -> bool:
        changes = self._overlap.by_location.get(location, ())
        if not changes or any(change.changes not in ("update", "store") for change in changes):
            return False
        reads = self._reads.get(location.name, ())
        if not reads and not location.name.startswith("_"):
            return False  # users may read it
        return all(code.name in _SHOWING or self._is_logged(code, access) for code, access in reads)

    def _is_logged(self, code: Code, access: Access) -> bool:
        """Whether a read stands among the arguments of a call that logs."""
        return any(
            part is access.target
            for site, name, _ in self._graph.libraries.get(code, ())
            if name.startswith("logging.")
            for argument in site.call.arguments
            for part in walk(argument.value)
        )
