"""What library names are: classes, locks, dispatchers of work, shells, sources of outside values."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from concurlint.catalog.entries import (
    ChildRole,
    ClassRole,
    HookRole,
    IteratedRole,
    Parameter,
    RunsRole,
    ShellRole,
)
from concurlint.catalog.looproles import LoopRoles

_TABLES = Path(__file__).parent / "roles"


@dataclass(slots=True)
class _Table:
    classes: dict[str, ClassRole] = field(default_factory=dict)
    returns: dict[str, str] = field(default_factory=dict)
    runs: dict[str, RunsRole] = field(default_factory=dict)
    overrides: dict[str, HookRole] = field(default_factory=dict)
    decorators: dict[str, HookRole] = field(default_factory=dict)
    assigned: dict[str, HookRole] = field(default_factory=dict)
    patterns: dict[str, HookRole] = field(default_factory=dict)
    keeps: dict[str, str] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)
    shells: dict[str, ShellRole] = field(default_factory=dict)
    quotes: dict[str, str] = field(default_factory=dict)
    passes: dict[str, str] = field(default_factory=dict)
    starts: dict[str, str] = field(default_factory=dict)
    remedies: dict[str, str] = field(default_factory=dict)
    asks: dict[str, str] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    quiet: dict[str, str] = field(default_factory=dict)
    streams: dict[str, str] = field(default_factory=dict)
    in_child: dict[str, str] = field(default_factory=dict)
    start_methods: dict[str, Parameter] = field(default_factory=dict)
    applies: dict[str, Parameter] = field(default_factory=dict)
    iterated: dict[str, IteratedRole] = field(default_factory=dict)
    children: dict[str, ChildRole] = field(default_factory=dict)
    closers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    pickling: dict[str, str] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)


def _tuples(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}


@cache
def _table(package: str) -> _Table:
    path = _TABLES / f"{package}.toml"
    table = _Table()
    if not package.isidentifier() or not path.is_file():
        return table
    data = tomllib.loads(path.read_text("utf-8"))
    kinds: dict[str, tuple[dict[str, Any], type]] = {
        "classes": (table.classes, ClassRole),
        "runs": (table.runs, RunsRole),
        "overrides": (table.overrides, HookRole),
        "decorators": (table.decorators, HookRole),
        "assigned": (table.assigned, HookRole),
        "patterns": (table.patterns, HookRole),
        "shells": (table.shells, ShellRole),
        "iterated": (table.iterated, IteratedRole),
        "children": (table.children, ChildRole),
    }
    for section, (into, role) in kinds.items():
        for name, entry in data.get(section, {}).items():
            into[name] = role(name, **_tuples(entry))
    table.start_methods.update({n: (p[0], p[1]) for n, p in data.get("start_methods", {}).items()})
    table.applies.update({n: (p[0], p[1]) for n, p in data.get("applies", {}).items()})
    table.closers.update({name: tuple(methods) for name, methods in data.get("closers", {}).items()})
    for section in (
        "returns",
        "keeps",
        "inputs",
        "quotes",
        "passes",
        "starts",
        "remedies",
        "asks",
        "ends",
        "pickling",
        "quiet",
        "marks",
        "streams",
        "in_child",
    ):
        getattr(table, section).update(data.get(section, {}))
    return table


def _class_role(name: str) -> ClassRole | None:
    return _table(name.partition(".")[0]).classes.get(name)


@cache
def _canonical(name: str) -> str:
    table = _table(name.partition(".")[0])
    head, tail = name, ""
    while head:
        role = table.classes.get(head)
        if role is not None and role.same:
            return _canonical(role.same + tail)
        head, dot, last = head.rpartition(".")
        tail = dot + last + tail
    return name


@cache
def _ancestry(name: str) -> tuple[str, ...]:
    seen: dict[str, None] = {}
    queue = [name]
    while queue:
        current = _canonical(queue.pop(0))
        if current not in seen:
            seen[current] = None
            role = _class_role(current)
            queue.extend(role.bases if role else ())
    return tuple(seen)


@cache
def _kind(name: str) -> str:
    roles = map(_class_role, _ancestry(name))
    return next((role.kind for role in roles if role is not None and role.kind), "")


_TELLING_KINDS = re.compile(r"lock|semaphore|condition|pool|thread|process|executor|timer|task-group")


@cache
def _telling(package: str) -> frozenset[str]:
    """The dotted names of a package's calls and classes that start, dispatch, are called back or guard."""
    t = _table(package)
    sections = (t.runs, t.overrides, t.decorators, t.assigned, t.shells, t.starts, t.iterated, t.start_methods)
    calls = {name for section in sections for name in section}
    owners = {name.rpartition(".")[0] for name in calls}
    classes = {
        name
        for name in t.classes
        if _TELLING_KINDS.search(_kind(name))
        or any(base in owners or base in _table(base.partition(".")[0]).overrides for base in _ancestry(name))
    }
    return frozenset(calls | classes)


@cache
def _telling_pattern(package: str) -> re.Pattern[bytes] | None:
    words = set()
    for name in _telling(package):
        *owner, last = name.split(".")
        words.add(owner[-1] if last.startswith("__") and owner else last)
    return re.compile(rf"\b(?:{'|'.join(sorted(words))})\b".encode()) if words else None


@cache
def _stored_names() -> frozenset[str]:
    stems = [path.stem for path in _TABLES.glob("*.toml") if "[assigned" in path.read_text("utf-8")]
    return frozenset(name.rpartition(".")[2] for stem in stems for name in _table(stem).assigned)


class Roles(LoopRoles):
    """The shipped tables of roles, each package's read when its name is first asked for."""

    def _of(self, name: str) -> _Table:
        return _table(name.partition(".")[0])

    def canonical(self, name: str) -> str:
        """The one name a library thing is known by: `multiprocessing.context.Process` → `multiprocessing.Process`."""
        return _canonical(name)

    def is_telling(self, name: str) -> bool:
        """Whether calling or inheriting from `name` starts, dispatches, is called back or guards something."""
        return name in _telling(name.partition(".")[0]) or self.pattern(name) is not None

    def telling_pattern(self, package: str) -> re.Pattern[bytes] | None:
        """Finds the last parts of the names of a top-level package for which `is_telling` holds."""
        return _telling_pattern(package)

    def class_role(self, name: str) -> ClassRole | None:
        """What is known of the library class `name`, or None."""
        return _class_role(name)

    def ancestry(self, name: str) -> tuple[str, ...]:
        """`name` and the names of its library bases, nearest first."""
        return _ancestry(name)

    def kind(self, name: str) -> str:
        """The kind of object the class makes (`lock`, `executor`, `queue` …), looked up through its bases."""
        return _kind(name)

    def returns(self, name: str) -> str:
        """The dotted class of what calling `name` gives, `""` where unknown."""
        return self._of(name).returns.get(name, "")

    def runs(self, name: str) -> RunsRole | None:
        """How a call of `name` has a callable run elsewhere, or None."""
        return self._of(name).runs.get(name)

    def override(self, name: str) -> HookRole | None:
        """Which methods of subclasses of `name` a framework calls, and where."""
        return self._of(name).overrides.get(name)

    def decorator(self, name: str) -> HookRole | None:
        """Where a framework runs functions decorated with `name`."""
        return self._of(name).decorators.get(name)

    def assigned(self, name: str) -> HookRole | None:
        """Where a callable runs that is stored under the dotted `name` (`threading.excepthook`)."""
        return self._of(name).assigned.get(name)

    def may_be_assigned(self, attr: str) -> bool:
        """Whether a callable stored under an attribute of that name might be one that `assigned` knows."""
        return attr in _stored_names()

    def pattern(self, name: str) -> HookRole | None:
        """Like `override`, for generated classes whose dotted names only follow a pattern."""
        patterns = _table("_patterns").patterns
        return next((hook for pattern, hook in patterns.items() if fnmatchcase(name, pattern)), None)

    def keeps(self, name: str) -> str:
        """What decorating with `name` leaves: `same`, `property`, `static`, `class`, `context`, or `""` unknown."""
        return self._of(name).keeps.get(name, "")

    def comes_from_outside(self, name: str) -> str:
        """What outside thing the value of `name` comes from, `""` where it does not."""
        return self._of(name).inputs.get(name, "")

    def shell(self, name: str) -> ShellRole | None:
        """How a call of `name` starts an external command, or None."""
        return self._of(name).shells.get(name)

    def child(self, name: str) -> ChildRole | None:
        """How a call of `name` starts a child process and what becomes of it, or None."""
        return self._of(name).children.get(name)

    def quotes(self, name: str) -> bool:
        """Whether a call of `name` makes a value safe for a POSIX shell."""
        return name in self._of(name).quotes

    def passes(self, name: str) -> str:
        """How the text of a call's arguments is in its result, `""` where it is not known to be.

        `same`: as it is; `path`: joined to a path; `parts`: in it somewhere.
        """
        return self._of(name).passes.get(name, "")

    def applies(self, name: str) -> Parameter | None:
        """The parameter with the function that a call of `name` runs on each item, or None."""
        return self._of(name).applies.get(name)

    def start_method(self, name: str) -> Parameter | None:
        """The parameter of a call of `name` that chooses the start method of processes, or None."""
        return self._of(name).start_methods.get(name)

    def iterated(self, name: str) -> IteratedRole | None:
        """What iterating over an object of the class `name` starts, or None."""
        return self._of(name).iterated.get(name)

    def starts(self, name: str) -> str:
        """Which process machinery a call of `name` starts, in words; `""` when it starts none."""
        return self._of(name).starts.get(name, "")

    def asks_for_loop(self, name: str) -> str:
        """How a call of `name` tells whether an event loop runs on this thread: `tells`, `raises`; `""` not at all."""
        return self._of(name).asks.get(name, "")

    def pickling(self, name: str) -> str:
        """Whether objects of the class `name` refuse to be pickled: `never` can, `inherit` only to a child
        that is being started; `""` where nothing speaks against it.
        """
        found = (self._of(one).pickling.get(one) for one in _ancestry(name))
        return next((word for word in found if word), "")

    def mark(self, name: str) -> str:
        """A word on what a call or class is like that some rule asks about; the tables say what it means."""
        found = (self._of(one).marks.get(one) for one in _ancestry(name))
        return next((word for word in found if word), "")

    def closers(self, name: str) -> tuple[str, ...]:
        """The methods that give up what an object of the class `name` holds; empty where nothing must be."""
        found = (self._of(one).closers.get(one) for one in _ancestry(name))
        return next((methods for methods in found if methods), ())

    def ends_process(self, name: str) -> bool:
        """Whether a call of `name` ends the program."""
        return name in self._of(name).ends

    def stream(self, name: str) -> str:
        """What a call of `name`, or a turn of a loop over such an object, gets from a stream; `""` if it is none."""
        return self._of(name).streams.get(name, "")

    def in_child(self, name: str) -> str:
        """The argument of `subprocess.Popen` that does in the child what a call of `name` would; `""` without one."""
        return self._of(name).in_child.get(name, "")

    def is_quiet(self, name: str) -> bool:
        """Whether a call of `name` reaches the disk or the terminal but is not taken for one that may fail.

        A line for a class or a module holds for all that is in it.
        """
        quiet = self._of(name).quiet
        while name and name not in quiet:
            name = name.rpartition(".")[0]
        return bool(name)

    def remedy(self, name: str) -> str:
        """What to use instead of `name` in a coroutine, in words; `""` where nothing better is known.

        A line for a class or a module holds for all that has no line of its own.
        """
        remedies = self._of(name).remedies
        while name and name not in remedies:
            name = name.rpartition(".")[0]
        return remedies.get(name, "")
