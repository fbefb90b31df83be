"""What library names are: dispatchers of work, hooks of frameworks, shells, sources of outside values."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, TypeVar

from concurlint.catalog import classes
from concurlint.catalog.entries import (
    ChildRole,
    ClassRole,
    HookRole,
    IteratedRole,
    Parameter,
    PathRole,
    ReadRole,
    RunsRole,
    ShellRole,
)
from concurlint.catalog.tables import line, line_around, of_package, packages_with, values
from concurlint.catalog.userroles import read_user_roles

_Role = TypeVar("_Role", RunsRole, HookRole, ShellRole, IteratedRole, ChildRole, ReadRole, PathRole)

_TELLING_KINDS = re.compile(r"lock|semaphore|condition|pool|thread|process|executor|timer|task-group")
_TELLING_SECTIONS = ("runs", "overrides", "decorators", "assigned", "shells", "starts", "iterated", "start_methods")


@cache
def _role(section: str, role: type[_Role], name: str) -> _Role | None:
    said = line(section, name)
    return None if said is None else role(name, **values(said))


@cache
def _word(section: str, name: str) -> str:
    found: str = line(section, name) or ""
    return found


@cache
def _parameter(section: str, name: str) -> Parameter | None:
    said = line(section, name)
    return None if said is None else (said[0], said[1])


def _inherited(section: str, name: str) -> Any:
    """What a section says of a class, a method, or what either inherits from; None if nothing."""
    return next((said for said in (line(section, known) for known in classes.inherited(name)) if said), None)


@cache
def _telling(package: str) -> frozenset[str]:
    """The dotted names of a package's calls and classes that start, dispatch, are called back or guard."""
    sections = of_package("roles", package)
    calls = {name for section in _TELLING_SECTIONS for name in sections.get(section, {})}
    owners = {name.rpartition(".")[0] for name in calls}
    guarding = {
        name
        for name in sections.get("classes", {})
        if _TELLING_KINDS.search(classes.kind(name))
        or any(base in owners or line("overrides", base) is not None for base in classes.ancestry(name))
    }
    return frozenset(calls | guarding)


@cache
def _telling_pattern(package: str) -> re.Pattern[bytes] | None:
    words = set()
    for name in _telling(package):
        *owner, last = name.split(".")
        words.add(owner[-1] if last.startswith("__") and owner else last)
    return re.compile(rf"\b(?:{'|'.join(sorted(words))})\b".encode()) if words else None


@cache
def _stored_names() -> frozenset[str]:
    packages = packages_with("assigned")
    found = (name for package in packages for name in of_package("roles", package).get("assigned", {}))
    return frozenset(name.rpartition(".")[2] for name in found)


class Roles:
    """What the tables and the user say of names; each package's table is read when its name is first asked for."""

    def __init__(self, user: Mapping[str, object] | None = None) -> None:
        """Take the user's entries, which win over the shipped ones; raises CatalogError for a wrong one."""
        self.of_user = read_user_roles(user or {})
        words = {re.escape(name.rpartition(".")[2]) for name in self.of_user.names}
        self.user_pattern = re.compile(rf"\b(?:{'|'.join(sorted(words))})\b".encode()) if words else None

    def canonical(self, name: str) -> str:
        """The one name a library thing is known by: `multiprocessing.context.Process` → `multiprocessing.Process`."""
        return classes.canonical(name)

    def is_telling(self, name: str) -> bool:
        """Whether calling or inheriting from `name` starts, dispatches, is called back or guards something."""
        told = name in _telling(name.partition(".")[0]) or name in self.of_user.names
        return told or self.pattern(name) is not None

    def telling_pattern(self, package: str) -> re.Pattern[bytes] | None:
        """Finds the last parts of the names of a top-level package for which `is_telling` holds."""
        return _telling_pattern(package)

    def class_role(self, name: str) -> ClassRole | None:
        """What is known of the library class `name`, or None."""
        return classes.class_role(name)

    def ancestry(self, name: str) -> tuple[str, ...]:
        """`name` and the names of its library bases, nearest first."""
        return classes.ancestry(name)

    def kind(self, name: str) -> str:
        """The kind of object the class makes (`lock`, `executor`, `queue` …), looked up through its bases."""
        return classes.kind(name)

    def returns(self, name: str) -> str:
        """The dotted class of what calling `name` gives, `""` where unknown."""
        return _word("returns", name)

    def runs(self, name: str) -> RunsRole | None:
        """How a call of `name` has a callable run elsewhere, or None."""
        return self.of_user.runs.get(name) or _role("runs", RunsRole, name)

    def override(self, name: str) -> HookRole | None:
        """Which methods of subclasses of `name` a framework calls, and where."""
        return self.of_user.overrides.get(name) or _role("overrides", HookRole, name)

    def decorator(self, name: str) -> HookRole | None:
        """Where a framework runs functions decorated with `name`."""
        known = (_role("decorators", HookRole, one) for one in classes.inherited(name))
        return self.of_user.decorators.get(name) or next((role for role in known if role is not None), None)

    def assigned(self, name: str) -> HookRole | None:
        """Where a callable runs that is stored under the dotted `name` (`threading.excepthook`)."""
        return _role("assigned", HookRole, name)

    def may_be_assigned(self, attr: str) -> bool:
        """Whether a callable stored under an attribute of that name might be one that `assigned` knows."""
        return attr in _stored_names()

    def pattern(self, name: str) -> HookRole | None:
        """Like `override`, for generated classes whose dotted names only follow a pattern."""
        patterns = of_package("roles", "_patterns")["patterns"]
        found = next((pattern for pattern in patterns if fnmatchcase(name, pattern)), None)
        return None if found is None else HookRole(found, **values(patterns[found]))

    def keeps(self, name: str) -> str:
        """What decorating with `name` leaves: `same`, `property`, `static`, `class`, `context`, or `""` unknown."""
        return _inherited("keeps", name) or ""

    def comes_from_outside(self, name: str) -> str:
        """What outside thing the value of `name` comes from, `""` where it does not."""
        return _word("inputs", name)

    def foreign(self, name: str, hook: HookRole | None = None) -> str:
        """What outside thing brings the arguments of a function that `name` or a hook runs; `""` if none."""
        found: str = line_around("foreign", name) or ""
        return found or (of_package("roles", "_patterns")["foreign"].get(hook.name, "") if hook is not None else "")

    def shell(self, name: str) -> ShellRole | None:
        """How a call of `name` starts an external command, or None."""
        return _role("shells", ShellRole, name)

    def child(self, name: str) -> ChildRole | None:
        """How a call of `name` starts a child process and what becomes of it, or None."""
        return _role("children", ChildRole, name)

    def passes(self, name: str) -> str:
        """How the text of a call's arguments is in its result, `""` where it is not known to be.

        `same`: as it is; `path`: joined to a path; `parts`: in it somewhere.
        """
        return _word("passes", name)

    def applies(self, name: str) -> Parameter | None:
        """The parameter with the function that a call of `name` runs on each item, or None."""
        return _parameter("applies", name)

    def start_method(self, name: str) -> Parameter | None:
        """The parameter of a call of `name` that chooses the start method of processes, or None."""
        return _parameter("start_methods", name)

    def iterated(self, name: str) -> IteratedRole | None:
        """What iterating over an object of the class `name` starts, or None."""
        return _role("iterated", IteratedRole, name)

    def starts(self, name: str) -> str:
        """Which process machinery a call of `name` starts, in words; `""` when it starts none."""
        return _word("starts", name)

    def asks_for_loop(self, name: str) -> str:
        """How a call of `name` tells whether an event loop runs on this thread: `tells`, `raises`; `""` not at all."""
        return _word("asks", name)

    def runs_loop(self, name: str) -> str:
        """The framework whose event loop a call of `name` runs, which fails where one runs already; `""` if none."""
        return _inherited("loops", name) or ""

    def bound_to_loop(self, name: str) -> str:
        """What other threads may do instead of calling `name`, which belongs on the loop's thread; `""` if nothing."""
        return _inherited("bound", name) or ""

    def instead_of_polling(self, name: str) -> str:
        """What to await instead of asking `name` again and again, `""` where there is nothing."""
        return _inherited("polled", name) or ""

    def pickling(self, name: str) -> str:
        """Whether objects of the class `name` refuse to be pickled: `never` can, `inherit` only to a child
        that is being started; `""` where nothing speaks against it.
        """
        return _inherited("pickling", name) or ""

    def closers(self, name: str) -> tuple[str, ...]:
        """The methods that give up what an object of the class `name` holds; empty where nothing must be."""
        return tuple(_inherited("closers", name) or ())

    def stream(self, name: str) -> str:
        """What a call of `name`, or a turn of a loop over such an object, gets from a stream; `""` if it is none."""
        return _word("streams", name)

    def in_child(self, name: str) -> str:
        """The argument of `subprocess.Popen` that does in the child what a call of `name` would; `""` without one."""
        return _word("in_child", name)

    def is_quiet(self, name: str) -> bool:
        """Whether a call of `name` reaches the disk or the terminal but is not taken for one that may fail.

        A line for a class or a module holds for all that is in it.
        """
        return line_around("quiet", name) is not None

    def read(self, name: str) -> ReadRole | None:
        """What is known of a call of `name` as one that only asks; None where it may change something."""
        return _role("reads", ReadRole, name)

    def path_act(self, name: str) -> PathRole | None:
        """How a call of `name` relies on what is at a path, or None."""
        return _role("path_acts", PathRole, name)

    def remedy(self, name: str) -> str:
        """What to use instead of `name` in a coroutine, in words; `""` where nothing better is known.

        A line for a class or a module holds for all that has no line of its own.
        """
        return line_around("remedies", name) or ""
