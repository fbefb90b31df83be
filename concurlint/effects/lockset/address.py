"""Which lock an expression stands for: where it was made, and how code gets at it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import any_has, has
from concurlint.effects.calls.access_paths import Path, at_caller, path_of
from concurlint.effects.calls.aliases import Aliases
from concurlint.effects.lockset.unseen import UnseenLocks
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, Call, Constant, Expression, Item, Name, spelled
from concurlint.facts.unparse import written
from concurlint.project.arguments import has_stars
from concurlint.project.bindings import bound_once
from concurlint.project.callgraph import Edge, library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code
from concurlint.project.values import ClassOf, Instance, Library, Literal, Site, Value, Values, one, union

Token: TypeAlias = Site | Path
"""The one place where a lock is made (once per program), or the path to it: within one run the same lock."""

Origin: TypeAlias = Site | tuple[Code | None, str]
"""Where a lock was made, or the attribute or name that holds it where that is not seen."""


@dataclass(frozen=True, slots=True)
class Lock:
    """A lock as one function gets at it.

    `kind` is "" where it is not known to be a lock at all. `reentrant` is None where it is not sure. `is_sure`: equal
    tokens mean one object, also in another function; else only in the same function, as long as no name is bound anew.
    """

    token: Token
    made: tuple[Origin, ...] = field(compare=False)
    kind: str
    reentrant: bool | None
    spelling: str = field(compare=False)
    is_sure: bool = True

    @property
    def identity(self) -> Origin:
        """The first place where it may have been made, of one that is known to be a lock."""
        return self.made[0]

    @property
    def qualified(self) -> str:
        """The spelling with the class or module instead of `self`."""
        token = self.token
        if isinstance(token, Site) or token.kind == "local":
            return self.spelling
        return ".".join((token.home.name if token.kind == "self" else token.name, *token.attrs))

    @property
    def excludes(self) -> bool:
        """Whether one holder at a time is all it lets in."""
        return self.kind.endswith("lock")

    @property
    def is_apart(self) -> bool:
        """Whether another way to get at a lock leads to another lock, for all that is likely."""
        return self.is_sure and not (isinstance(self.token, Path) and "[" in self.token.name)

    def may_be(self, other: Lock) -> bool:
        """Whether the two may be one object."""
        return self.token == other.token or not set(self.made).isdisjoint(other.made)


@dataclass(frozen=True, slots=True)
class Address:
    """All that an expression may stand for, as far as locks go.

    `idle`: it may be something that takes no lock, `chosen` for as long as a module or object is there; `unknown`: or
    something that may be a lock for all that is known; `objects` are those of the project, which take what their
    methods take.
    """

    lock: Lock | None
    idle: bool
    chosen: bool
    unknown: bool
    objects: tuple[Instance, ...]

    @property
    def is_sure(self) -> bool:
        """Whether the lock is all that it is, or is so wherever there are locks at all."""
        return not self.unknown and (self.chosen or not (self.idle or self.objects))


class LockAddresses:
    """Finds the locks that expressions stand for."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._aliases = program[Aliases]
        self._unseen = program[UnseenLocks]
        self._known: dict[tuple[int, Code], Address] = {}

    def of(self, expression: Expression, code: Code) -> Address:
        """What an expression in `code` stands for."""
        key = (id(expression), code)
        if key not in self._known:
            self._known[key] = self._of(expression, code)
        return self._known[key]

    def _of(self, expression: Expression, code: Code) -> Address:
        values = self._evaluator.values(expression, code)
        locks = self._locks(values)
        if not values.whole and set(values) <= {Literal(None)}:
            values = union((values, self._unseen.of(expression, code)))
            locks = self._locks(values)
        handled = self._handled(expression, code) if isinstance(expression, Call) and locks else None
        others = [v for v in values if v not in locks and v != Literal(None)]
        objects = tuple(v for v in others if isinstance(v, Instance) and isinstance(v.of, ClassOf))
        unknown = any(v not in objects and self._may_lock(v) for v in others)
        unknown = unknown or (not locks and not (values.items and values.whole))
        idle = any(v not in objects and not self._may_lock(v) for v in others)
        kept = path_of(expression, code, self._evaluator) if locks and (idle or objects) else None
        chosen = kept is not None and (kept.kind == "global" or bool(kept.attrs))
        token, is_sure = self._token(handled or expression, code, locks if handled is None else [])
        lock = self._lock(token, locks, values, written(expression) or spelled(expression), is_sure)
        return Address(lock if locks else None, idle, chosen, unknown, objects)

    def anonymous(self, expression: Expression, code: Code) -> Lock:
        """Whatever it is that an expression stands for, taken for a lock that nothing is known of."""
        token, is_sure = self._token(expression, code, [])
        return Lock(token, (), "", None, written(expression) or spelled(expression), is_sure)

    def _lock(self, token: Token, locks: list[Instance], values: Values, spelling: str, is_sure: bool) -> Lock:
        made = dict.fromkeys(origin for value in locks for origin in self._origins(value, token, spelling))
        kinds = {self._evaluator.kind(v) for v in locks}
        reentrant = {self._is_reentrant(v) for v in locks} if values.whole else set()
        kind = kinds.pop() if len(kinds) == 1 else "lock" if kinds else ""
        return Lock(token, tuple(made), kind, reentrant.pop() if len(reentrant) == 1 else None, spelling, is_sure)

    def _locks(self, values: Iterable[Value]) -> list[Instance]:
        return [v for v in values if isinstance(v, Instance) and self._evaluator.kind(v) in kinds_with("lock")]

    def _may_lock(self, value: Value) -> bool:
        """Whether a value that is no known lock might be one for all that is known."""
        kind = self._evaluator.kind(value)
        if kind:
            return kind not in kinds_with("no-lock")
        return not any_has("lockless", self._evaluator.type_name(value).partition(".")[0])

    # where it was made

    def _origins(self, value: Instance, token: Token, spelling: str) -> list[Origin]:
        if value.site is None:
            own = isinstance(token, Path) and token.kind == "self" and len(token.attrs) == 1
            return [(token.home, token.attrs[0]) if own and isinstance(token, Path) else (None, spelling)]
        below = self._below(value.site)
        inner = self._evaluator.values(below, value.site.code) if below is not None else ()
        return [v.site for v in inner if isinstance(v, Instance) and v.site is not None] or [value.site]

    def is_handle(self, name: str) -> bool:
        """Whether a call of a library gives a handle on the lock that its object is."""
        return has("lock-handle", name)

    def _handled(self, call: Call, code: Code) -> Expression | None:
        """The object on whose lock a call gives a handle: `rw.gen_rlock()`, `value.get_lock()`."""
        function = call.function
        if not isinstance(function, Attribute):
            return None
        names = {library_name(value) for value in self._evaluator.values(function, code)}
        return function.value if any(self.is_handle(name) for name in names) else None

    def _below(self, site: Site | None) -> Expression | None:
        """The lock that a `Condition(lock)` is made on, or a handle is one on: taking one takes the other."""
        call = site.call if site is not None else None
        if site is None or not isinstance(call, Call):
            return None
        handled = self._handled(call, site.code)
        if handled is not None:
            return handled
        for argument in call.arguments:
            if argument.keyword in (None, "lock") and not argument.star:
                if self._locks(self._evaluator.values(argument.value, site.code)):
                    return argument.value
        return None

    def _is_reentrant(self, value: Value) -> bool | None:
        below = self._below(value.site) if isinstance(value, Instance) else None
        if below is not None and isinstance(value, Instance) and value.site is not None:
            inner = {self._is_reentrant(v) for v in self._evaluator.values(below, value.site.code)}
            return inner.pop() if len(inner) == 1 else None
        if isinstance(value, Instance) and isinstance(value.of, Library):
            if value.site is not None and isinstance(value.site.call, Call) and has_stars(value.site.call):
                return None
            role = self._evaluator.roles.class_role(self._evaluator.roles.canonical(value.of.name))
            return role.reentrant if role is not None else None
        return None  # a class of the project may do as it likes

    # how code gets at it

    def _token(self, expression: Expression, code: Code, locks: list[Instance]) -> tuple[Token, bool]:
        """What tells a lock from others, and whether it does so everywhere."""
        sites = {v.site for v in locks}
        site = next(iter(sites)) if len(sites) == 1 else None
        below = self._below(site)
        if site is not None and _is_made_once(site):
            inner = self.of(below, site.code).lock if below is not None else None
            return (inner.token, inner.is_sure) if inner is not None else (site, True)
        path = self._path(expression, code)
        if path is None:
            return Path("local", code, written(expression) or f"{expression.at}"), False
        if below is not None and site is not None:
            return self._path_below(path, below, site), True
        return self._aliases.reduced(path), True

    def _path_below(self, path: Path, below: Expression, site: Site) -> Path:
        """The path to the lock that a condition at `path` is made on."""
        inner = path_of(below, site.code, self._evaluator)
        if inner is not None and inner.kind == "self" and path.attrs:
            return replace(path, attrs=(*path.attrs[:-1], *inner.attrs))
        return inner if inner is not None and (inner.kind == "global" or inner.home is path.home) else path

    def _path(self, expression: Expression, code: Code) -> Path | None:
        """The path to an expression; a subscription counts by its key where that stays the same."""
        if isinstance(expression, Attribute) and isinstance(expression.value, Item):
            base = self._path(expression.value, code)
            return base.then((expression.attr,)) if base is not None else None
        if not isinstance(expression, Item):
            return path_of(expression, code, self._evaluator)
        base, key = self._path(expression.value, code), expression.index[0]
        if base is None or len(expression.index) > 1:
            return None
        if isinstance(key, Constant):
            return base.then((f"[{key.value!r}]",))
        home = holder(code, key.id) if isinstance(key, Name) else None
        if not isinstance(key, Name) or home is None or bound_once(key.id, home) is None:
            return None
        return Path("local", home, f"{spelled(expression.value)}[{key.id}]")

    # in other functions

    def everywhere(self, token: Token) -> Token:
        """What tells a lock from others in the whole program, as far as that is known."""
        return token if isinstance(token, Site) else self._aliases.everywhere(token)

    def at_caller(self, lock: Lock, edge: Edge) -> Lock | None:
        """A lock of the callee as the caller gets at it; None where that is not known."""
        if isinstance(lock.token, Site):
            return lock
        outer = at_caller(lock.token, edge, self._evaluator) if lock.is_sure else None
        return self.at_path(outer, lock) if outer is not None else None

    def at_path(self, path: Path, lock: Lock) -> Lock:
        """The lock at a path, known before as `lock`: by what the path leads to, if that tells more."""
        values = self._at(path)
        locks = self._locks(values)
        if not locks:
            return replace(lock, token=self._aliases.reduced(path))
        if len({v.site for v in locks}) == 1 and locks[0].site is not None and _is_made_once(locks[0].site):
            return self._lock(locks[0].site, locks, values, lock.spelling, True)
        return self._lock(self._aliases.reduced(path), locks, values, lock.spelling, lock.is_sure)

    def _at(self, path: Path) -> Values:
        evaluator = self._evaluator
        values = one(Instance(ClassOf(path.home))) if path.kind == "self" else evaluator.name(path.home, path.name)
        for attr in path.attrs:
            values = evaluator.spread(values, lambda value, attr=attr: evaluator.attribute(value, attr))  # type: ignore[misc]
        return values


def _is_made_once(site: Site) -> bool:
    """Whether a program makes only one object there."""
    if site.code.scope.kind not in ("module", "class"):
        return False
    made = next((s for s in site.code.scope.calls if s.call is site.call), None)
    return made is not None and not made.context.loops and _outermost(site.code)


def _outermost(code: Code) -> bool:
    return code.scope.kind == "module" or (code.parent is not None and _outermost(code.parent))
