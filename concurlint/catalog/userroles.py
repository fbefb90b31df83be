"""The user's `[tool.concurlint.roles]`: who runs the functions of a framework of their own, and where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from concurlint.catalog.entries import HookRole, RunsRole, UserWhere
from concurlint.catalog.trouble import CatalogError, nearest

_FIELDS: Mapping[str, tuple[type, str]] = {
    "on": (str, "text"),
    "many": (bool, "true or false"),
    "methods": (list, "a list of names"),
    "shared": (bool, "true or false"),
    "callback": (str, "text"),
    "position": (int, "a whole number"),
}
_PLACES = get_args(UserWhere)


@dataclass(frozen=True, slots=True)
class UserRoles:
    """What the entries say: of decorators, of base classes, and of calls that take a callback."""

    decorators: Mapping[str, HookRole] = field(default_factory=dict)
    overrides: Mapping[str, HookRole] = field(default_factory=dict)
    runs: Mapping[str, RunsRole] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that has an entry, in alphabetical order."""
        return tuple(sorted((*self.decorators, *self.overrides, *self.runs)))


def read_user_roles(entries: Mapping[str, object]) -> UserRoles:
    """The roles that the user's table states: decorators, but base classes with `methods` and calls with `callback`.

    Raises CatalogError, in one line that names the entry and the nearest valid word.
    """
    decorators: dict[str, HookRole] = {}
    overrides: dict[str, HookRole] = {}
    runs: dict[str, RunsRole] = {}
    for name, entry in entries.items():
        fields = _checked(name, entry)
        on: UserWhere = fields["on"]  # type: ignore[assignment]  # checked to be one of them
        many, what = bool(fields.get("many", False)), name.rpartition(".")[2]
        methods = fields.get("methods")
        if isinstance(methods, list):
            owner: Literal["shared", "own"] = "shared" if fields.get("shared") else "own"
            overrides[name] = HookRole(name, on, tuple(methods), many, owner, what)
        elif "callback" in fields:
            position = fields.get("position", 0)
            parameter = (str(fields["callback"]), position if isinstance(position, int) else None)
            runs[name] = RunsRole(name, parameter, on, many=many, event=True)
        else:
            decorators[name] = HookRole(name, on, many=many, what=what)
    return UserRoles(decorators, overrides, runs)


def _checked(name: str, entry: object) -> Mapping[str, object]:
    """The fields of an entry, each known and of its type."""
    if not isinstance(entry, Mapping):
        raise CatalogError(f'roles: `{name}` must be a table such as {{ on = "thread" }}')
    for key, value in entry.items():
        if key not in _FIELDS and isinstance(value, Mapping):
            raise CatalogError(f'roles: `{name}`: write the dotted name in quotes: "{name}.{key}"')
    if not all(part.isidentifier() for part in name.split(".")) or "." not in name:
        raise CatalogError(f"roles: `{name}` is not a dotted name such as `ourlib.jobs.job`")
    for key, value in entry.items():
        if key not in _FIELDS:
            raise CatalogError(f"roles: `{name}`: no field `{key}`; {nearest(key, _FIELDS)}")
        wanted, said = _FIELDS[key]
        if type(value) is not wanted:
            raise CatalogError(f"roles: `{name}`: `{key}` must be {said}, not {value!r}")
    _check_fit(name, entry)
    return entry


def _check_fit(name: str, entry: Mapping[str, object]) -> None:
    """Whether the fields fit each other."""
    if "on" not in entry:
        raise CatalogError(f"roles: `{name}`: `on` is missing; known are {', '.join(f'`{p}`' for p in _PLACES)}")
    if entry["on"] not in _PLACES:
        raise CatalogError(f"roles: `{name}`: `on` can't be `{entry['on']}`; {nearest(str(entry['on']), _PLACES)}")
    if "methods" in entry and "callback" in entry:
        raise CatalogError(f"roles: `{name}` is a base class with `methods` or a call with a `callback`, not both")
    for key, of in (("position", "callback"), ("shared", "methods")):
        if key in entry and of not in entry:
            raise CatalogError(f"roles: `{name}`: `{key}` says more about `{of}`, which is missing")
    for key in ("methods", "callback"):
        named = entry.get(key, ["it"])
        for word in named if isinstance(named, list) else [named]:
            if not isinstance(word, str) or not (word.isidentifier() or (key == "methods" and word == "*")):
                raise CatalogError(f"roles: `{name}`: `{key}` holds {word!r}, which is no name")
    if entry.get("methods") == []:
        raise CatalogError(f"roles: `{name}`: `methods` names none; without it the entry is that of a decorator")
    if isinstance(entry.get("position"), int) and int(str(entry["position"])) < 0:
        raise CatalogError(f"roles: `{name}`: `position` counts from 0")
