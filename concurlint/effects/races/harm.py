"""What is lost where two threads act on the same test: much, or only one of two things that are alike."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable

from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.traits import has, may
from concurlint.effects.accesses import Location, StateAccess
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.effects.races.overlap import Overlap
from concurlint.facts.records import Condition, Context
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Compare,
    Constant,
    Expression,
    Item,
    Logic,
    Name,
    Unary,
    Walrus,
    walk,
)
from concurlint.finding import Weight
from concurlint.project.classes import attribute_writes
from concurlint.project.modules import Code
from concurlint.project.values import ClassOf, Instance, Parent, Value

_DATA = frozenset({"number", "tuple", "list", "dict", "set", *kinds_with("text")})


class RaceHarm:
    """Weighs what a thread does on a test that another one has made untrue.

    Harm is done where what was put there first is gone and somebody still counts on it: a lock that others hold, a
    thread, a pool or a process that nobody ends, a container into which something was put, an object with which
    something was registered, a value that the caller brought, a number that was drawn from the state itself, a
    refusal that does not come. Where a value is only made on first use, at worst two are made and one is dropped.
    """

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._overlap = program[Overlap]
        self._spawns = program[Spawns]
        self._all_is_wanted = program.config.threads == "assumed"  # whoever asks so wants to know of objects made twice

    def weight(self, touch: StateAccess, code: Code, conditions: Iterable[Condition]) -> Weight:
        """Low where the store of a value, on conditions in `code`, at worst replaces one that is as good."""
        if touch.changes != "store" or touch.value is None or self._is_told_by_state(touch) or self.is_start(touch):
            return Weight.HIGH
        if self._is_in_steps(touch):
            return Weight.HIGH
        if self._is_renewed_data(touch):
            return Weight.LOW
        asked = list(conditions)
        is_made_on_first_use = any(_says_missing(one.test, one.holds) for one in asked)
        if not is_made_on_first_use or any(_refuses(one, code) for one in asked) or self._starts_work(touch):
            return Weight.HIGH
        if self._is_missed(touch):
            return Weight.HIGH
        return Weight.MIDDLE if self._all_is_wanted else Weight.LOW

    @staticmethod
    def of_path(name: str, condition: Condition) -> Weight:
        """Low where a call takes a file away, which is then gone as it was to be, or only needs one that is there."""
        if has("removes-path", name):
            return Weight.LOW
        is_missing = _says_missing(condition.test, condition.holds)
        return Weight.HIGH if is_missing or has("moves-path", name) else Weight.LOW

    def _is_told_by_state(self, touch: StateAccess) -> bool:
        """Whether the value depends on what is there: `users[name] = len(users) + 1`."""
        parts = (part for part in walk(touch.value) if isinstance(part, (Name, Attribute))) if touch.value else ()
        locate = self._overlap.sharing.touching.locate
        return any(locate(part, touch.code, within=True) == touch.location for part in parts)

    def _is_in_steps(self, touch: StateAccess) -> bool:
        """Whether the store itself is work in several steps, which two threads confuse: a cache of another library."""
        base = touch.target.value if isinstance(touch.target, Item) else None
        kept = self._evaluator.values(base, touch.code).used() if base is not None else ()
        names = {self._evaluator.type_name(value).partition(".")[0] for value in kept if isinstance(value, Instance)
                 and not isinstance(value.of, ClassOf)}  # fmt: skip
        return bool(names - sys.stdlib_module_names)

    def _is_renewed_data(self, touch: StateAccess) -> bool:
        """Whether data is worked out, is the same whoever does it, and is never changed afterwards."""
        changes = self._overlap.by_location.get(touch.location, ())
        if touch.value is None or isinstance(touch.target, Item) or any(one.changes != "store" for one in changes):
            return False
        values = self._evaluator.values(touch.value, touch.code)
        return values.whole and bool(values.items) and all(self._evaluator.kind(v) in _DATA for v in values)

    def is_start(self, touch: StateAccess) -> bool:
        """Whether a flag is set because a thread or a process is started once: `if not on: on = True; t.start()`."""
        flag = touch.value.value if isinstance(touch.value, Constant) else None
        return touch.is_constant_store and flag is True and self._starts_work(touch)

    def _starts_work(self, touch: StateAccess) -> bool:
        """Whether a thread or a process is started for what is stored."""
        return any(
            spawn.where is touch.code
            and spawn.site is not None
            and spawn.on in ("thread", "process")
            and _within(spawn.site.context, touch.context)
            for spawn in self._spawns.all
        )

    def _is_missed(self, touch: StateAccess) -> bool:
        """Whether somebody counts on the value that the next store replaces."""
        value = touch.value
        if value is None or _is_given(value, touch.code) or self._is_made_by_parent(value, touch.code):
            return True
        if self._is_the_one(touch, value):
            return True
        if self._is_filled(touch.location, _puts, nested=isinstance(touch.target, Item)):
            return True
        return any(self._matters(one) for one in self._evaluator.values(value, touch.code).used())

    def _is_made_by_parent(self, value: Expression, code: Code) -> bool:
        """Whether it is the one object of its class: `super().__new__(cls)`, `super().__call__()` of a metaclass."""
        function = value.function if isinstance(value, Call) else None
        if not isinstance(function, Attribute) or function.attr not in ("__new__", "__call__"):
            return False
        return any(isinstance(owner, Parent) for owner in self._evaluator.values(function.value, code)) or (
            isinstance(function.value, Name) and function.value.id in ("object", "type")
        )

    def _is_the_one(self, touch: StateAccess, value: Expression) -> bool:
        """Whether a class keeps the one object of its own, which is changed or is of a library: `cls._it = cls()`."""
        if touch.location.kind != "class" or isinstance(touch.target, Item):
            return False
        classes, libraries, known = self._evaluator.lineage(touch.location.home)
        made = self._evaluator.values(value, touch.code).used()
        if not any(isinstance(one, Instance) and one.of == ClassOf(touch.location.home) for one in made):
            return False
        return not known or bool(set(libraries) - {"builtins.object"}) or any(map(self._changes_later, classes))

    def _changes_later(self, cls: Code) -> bool:
        """Whether objects of a class are changed after they are made."""
        return any(
            touch.location.kind == "attribute" and not self._overlap.is_private_yet(touch)
            for method in cls.family()
            for touch in self._overlap.sharing.touching.touches(method)
        )

    def _matters(self, value: Value) -> bool:
        """Whether objects like this one are held, waited for, running or registered with."""
        if self._evaluator.kind(value) in kinds_with("irreplaceable"):
            return True
        if isinstance(value, Instance) and isinstance(value.of, ClassOf):
            return any(self._has_followers(cls) for cls in self._evaluator.lineage(value.of.code)[0])
        return False

    def _is_filled(self, location: Location, puts: Callable[[StateAccess], bool], *, nested: bool) -> bool:
        """Whether something is put into a container that is, or lies in, this state, and looked for there."""
        return any(
            puts(change)
            for change in self._overlap.by_location.get(location, ())
            if nested == (change.depth > 1) and not self._overlap.is_private_yet(change)
        )

    def _has_followers(self, cls: Code) -> bool:
        """Whether objects of a class keep what they are given, or start something that runs on."""
        for name, writes in attribute_writes(cls).items():
            location = Location("attribute", cls, name)
            if any(self._is_filled(location, _puts_given, nested=nested) for nested in (False, True)):
                return True
            for access, code in writes:
                value = access.value if self._overlap.sharing.is_before_sharing(code) else None
                made = self._evaluator.values(value, code) if value is not None else ()
                if any(
                    self._evaluator.kind(one) in kinds_with("runs-on") | kinds_with("registered-once") for one in made
                ):
                    return True
        return any(
            spawn.where.owner is cls
            and spawn.on in ("thread", "process")
            and self._overlap.sharing.is_before_sharing(spawn.where)
            for spawn in self._spawns.all
        )


def _says_missing(test: Expression, holds: bool) -> bool:
    """Whether a test that came out so tells that something is not there: `x is None`, `not x`, `k not in d`."""
    match test:
        case Unary(operator="Not", operand=operand):
            return _says_missing(operand, not holds)
        case Logic(values=values):
            return any(_says_missing(value, holds) for value in values)
        case Compare(rest=((operator, Constant(value=None)),)):
            return holds == (operator in ("Is", "Equal"))
        case Compare(rest=(("In" | "NotIn" as operator, _),)):
            return holds == (operator == "NotIn")
        case Compare(left=Call(function=Name(id="len")), rest=(("LessThan" | "LessThanEqual", _),)):
            return holds  # there is room for more
        case Name() | Attribute() | Item() | Call() | Walrus():
            return not holds
    return False


def _refuses(condition: Condition, code: Code) -> bool:
    """Whether who finds the thing there is turned away with an error."""
    bodies = [branch.body for branch in code.scope.branches if branch.test is condition.test and branch.ends]
    return any(body in error.context.blocks for error in code.scope.raised for body in bodies)


def _within(inner: Context, outer: Context) -> bool:
    return inner.blocks[: len(outer.blocks)] == outer.blocks


def _puts(change: StateAccess) -> bool:
    """Whether a change adds to a list or a set, or puts what the function was given into a dict: not what it made."""
    if change.changes == "mutate":
        return may("grows", change.attr) or may("adds-behind", change.attr)
    return isinstance(change.target, Item) and _is_given(change.value, change.code)


def _puts_given(change: StateAccess) -> bool:
    """Whether a change puts something that the function was given into a container."""
    if change.changes != "mutate":
        return isinstance(change.target, Item) and _is_given(change.value, change.code)
    added = [site.call.arguments for site in change.code.scope.calls if site.order == change.order]
    return _puts(change) and any(_is_given(argument.value, change.code) for given in added for argument in given)


def _is_given(value: Expression | None, code: Code) -> bool:
    """Whether a value is a parameter as it came."""
    return isinstance(value, Name) and any(
        parameter.name == value.id and parameter.name != code.self_name() for parameter in code.scope.parameters
    )
