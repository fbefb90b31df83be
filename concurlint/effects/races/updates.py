"""Races on shared state: updates, slips from a lock, tests that may be out of date when acted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from concurlint.effects.accesses import StateAccess
from concurlint.effects.contexts.reach import Run, thread_steps
from concurlint.effects.lockset.locksets import LockSet
from concurlint.effects.program import Program
from concurlint.effects.races.carried import CarriedValues
from concurlint.effects.races.check_then_act import ChecksThenActs, CheckThenAct
from concurlint.effects.races.inconsistency import Inconsistency, InconsistentLocking
from concurlint.effects.races.overlap import Overlap
from concurlint.effects.races.sharing import Sharing
from concurlint.finding import Step
from concurlint.project.modules import Code


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """An unlocked update and what may run at the same time."""

    touch: StateAccess
    run: Run
    other: StateAccess | None

    @property
    def is_carried(self) -> bool:
        """Whether it is a value that the run itself takes up again."""
        return self.touch.changes == "store"

    def steps(self) -> tuple[Step, ...]:
        """How the update comes to run on threads, and the other side if it is elsewhere."""
        return (*thread_steps(self.run), *_other_side(self.other))


def _other_side(other: StateAccess | None) -> tuple[Step, ...]:
    if other is None:
        return ()
    return (Step(other.code.span(other.place), f"`{other.code.qualname}` changes it at the same time"),)


class Races:
    """Puts the three questions to the shared state of a program."""

    def __init__(self, program: Program) -> None:
        self.overlap = program[Overlap]
        self.graph = program.graph
        self.evaluator = program.evaluator
        self.sharing = program[Sharing]
        self._slipping = program[InconsistentLocking]
        self._gapping = program[ChecksThenActs]
        self._carried = program[CarriedValues]

    # 302

    @cached_property
    def _slips(self) -> list[Inconsistency]:
        return [
            slip
            for location, touches in self.overlap.by_location.items()
            for within in (False, True)
            for slip in self._slipping.of(location, [touch for touch in touches if (touch.depth > 1) is within])
        ]

    def inconsistent_locking(self) -> Iterator[Inconsistency]:
        """Writes without the lock that most other writes of the same state hold."""
        yield from self._slips

    # 301

    def unlocked_updates(self) -> Iterator[Race]:
        """Updates that threads may make at once, unless another rule speaks of the same place."""
        taken = {(s.touch.code, s.touch.place) for s in self._slips}
        taken |= {(code, place) for code, place in self._acted}
        for code in self.sharing.runs:
            for touch in self.sharing.touching.touches(code):
                if (touch.code, touch.place) in taken:
                    continue
                if touch.changes != "update" and not self._carried.is_carried(touch):
                    continue
                race = self._race(touch)
                if race is not None:
                    yield race
                    if race.other is not None and race.other.changes == "update":
                        if (race.other.code, race.other.place) not in taken:
                            yield Race(race.other, race.run, touch)

    def _race(self, touch: StateAccess) -> Race | None:
        held = self.sharing.held(touch)
        if held.unknown or self.overlap.is_private_yet(touch):
            return None
        run = self.sharing.parallel_run(touch)
        if run is None and touch.changes == "store":
            return None
        if run is not None and not self._protects_all(held, touch, run) and not self.overlap.own_key(touch, run):
            return Race(touch, run, None)
        if held.must:
            return None
        for run in self.sharing.thread_runs(touch):
            other = self._other(touch, run, held)
            if other is not None:
                return Race(touch, run, other)
        return self._from_outside(touch, held)

    def _from_outside(self, touch: StateAccess, held: LockSet) -> Race | None:
        """The state of a thread's own object, changed by who started it as well: `t.start()`, `t.reset()`."""
        for run in self.sharing.runs.get(touch.code, ()) if touch.through_self else ():
            for other in self.overlap.by_location.get(touch.location, ()):
                if other.changes != "mutate" and self.overlap.is_called_meanwhile(other, run):
                    if not self.sharing.held(other).meets(held):
                        return Race(touch, run, other)
        return None

    def _protects_all(self, held: LockSet, touch: StateAccess, run: Run) -> bool:
        """Whether one of the locks is the same object in every run: not one that each `self` has for itself."""
        for lock in held.must:
            shared_state = touch.location.kind in ("global", "class")
            identity = lock.identity
            per_object = (isinstance(identity, tuple) and identity[0] is not None) or (
                not isinstance(identity, tuple) and identity.code.owner is not None
            )
            own_thread_object = run.dispatch.hook is not None and run.dispatch.hook.what == "thread"
            if shared_state and per_object and own_thread_object:
                continue
            return True
        return False

    def _other(self, touch: StateAccess, run: Run, held: LockSet) -> StateAccess | None:
        for other in self.overlap.by_location.get(touch.location, ()):
            if other is touch or other.changes == "mutate":
                continue
            if self.overlap.is_private_yet(other) and other.code is not run.dispatch.where:
                continue
            if self.sharing.held(other).meets(held):
                continue
            if other.is_constant_store and touch.changes != "update":
                continue
            if self.overlap.may_happen_beside(other, run):
                return other
        return None

    # 303

    @cached_property
    def _gaps(self) -> list[tuple[CheckThenAct, StateAccess | None]]:
        found: list[tuple[CheckThenAct, StateAccess | None]] = []
        slipped = {(s.touch.code, s.touch.place) for s in self._slips}
        for code in self.sharing.runs:
            for touch in self.sharing.touching.touches(code):
                if (touch.code, touch.place) not in slipped:
                    gap = self._gapping.at(touch)
                    if gap is not None:
                        found.append((gap, touch))
            found += [(gap, None) for gap in self._gapping.about_paths(code)]
        return found

    @cached_property
    def _acted(self) -> set[tuple[Code, tuple[int, int, int, int]]]:
        return {(touch.code, touch.place) for _, touch in self._gaps if touch is not None}

    def unlocked_checks(self) -> Iterator[CheckThenAct]:
        """Tests that another thread can make untrue before what they guard is done."""
        seen: set[int] = set()
        for gap, _ in self._gaps:
            if id(gap.test) not in seen:
                seen.add(id(gap.test))
                yield gap

    # what others ask

    def is_spoken_of(self, touch: StateAccess) -> bool:
        """Whether a more specific rule speaks of the same place."""
        spot = (touch.code, touch.place)
        return spot in self._acted or any((s.touch.code, s.touch.place) == spot for s in self._slips)
