"""Which thread of py-spy's is which thread of the kernel's."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from concurlint.runtime.samples import Nanoseconds, ThreadStacks, ThreadStates

_ThreadId = tuple[int, int]

_ONE_LOOK: Nanoseconds = 2_000_000
"""py-spy reads all threads of a process within less, one after the other."""


def pair_threads(states: Sequence[ThreadStates], stacks: Sequence[ThreadStacks]) -> Mapping[_ThreadId, ThreadStacks]:
    """Process and thread id → the stacks of that thread.

    By OS thread id where py-spy knows it. Python ≤ 3.10 may leave a pthread id: then by name, where both
    sides have it once in that process, and then in the order in which the threads were born.
    """
    left = {(thread.pid, thread.tid): thread for thread in states}
    pairs: dict[_ThreadId, ThreadStacks] = {}
    strange: list[ThreadStacks] = []
    for of in stacks:
        key = (of.pid, of.tid)
        if key in left or key in pairs:
            # A thread that was renamed comes twice.
            pairs[key] = _spliced(pairs[key], of) if key in pairs else of
            left.pop(key, None)
        else:
            strange.append(of)
    strange = _with_names(strange)
    for key, twin in _named_alike(strange, left):
        pairs[key] = twin
        del left[key]
        strange.remove(twin)
    for pid in {of.pid for of in strange}:
        # A main thread is the oldest of its process, and the kernel counts upward.
        old = sorted(key for key in left if key[0] == pid)
        new = _born([of for of in strange if of.pid == pid])
        if len(old) == len(new):
            pairs.update(zip(old, new, strict=True))
    return pairs


def _with_names(strange: Sequence[ThreadStacks]) -> list[ThreadStacks]:
    """The same threads, what py-spy saw before it could read a name put to the thread that had that id next."""
    named = sorted((of for of in strange if of.name), key=_start)
    merged = {id(of): of for of in named}
    left = []
    for of in strange:
        if of.name:
            continue
        alike = [other for other in named if (other.pid, other.tid) == (of.pid, of.tid)]
        later = [other for other in alike if _start(other) >= _start(of)]
        if alike:
            owner = later[0] if later else alike[-1]
            merged[id(owner)] = _spliced(of, merged[id(owner)])
        else:
            left.append(of)
    return [*merged.values(), *left]


def _named_alike(
    strange: Sequence[ThreadStacks], left: Mapping[_ThreadId, ThreadStates]
) -> list[tuple[_ThreadId, ThreadStacks]]:
    ours: dict[tuple[int, str], list[_ThreadId]] = defaultdict(list)
    theirs: dict[tuple[int, str], list[ThreadStacks]] = defaultdict(list)
    for key, thread in left.items():
        ours[thread.pid, "MainThread" if thread.pid == thread.tid else thread.name].append(key)
    for of in strange:
        theirs[of.pid, of.name].append(of)
    return [
        (keys[0], theirs[name][0])
        for name, keys in ours.items()
        if name[1] and len(keys) == len(theirs.get(name, ())) == 1
    ]


def _born(strange: Sequence[ThreadStacks]) -> list[ThreadStacks]:
    """In order of birth: the main thread, then as py-spy saw them, which takes the youngest first at each look."""
    others = sorted((of for of in strange if of.name != "MainThread"), key=_start)
    looks: list[list[ThreadStacks]] = []
    for of in others:
        if looks and _start(of) - _start(looks[-1][-1]) < _ONE_LOOK:
            looks[-1].append(of)
        else:
            looks.append([of])
    mains = [of for of in strange if of.name == "MainThread"]
    return mains + [of for look in looks for of in reversed(look)]


def _start(of: ThreadStacks) -> Nanoseconds:
    return of.stretches[0].start if of.stretches else 0


def _spliced(one: ThreadStacks, other: ThreadStacks) -> ThreadStacks:
    stretches = sorted((*one.stretches, *other.stretches), key=lambda stretch: stretch.start)
    return replace(other, stretches=tuple(stretches))
