"""The shared state of a program: who reads and writes it, under which locks, from which threads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.contexts.callers import is_by_callers
from concurlint.effects.overview.contexts import MAIN, RunContexts
from concurlint.effects.overview.locknames import LockNames
from concurlint.effects.overview.records import Access, Mark, State
from concurlint.effects.program import Program
from concurlint.effects.races.overlap import Overlap
from concurlint.effects.races.sharing import Sharing
from concurlint.facts.syntax import Attribute, Item, Name
from concurlint.project.modules import Code

_STEPS = ("store", "mutate", "delete")
_MOST_NAMED = 3


class SharedStates:
    """Makes a row of each piece of state that is changed after it was made."""

    def __init__(self, program: Program) -> None:
        self._config = program.config
        self._graph = program.graph
        self._overlap = program[Overlap]
        self._sharing = program[Sharing]
        self._contexts = program[RunContexts]
        self._names = program[LockNames]
        self._reads = self._all_reads()

    def rows(self) -> Iterator[State]:
        """All of them, by module and owner."""
        for location, touches in self._overlap.by_location.items():
            later = [touch for touch in touches if not self._overlap.is_private_yet(touch)]
            if not later or not self._is_seen_by_others(location):
                continue
            changed = {(touch.code, touch.place[0]) for touch in touches}
            reads = [read for read in self._reads.get(location, ()) if (read.code, read.place[0]) not in changed]
            accesses = [self._access(touch) for touch in (*touches, *reads)]
            accesses.sort(key=lambda access: access.at)
            mark, says = self._judged(accesses, later)
            first = min(touches, key=lambda touch: touch.code.span(touch.place))
            yield State(
                name=location.name,
                kind=location.kind,
                owner=location.home.qualname if location.home.scope.kind != "module" else "",
                module=location.home.module.name,
                at=first.code.span(first.place),
                mark=mark,
                says=says,
                accesses=tuple(accesses),
            )

    def _is_seen_by_others(self, location: Location) -> bool:
        """Whether code that is run elsewhere can get at it: variables of a function only if one in it is sent away."""
        if location.kind != "closure":
            return True
        return any(child in self._sharing.runs for child in location.home.family() if child is not location.home)

    def _all_reads(self) -> dict[Location, list[StateAccess]]:
        names = {location.name for location in self._overlap.by_location}
        found: dict[Location, list[StateAccess]] = {}
        touching = self._sharing.touching
        for code in self._graph.edges:
            seen: set[tuple[Location, int]] = set()
            for access in code.scope.accesses:
                target = access.target
                while isinstance(target, Item):
                    target = target.value
                last = target.attr if isinstance(target, Attribute) else target.id if isinstance(target, Name) else ""
                if access.kind != "read" or last not in names:
                    continue
                location = touching.locate(access.target, code)
                if location is None or (location, access.statement[0]) in seen:
                    continue
                seen.add((location, access.statement[0]))
                found.setdefault(location, []).append(
                    touching.as_touch(location, code, access.target, access.statement, access.context, access.order)
                )
        return found

    def _access(self, touch: StateAccess) -> Access:
        held = self._sharing.held(touch)
        return Access(
            how="read" if touch.changes == "look" else touch.changes,
            code=touch.code.qualname,
            at=touch.code.span(touch.place),
            locks=tuple(sorted({self._names.of(lock) for lock in held.must if lock.kind})),
            unsure=held.unknown,
            contexts=self._contexts.of(touch.code),
            at_construction=self._overlap.is_private_yet(touch),
        )

    # marks

    def _judged(self, accesses: Sequence[Access], later: Sequence[StateAccess]) -> tuple[Mark, str]:
        after = [access for access in accesses if not access.at_construction]
        writes = [access for access in after if access.how != "read"]
        reads = [access for access in after if access.how == "read"]
        if any(write.locks for write in writes):
            return self._guarded(writes, reads)
        contexts = {context for access in after for context in access.contexts} - {"import"}
        if not self._meet([touch.code for touch in later], contexts):
            if contexts <= {MAIN}:
                return Mark.UNREACHED, "nothing is known to run it on threads"
            return Mark.ONE_CONTEXT, f"only {_listed(sorted(contexts))}"
        where = _listed(sorted(contexts))
        if all(touch.changes in _STEPS for touch in later):
            says = "each change is one step under the GIL, and none without it" if self._config.free_threaded else ""
            mark = Mark.UNGUARDED if self._config.free_threaded else Mark.BY_GIL
            return mark, says or f"no lock; each change is one step under the GIL ({where})"
        return Mark.UNGUARDED, f"changed with no lock ({where})"

    @staticmethod
    def _guarded(writes: Sequence[Access], reads: Sequence[Access]) -> tuple[Mark, str]:
        known = [write for write in writes if write.locks or not write.unsure]
        common = set.intersection(*(set(write.locks) for write in known))
        if not common:
            most = max({lock for write in writes for lock in write.locks}, key=lambda name: _under(name, writes))
            bare = [write for write in known if most not in write.locks]
            return Mark.DISAGREEING, f"changed under `{most}`, but not in {_named(bare)}"
        lock = min(common)
        bare = [read for read in reads if not (set(read.locks) & common) and not read.unsure]
        if bare:
            return Mark.READ_BARE, f"changed under `{lock}`, read without it in {_named(bare)}"
        return Mark.GUARDED, f"always under `{lock}`"

    def _meet(self, codes: Sequence[Code], contexts: set[str]) -> bool:
        """Whether two of those that touch it may run at the same time."""
        if any(self._contexts.many(code) for code in codes):
            return True
        threads = {context for context in contexts if context.startswith(("thread", "finalizer", "anywhere"))}
        started = {d for code in codes for d in self._contexts.dispatches(code) if not is_by_callers(d)}
        return bool(threads) and len(contexts) > 1 and bool(started)


def _under(lock: str, writes: Sequence[Access]) -> int:
    return sum(lock in write.locks for write in writes)


def _named(accesses: Sequence[Access]) -> str:
    names = list(dict.fromkeys(f"`{access.code}`" for access in accesses))
    return _listed(names)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more
