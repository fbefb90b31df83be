"""How often each lock is held on the ways to a place, at least and at most: the states of the lockset analysis."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from concurlint.effects.lockset.address import Lock, Token
from concurlint.effects.lockset.events import Give, Hold, Take

_MOST = 3  # times that a lock is counted


@dataclass(frozen=True, slots=True)
class Held:
    """One lock: -1 times means that the function has given away what its caller holds."""

    lock: Lock
    least: int
    most: int
    by: frozenset[Hold]

    def changed(self, least: int, most: int, by: frozenset[Hold]) -> Held:
        """The same with other counts, kept within what is counted."""
        top = 1 if self.lock.reentrant is False else _MOST
        return Held(self.lock, max(-1, min(top, least)), max(-1, min(top, most)), by if most > 0 else frozenset())


State: TypeAlias = Mapping[Token, Held]
"""Locks that are not in it are as they were when the function was entered."""

NOTHING_HELD: State = {}


def joined(one: State, other: State) -> State:
    """What is known where two ways meet."""
    return dict(_joined(one, other))


def _joined(one: State, other: State) -> Iterator[tuple[Token, Held]]:
    for token in {**one, **other}:
        mine, yours = one.get(token), other.get(token)
        lock = (mine or yours or one[token]).lock
        mine, yours = mine or Held(lock, 0, 0, frozenset()), yours or Held(lock, 0, 0, frozenset())
        yield token, Held(lock, min(mine.least, yours.least), max(mine.most, yours.most), mine.by | yours.by)


def _with(state: State, held: Held) -> State:
    changed = dict(state)
    changed[held.lock.token] = held
    if not (held.least or held.most):
        del changed[held.lock.token]
    return changed


def _of(state: State, lock: Lock) -> Held:
    return state.get(lock.token) or Held(lock, 0, 0, frozenset())


def taken(state: State, take: Take) -> State:
    """The state once a lock has been taken, or whatever else a call does with it."""
    if take.most < 0:
        state = _blurred(state, take.lock)
    old = _of(state, take.lock)
    by = old.by | {take.hold} if take.hold is not None else old.by
    return _with(state, old.changed(old.least + take.least, old.most + take.most, by))


def undone(state: State, take: Take) -> State:
    """The state once a `with` has been left that took a lock."""
    old = _of(state, take.lock)
    return _with(state, old.changed(old.least - take.least, old.most - take.most, old.by - {take.hold}))


def given(state: State, give: Give) -> State:
    """The state once a lock has been given back."""
    if give.lock is None:
        return state
    state = _blurred(state, give.lock)
    old = _of(state, give.lock)
    return _with(state, old.changed(old.least - 1, old.most - 1, old.by))


def _blurred(state: State, lock: Lock) -> State:
    """The state if a lock that is given back is perhaps one that is known by another name."""
    others = [held for held in state.values() if lock.token not in state and held.lock.may_be(lock) and held.least > 0]
    for other in others:
        if not (lock.is_apart and other.lock.is_apart):
            state = _with({**state, lock.token: Held(lock, 0, 1, frozenset())}, replace(other, least=0))
    return state


def closed(state: State, give: Give, takes: Sequence[Take]) -> State:
    """The state once an `ExitStack` has given back all that it took."""
    for take in takes:
        old = state.get(take.lock.token)
        if take.stack != give.stack or old is None or take.hold not in old.by:
            continue
        by = old.by - {take.hold}
        if not give.is_sure:
            state = _with(state, replace(old, least=min(0, old.least)))
        else:
            least, most = (old.least - take.least, old.most - take.most) if by else (min(0, old.least), 0)
            state = _with(state, old.changed(least, most, by))
    return state


def told(state: State, take: Take, *, got: bool) -> State:
    """The state once it is known whether a call has got the lock it tried to take."""
    old = state.get(take.lock.token)
    if old is None or take.hold not in old.by:
        return state
    if got:
        return _with(state, replace(old, least=max(1, old.least)))
    by = old.by - {take.hold}
    return _with(state, replace(old, by=by) if by else Held(old.lock, min(0, old.least), 0, by))
