"""Races on shared state: updates, slips from a lock, tests that may be out of date when acted on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from concurlint.effects.accesses import Location, Touch
from concurlint.effects.locks.lockset import Held
from concurlint.effects.races.check_then_act import Gap, Gaps, thread_steps
from concurlint.effects.races.inconsistency import Slip, Slips
from concurlint.effects.races.sharing import Run, Sharing
from concurlint.facts.syntax import Attribute, Call, Expression, Item, Name
from concurlint.finding import Step
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import Bound, Instance


@dataclass(frozen=True, slots=True, eq=False)
class Race:
    """An unlocked update and what may run at the same time."""

    touch: Touch
    run: Run
    other: Touch | None

    def steps(self) -> tuple[Step, ...]:
        """How the update comes to run on threads, and the other side if it is elsewhere."""
        return (*thread_steps(self.run), *_other_side(self.other))


def _other_side(other: Touch | None) -> tuple[Step, ...]:
    if other is None:
        return ()
    return (Step(other.code.span(other.place), f"`{other.code.qualname}` changes it at the same time"),)


class Races:
    """Puts the three questions to the shared state of a program."""

    def __init__(self, graph: CallGraph, sharing: Sharing) -> None:
        self.graph = graph
        self.evaluator = graph.evaluator
        self.sharing = sharing
        self._slipping = Slips(self)
        self._gapping = Gaps(self)

    @cached_property
    def _by_location(self) -> dict[Location, list[Touch]]:
        found: dict[Location, list[Touch]] = {}
        for code in self.graph.edges:
            for touch in self.sharing.touching.touches(code):
                found.setdefault(touch.location, []).append(touch)
        return found

    # 302

    @cached_property
    def _slips(self) -> list[Slip]:
        return [
            slip for location, touches in self._by_location.items() for slip in self._slipping.of(location, touches)
        ]

    def inconsistent_locking(self) -> Iterator[Slip]:
        """Writes without the lock that most other writes of the same state hold."""
        yield from self._slips

    def runs_beside_threads(self, touch: Touch) -> bool:
        """Whether a starter's write comes after it started threads and before it joined them."""
        for run in self.sharing.started_in(touch.code):
            start, end = self._window(run)
            if start < touch.order < end and touch.location in self._touched_by(run):
                return True
        return False

    def _touched_by(self, run: Run) -> set[Location]:
        found: set[Location] = set()
        for code, runs in self.sharing.runs.items():
            if any(other.dispatch is run.dispatch for other in runs):
                found |= {touch.location for touch in self.sharing.touching.touches(code)}
        return found

    def is_private_yet(self, touch: Touch) -> bool:
        """Import-time and constructor writes: nobody else can see the state."""
        if touch.code.scope.kind in ("module", "class"):
            return True
        return touch.location.kind == "attribute" and self.sharing.is_before_sharing(touch.code)

    # 301

    def unlocked_updates(self) -> Iterator[Race]:
        """Updates that threads may make at once, unless another rule speaks of the same place."""
        taken = {(s.touch.code, s.touch.place) for s in self._slips}
        taken |= {(code, place) for code, place in self._acted}
        for code in self.sharing.runs:
            for touch in self.sharing.touching.touches(code):
                if touch.changes != "update" or (touch.code, touch.place) in taken:
                    continue
                race = self._race(touch)
                if race is not None:
                    yield race
                    if race.other is not None and race.other.changes == "update":
                        if (race.other.code, race.other.place) not in taken:
                            yield Race(race.other, race.run, touch)

    def _race(self, touch: Touch) -> Race | None:
        held = self.sharing.held(touch)
        if held.unknown or self.is_private_yet(touch):
            return None
        run = self.sharing.parallel_run(touch)
        if run is not None and not self._protects_all(held, touch, run) and not self.own_key(touch, run):
            return Race(touch, run, None)
        if held.locks:
            return None
        for run in self.sharing.thread_runs(touch):
            other = self._other(touch, run, held)
            if other is not None:
                return Race(touch, run, other)
        return None

    def _protects_all(self, held: Held, touch: Touch, run: Run) -> bool:
        """Whether one of the locks is the same object in every run: not one that each `self` has for itself."""
        for lock in held.locks:
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

    def own_key(self, touch: Touch, run: Run) -> bool:
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

    def _other(self, touch: Touch, run: Run, held: Held) -> Touch | None:
        for other in self._by_location.get(touch.location, ()):
            if other is touch or other.changes == "mutate":
                continue
            if self.is_private_yet(other) and other.code is not run.dispatch.where:
                continue
            if self.sharing.held(other).meets(held):
                continue
            if other.is_constant_store and touch.changes != "update":
                continue
            if self._concurrent(other, run):
                return other
        return None

    def _concurrent(self, other: Touch, run: Run) -> bool:
        runs = self.sharing.runs.get(other.code, [])
        same_owner = run.dispatch.where
        for candidate in runs:
            if candidate.dispatch is not run.dispatch:
                if candidate in self.sharing.thread_runs(other) and (
                    other.location.kind != "attribute"
                    or (candidate.dispatch.where is same_owner and not _of_two_objects(candidate, run))
                ):
                    return True
        if runs:
            return False
        where = run.dispatch.where
        if other.code is where:
            start, end = self._window(run)
            return start < other.order < end
        if other.location.kind != "attribute" or where.owner is None or self._is_over_soon(run):
            return False
        method = other.code.owner
        public = not other.code.name.startswith("_") or other.code.name in ("__call__", "__setitem__")
        return method is not None and public and method in self.evaluator.lineage(where.owner)[0]

    def _is_over_soon(self, run: Run) -> bool:
        """Whether the function that starts the thread is not left before it has ended."""
        site, start, end = run.dispatch.site, *self._window(run)
        joins = [one for one in run.dispatch.where.scope.calls if one.order == end]
        return (
            site is not None
            and start < end
            and any(
                not one.call.arguments
                and one.context.conditions == site.context.conditions[: len(one.context.conditions)]
                for one in joins
            )
        )

    def _window(self, run: Run) -> tuple[int, int]:
        """Evaluation orders in the starting function between which the thread may run."""
        site = run.dispatch.site
        if site is None:
            return (0, 0)
        where = run.dispatch.where
        role = self.evaluator.roles.runs(run.dispatch.name)
        waits_for_start = run.dispatch.hook is not None or (role is not None and bool(role.starts))
        start, end, started = site.order, 1 << 30, not waits_for_start
        for call in where.scope.calls:
            function = call.call.function
            attr = function.attr if isinstance(function, Attribute) else ""
            if attr == "start" and call.order > site.order and not started:
                start, started = call.order, True
            if started and attr in ("join", "result", "shutdown", "wait") and call.order > start:
                return start, call.order
        return (start, end) if started else (0, 0)  # made here, started elsewhere

    # 303

    @cached_property
    def _gaps(self) -> list[tuple[Gap, Touch | None]]:
        found: list[tuple[Gap, Touch | None]] = []
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

    def unlocked_checks(self) -> Iterator[Gap]:
        """Tests that another thread can make untrue before what they guard is done."""
        seen: set[int] = set()
        for gap, _ in self._gaps:
            if id(gap.test) not in seen:
                seen.add(id(gap.test))
                yield gap

    # what others ask

    def is_spoken_of(self, touch: Touch) -> bool:
        """Whether a more specific rule speaks of the same place."""
        spot = (touch.code, touch.place)
        return spot in self._acted or any((s.touch.code, s.touch.place) == spot for s in self._slips)

    def runs_beside(self, other: Touch, run: Run) -> bool:
        """Whether a touch may come while a run on a thread goes on."""
        if self._concurrent(other, run):
            return True
        start, end = self._window(run)
        return other.code not in self.sharing.runs and any(
            edge.caller is run.dispatch.where and start < edge.site.order < end
            for edge in self.graph.callers.get(other.code, ())
        )

    def is_touched_beside(self, touch: Touch, run: Run) -> bool:
        """Whether somebody else changes the same state, with no lock, while the run goes on."""
        return any(
            other is not touch and not self.sharing.held(other).locks and self._concurrent(other, run)
            for other in self._by_location.get(touch.location, ())
            if not self.is_private_yet(other)
        )


def _of_two_objects(one: Run, other: Run) -> bool:
    """Whether two threads run methods of two objects, made in two places."""
    owners = [run.dispatch.value.owner if isinstance(run.dispatch.value, Bound) else None for run in (one, other)]
    sites = [owner.site for owner in owners if isinstance(owner, Instance)]
    return len(sites) == 2 and None not in sites and sites[0] != sites[1]
