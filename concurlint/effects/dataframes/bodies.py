"""What the body of a loop over rows does, where all of it can be done to whole columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from concurlint.catalog.effects import Effects
from concurlint.catalog.traits import has
from concurlint.effects.dataframes.expressions import CellExpressions, Conditions
from concurlint.effects.dataframes.formulas import Formula, either, merged, operation
from concurlint.effects.dataframes.outcomes import Outcome, contradicts
from concurlint.effects.dataframes.rows import Rows
from concurlint.facts.records import Access, Binding, Branch, CallSite, Condition, Context, Loop, Returned
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Item,
    Name,
    Table,
    spelled,
    walk,
)
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.modules import Code

_TOP = Context()
Event: TypeAlias = Binding | Access | Branch | CallSite | Returned


class RowBody:
    """One body: a loop's, a comprehension's, or that of a function which is applied to each row."""

    def __init__(self, graph: CallGraph, effects: Effects, code: Code, rows: Rows, loop: Loop | None) -> None:
        self._evaluator = graph.evaluator
        self._code = code
        self._rows = rows
        self._loop = loop
        self._around = loop.context if loop is not None else _TOP
        inside = [b for bindings in code.scope.bindings.values() for b in bindings if self._is_inside(b.context)]
        self._bindings = [b for b in inside if b.kind not in ("for", "parameter")]
        fixed = {b.name for b in inside if b.kind == "parameter"} - rows.names
        bound = ({b.name for b in inside} - fixed) | rows.names
        self._local: dict[str, list[tuple[Conditions, Formula]]] = {}
        self._reading = CellExpressions(graph, effects, code, rows, self._named, bound)
        self._seen: set[int] = set()
        self._tested: dict[int, Formula | None] = {}
        self._outcomes: dict[tuple[str, str], Outcome] = {}

    def outcomes(self, whole: Comprehension | None = None) -> list[Outcome] | None:
        """All that the body fills; None where it does anything else. `whole` is the comprehension of the loop."""
        if not self._is_straight():
            return None
        for event in sorted(self._events(), key=lambda event: event.order):
            if self._is_guarded(event.context) or not self._take(event):
                return None
        if whole is not None and self._add("list", "", whole.results[-1], self._holding(whole)) is None:
            return None
        calls = [site for site in self._code.scope.calls if self._is_inside(site.context)]
        if any(id(site.call) not in self._seen for site in calls):
            return None
        found = list(self._outcomes.values())
        return found if found and any(one.is_of_columns for one in found) else None

    # shape

    def _is_inside(self, context: Context) -> bool:
        return self._loop is None or self._loop.number in context.loops

    def _is_guarded(self, context: Context) -> bool:
        return context.attempts != self._around.attempts or context.entered != self._around.entered

    def _is_straight(self) -> bool:
        scope = self._code.scope
        inner = [one for one in scope.loops if self._is_inside(one.context)]
        if inner or (self._loop is not None and self._loop.leaves):
            return False
        busy = [one.context for one in (*scope.yielded, *scope.raised)]
        busy += [one.context for one in scope.awaits]
        busy += [context for _, context, _ in scope.entered]
        if any(self._is_inside(context) for context in busy):
            return False
        return all(b.kind in ("assign", "augment") for b in self._bindings)

    def _events(self) -> Iterator[Event]:
        scope = self._code.scope
        yield from (branch for branch in scope.branches if self._is_inside(branch.context))
        yield from self._bindings
        yield from (a for a in scope.accesses if a.kind != "read" and self._is_inside(a.context))
        yield from (site for site in scope.calls if site.dropped and self._is_inside(site.context))
        if self._loop is None:
            yield from scope.returned

    # names

    def _under(self, context: Context) -> Conditions:
        return context.conditions[len(self._around.conditions) :]

    @staticmethod
    def _holding(whole: Comprehension) -> Conditions:
        return tuple(Condition(test, True) for test in whole.tests)

    def _tests(self, under: Conditions) -> tuple[tuple[Formula, bool], ...] | None:
        found: list[tuple[Formula, bool]] = []
        for condition in under:
            test = self._test(condition)
            if test is None:
                return None
            found.append((test, condition.holds))
        return tuple(found)

    def _test(self, condition: Condition) -> Formula | None:
        """A test as it came out where it stands; one of a comprehension is read when it is first needed."""
        known = id(condition.test)
        if known not in self._tested:
            self._tested[known] = self._read(condition.test, ())
        return self._tested[known]

    def _read(self, expression: Expression, under: Conditions) -> Formula | None:
        self._seen |= {id(part) for part in walk(expression)}
        return self._reading.formula(expression, under)

    def _named(self, name: str, under: Conditions) -> Formula | None:
        """What a name bound in this round stands for; None where it may be of the round before."""
        current: Formula | None = None
        partly: list[tuple[Conditions, Formula]] = []
        for conditions, formula in self._local.get(name, ()):
            if contradicts(conditions, under):
                continue
            rest = tuple(c for c in conditions if not any(c.test is u.test and c.holds is u.holds for u in under))
            if not rest:
                current, partly = formula, []
            else:
                partly.append((rest, formula))
        if not partly:
            return current
        if len(partly) == 2 and current is None:
            (first, yes), (second, no) = partly
            if len(first) == len(second) == 1 and contradicts(first, second):
                test = self._test(first[0])
                return either(test, *((yes, no) if first[0].holds else (no, yes))) if test is not None else None
        if len(partly) == 1 and current is not None and len(partly[0][0]) == 1:
            condition = partly[0][0][0]
            test = self._test(condition)
            pair = (partly[0][1], current) if condition.holds else (current, partly[0][1])
            return either(test, *pair) if test is not None else None
        if current is not None or _covers([conditions for conditions, _ in partly]):
            return Formula("", tool="np.select")
        return None

    # events

    def _take(self, event: Event) -> bool:
        match event:
            case Branch():
                test = self._read(event.test, self._under(event.context))
                self._tested[id(event.test)] = test
                return test is not None
            case Binding():
                return self._bound(event)
            case CallSite():
                return self._called(event)
            case Access():
                return self._written(event)
            case Returned(value=value) if value is not None:
                return self._add("return", "", value, self._under(event.context)) is not None
        return False

    def _bound(self, binding: Binding) -> bool:
        value, under = binding.value, self._under(binding.context)
        if value is None:
            return False
        if binding.kind == "augment":
            return self._augmented(binding.name, binding.operator, value, binding.context)
        if binding.path:
            if not isinstance(value, Collection) or len(binding.path) != 1 or binding.path[0] < 0:
                return False
            value = value.items[binding.path[0]]
        if self._rows.is_row(value) and not under:
            self._rows.rows.add(binding.name)
            return True
        formula = self._read(value, under)
        if formula is None:
            return False
        self._local.setdefault(binding.name, []).append((under, formula))
        return True

    def _augmented(self, name: str, operator: str, value: Expression, context: Context) -> bool:
        if name in self._local:
            under = self._under(context)
            before, added = self._named(name, under), self._read(value, under)
            if before is None or added is None:
                return False
            self._local[name].append((under, operation(operator, before, added)))
            return True
        if operator != "Add" or self._loop is None:
            return False
        kinds = {self._evaluator.type_name(v) for v in self._evaluator.values(Name(name, value.at), self._code)}
        if "builtins.list" in kinds:
            return False
        outcome = self._add("sum", name, value, self._under(context))
        if outcome is None:
            return False
        outcome.text = "builtins.str" in kinds
        outcome.fresh = self._starts_with(name, (0, 0.0, ""))
        return True

    def _starts_with(self, name: str, values: tuple[object, ...]) -> bool:
        """Whether the one binding of a name before the loop is one of these constants, or an empty display."""
        around = [b for b in self._code.scope.bindings.get(name, ()) if not self._is_inside(b.context)]
        if len(around) != 1 or around[0].path:
            return False
        value = around[0].value
        match value:
            case Collection(items=()) | Table(keys=()) | Call(arguments=()):
                return True
            case Constant(value=constant):
                return constant in values
            case Call(function=function, arguments=(_,)):  # `defaultdict(float)`
                names = {library_name(found) for found in self._evaluator.values(function, self._code)}
                return names == {"collections.defaultdict"}
        return False

    def _called(self, site: CallSite) -> bool:
        function, arguments = site.call.function, site.call.arguments
        if not isinstance(function, Attribute) or len(arguments) != 1 or arguments[0].star or arguments[0].keyword:
            return False
        kind = next((one for one in ("list", "set") if has("adds-behind", f"builtins.{one}.{function.attr}")), "")
        if not kind or not self._is_builtin(function.value, kind):
            return False
        self._seen.add(id(site.call))
        name = spelled(function.value)
        outcome = self._add(kind, name, arguments[0].value, self._under(site.context))
        if outcome is None:
            return False
        outcome.fresh = self._starts_with(name, ())
        return True

    def _is_builtin(self, expression: Expression, kind: str) -> bool:
        if not spelled(expression) or spelled(expression) in self._local:
            return False
        kinds = {self._evaluator.type_name(value) for value in self._evaluator.values(expression, self._code)}
        return kinds == {f"builtins.{kind}"}

    def _written(self, access: Access) -> bool:
        target, value = access.target, access.value
        if not isinstance(target, Item) or value is None:
            return isinstance(target, Name) and self._code.scope.kind == "module"  # noted as a binding as well
        column = self._rows.cell(target)
        if column is not None and column.text and self._is_stored(target):
            shown = column.text.removeprefix(self._rows.frame).removeprefix("[").removesuffix("]")
            if access.kind != "write":
                return False
            return self._add("column", shown, value, self._under(access.context)) is not None
        if len(target.index) != 1 or not spelled(target.value):
            return False
        key = self._read(target.index[0], self._under(access.context))
        kinds = {self._evaluator.kind(v) for v in self._evaluator.values(target.value, self._code).used()}
        if key is None or not key.column or kinds != {"dict"}:
            return False
        kind = "dict" if access.kind == "write" else "groups"
        if kind == "groups" and access.operator != "Add":
            return False
        name = spelled(target.value)
        outcome = self._add(kind, name, value, self._under(access.context))
        if outcome is None:
            return False
        outcome.key, outcome.fresh = key, self._starts_with(name, ())
        return True

    def _is_stored(self, target: Item) -> bool:
        """Whether writing there reaches the frame: a row is a copy, in an applied function the one handed back."""
        owner = target.value
        if self._rows.is_row(owner):
            return self._loop is None
        return not (isinstance(owner, Item) and self._rows.is_row(owner))

    def _add(self, kind: str, target: str, value: Expression, under: Conditions) -> Outcome | None:
        """Note what is put where; None if it is not known how a column would be."""
        tests = self._tests(under)
        if tests is None:
            return None
        whole = self._rows.is_row(value)
        formula: Formula | None
        if whole and kind == "return":
            columns = [one for one in self._outcomes.values() if one.kind == "column"]
            return columns[0] if columns else None
        if whole:
            self._seen |= {id(part) for part in walk(value)}
            formula = Formula(self._rows.frame) if tests else None
        elif kind == "list" and isinstance(value, (Table, Collection)):
            kind, formula = self._display(value, under)
        else:
            formula = self._read(value, under)
        if formula is None:
            return None
        outcome = self._outcomes.setdefault((kind, target), Outcome(kind, target, whole=whole))
        outcome.given.append((tests, formula))
        return outcome

    def _display(self, value: Table | Collection, under: Conditions) -> tuple[str, Formula | None]:
        """A dict or tuple of cells for each row."""
        items = value.values if isinstance(value, Table) else value.items
        parts = [self._read(item, under) for item in items]
        known = [part for part in parts if part is not None]
        if len(known) != len(parts) or not known or not any(part.column for part in known):
            return "", None
        if isinstance(value, Collection):
            columns = all(part.column for part in known) and value.kind == "tuple"
            text = f"list(zip({', '.join(part.text for part in known)}))" if columns else ""
            return "tuples", merged(text, known)
        keys = [key.value if isinstance(key, Constant) else None for key in value.keys]
        same = all(part.name and part.name == key for part, key in zip(known, keys, strict=True))
        names = ", ".join(f'"{part.name}"' for part in known)
        return "records", merged(f"{self._rows.frame}[[{names}]]" if same else "", known)


def _covers(options: list[Conditions]) -> bool:
    """Whether one of the options holds in every round."""
    if any(not option for option in options):
        return True
    if not options:
        return False
    test = options[0][0].test
    for holds in (True, False):
        left = [
            tuple(c for c in option if c.test is not test)
            for option in options
            if not any(c.test is test and c.holds is not holds for c in option)
        ]
        if not _covers(left):
            return False
    return True
