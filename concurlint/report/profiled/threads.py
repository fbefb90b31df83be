"""A profile's threads as they are shown: each by its name, or many that do the same as one with their spread."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from concurlint.report.profiled import wording
from concurlint.report.profiled.palette import LOOKS, largest
from concurlint.report.profiled.paths import is_library
from concurlint.report.visible import visible
from concurlint.runtime.profile import Profile, Seconds, ThreadTimes
from concurlint.runtime.samples import State

MANY = 4
"""More threads than this that are called alike and do the same are one line."""
_NUMBER = re.compile(r"[-_ ]?\d+(?:_\d+)?(?= \(|$)")
_TARGET = re.compile(r"^Thread-\d+ \((.+)\)$")
_UNNAMED = re.compile(r"^(?:python[\d.]*)?$")
"""The kernel's name for a thread that ended before py-spy could ask Python how it is called."""
_MAIN = "MainThread"

Key = tuple[int, int]


@dataclass(frozen=True, slots=True)
class ThreadGroup:
    """Threads shown as one; `role` is the function that they run, as far as it is known."""

    stem: str
    role: str
    threads: tuple[ThreadTimes, ...]

    @property
    def name(self) -> str:
        """`worker ×50` of several."""
        return self.stem + self.count

    @property
    def count(self) -> str:
        """` ×50`; nothing of one thread."""
        return f" ×{len(self.threads)}" if len(self.threads) > 1 else ""

    @property
    def states(self) -> Mapping[State, Seconds]:
        """All their time."""
        sums: dict[State, Seconds] = defaultdict(float)
        for thread in self.threads:
            for state, seconds in thread.states.items():
                sums[state] += seconds
        return dict(sums)

    @property
    def spread(self) -> str:
        """How long each of several lived, and how the share of their largest state differs; nothing of one thread."""
        if len(self.threads) < 2:
            return ""
        lives = sorted(thread.seconds for thread in self.threads)
        lived = _range(wording.seconds(lives[0]), wording.seconds(lives[-1]))
        state = next(iter(largest(self.states)), None)
        if state is None:
            return f"each {lived}"
        shares = sorted(wording.part(of.states.get(state, 0.0), of.seconds) for of in self.threads if of.seconds > 0)
        return f"each {lived}, {LOOKS[state].short} {_range(wording.share(shares[0]), wording.share(shares[-1]))}"


def thread_names(threads: Sequence[ThreadTimes]) -> list[str]:
    """A name for each thread; its process is named where there are several."""
    several = len({thread.pid for thread in threads}) > 1
    names = [f"thread {thread.tid}" if _UNNAMED.match(thread.name) else visible(thread.name) for thread in threads]
    return [f"{name} [{thread.pid}]" if several else name for name, thread in zip(names, threads, strict=True)]


def thread_groups(profile: Profile, most: int) -> list[ThreadGroup]:
    """The threads in order of first sight, those that are alike together; of more than `most`, the rest as one."""
    names = dict(zip(map(_key, profile.threads), thread_names(profile.threads), strict=True))
    roles = _roles(profile)
    alike: dict[object, list[ThreadTimes]] = defaultdict(list)
    for thread in profile.threads:
        alike[_kind(thread, roles.get(_key(thread), ""), profile)].append(thread)
    groups: list[ThreadGroup] = []
    for kind in alike.values():
        role = roles.get(_key(kind[0]), "")
        if len(kind) > MANY:
            groups.append(ThreadGroup(_together(kind, role), role, tuple(kind)))
        else:
            groups += [ThreadGroup(names[_key(thread)], role, (thread,)) for thread in kind]
    groups.sort(key=lambda group: group.threads[0].first)
    return _cut(groups, most)


def _cut(groups: list[ThreadGroup], most: int) -> list[ThreadGroup]:
    if len(groups) <= most:
        return groups
    ranked = sorted(groups, key=lambda group: -sum(thread.seconds for thread in group.threads))
    kept = {id(group) for group in ranked[: most - 1]}
    rest = tuple(thread for group in groups if id(group) not in kept for thread in group.threads)
    return [group for group in groups if id(group) in kept] + [ThreadGroup("others", "", rest)]


def _key(thread: ThreadTimes) -> Key:
    return thread.pid, thread.tid


def _roles(profile: Profile) -> dict[Key, str]:
    """What each thread was given to do: the outermost function of the program's own that it was mostly seen in."""
    seen: dict[Key, dict[str, Seconds]] = defaultdict(lambda: defaultdict(float))
    for stack in profile.stacks:
        first = next((frame for frame in stack.frames if not is_library(frame.path)), None)
        if first is not None and first.function != "<module>":
            seen[stack.pid, stack.tid][first.function] += sum(stack.states.values())
    return {of: max(functions, key=lambda name: functions[name]) for of, functions in seen.items()}


def _kind(thread: ThreadTimes, role: str, profile: Profile) -> object:
    """What threads have in common that are shown as one: their names but for numbers, and what they do."""
    if thread.pid == thread.tid:
        # A worker process: its main thread is called as everybody's is.
        is_first = thread.pid == profile.threads[0].pid
        return (_MAIN, thread.pid if is_first else 0, role)
    if _UNNAMED.match(thread.name):
        return (role, thread.pid)
    return (_TARGET.sub(r"\1", thread.name) if _TARGET.match(thread.name) else _stem(thread.name), thread.pid)


def _stem(name: str) -> str:
    return _NUMBER.sub("", name)


def _together(threads: Sequence[ThreadTimes], role: str) -> str:
    """`ThreadPoolExecutor`; threads that Python has numbered are called by what they run."""
    first = threads[0]
    target = _TARGET.match(first.name)
    if first.pid == first.tid:
        name = f"processes in {role}" if role else "processes"
    elif target is not None:
        name = target[1]
    elif _UNNAMED.match(first.name):
        name = role or "unnamed"
    else:
        name = _stem(first.name)
    return visible(name)


def _range(low: str, high: str) -> str:
    return low if low == high else f"{low} to {high}"
