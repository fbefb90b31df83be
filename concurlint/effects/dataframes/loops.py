"""Frames of pandas whose rows are taken one by one, for work that whole columns can do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.columns import consumer, few_rows, gives_rows, is_around, reduction
from concurlint.effects.dataframes.bodies import RowBody
from concurlint.effects.dataframes.outcomes import Outcome, shown
from concurlint.effects.dataframes.rows import Rows
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Loop
from concurlint.facts.syntax import (
    Attribute,
    Call,
    Collection,
    Comprehension,
    Constant,
    Expression,
    Item,
    Lambda,
    Name,
    Place,
    Slice,
    Table,
    spelled,
    walk,
)
from concurlint.project.arguments import given
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code
from concurlint.project.values import Function, Instance

_TINY = 50
_UNNAMED = "frame"
_DEEPEST = 8


@dataclass(frozen=True, slots=True)
class RowByRow:
    """A way through a frame row by row: what is called for it, and what gives the same at once.

    `remedies` are statements that do, one for each outcome that one expression gives; `named` that the frame in
    them is the program's own name; `applied` the function that is run for each row.
    """

    code: Code
    at: Place
    how: str
    named: bool
    remedies: tuple[str, ...]
    outcomes: tuple[Outcome, ...]
    applied: Code | None = None

    @property
    def tool(self) -> str:
        """What does it where there is no one expression."""
        if any(outcome.kind == "groups" for outcome in self.outcomes):
            return "`groupby`"
        several = any(len(outcome.given) > 1 or outcome.given[0][1].tool for outcome in self.outcomes)
        return "`np.select` or masks of rows" if several else "arithmetic, comparisons and `.str` work on whole columns"


class RowLoops:
    """Finds loops over the rows of frames and functions applied to them."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._effects = program.effects

    def row_by_row(self) -> Iterator[RowByRow]:
        """All places, in the order of the text."""
        for code in self._graph.edges:
            for loop in code.scope.loops:
                found = self._looped(code, loop)
                if found is not None:
                    yield found
            for site in code.scope.calls:
                applied = self._applied(code, site)
                if applied is not None:
                    yield applied

    # loops

    def _looped(self, code: Code, loop: Loop) -> RowByRow | None:
        if loop.kind == "while" or loop.is_async or loop.iterable is None or loop.target is None:
            return None
        source, target = self._bare(loop.iterable, loop.target, code)
        rows, how = self._iterated(source, target, code) or self._indexed(source, target, code) or (None, "")
        if rows is None:
            return None
        whole = self._comprehension(code, loop) if loop.kind == "comprehension" else None
        if loop.kind == "comprehension" and whole is None:
            return None
        outcomes = RowBody(self._graph, self._effects, code, rows, loop).outcomes(whole)
        if whole is not None and whole.kind == "generator" and outcomes:
            outcomes[0].kind, outcomes[0].target = "reduced", self._consumer(code, whole)
        if (
            outcomes is None
            or (how == "index" and not rows.looked)
            or (how == "itertuples" and all(outcome.is_by_item for outcome in outcomes))
        ):
            return None
        return RowByRow(code, loop.at, how, rows.frame != _UNNAMED, _shown(outcomes, rows), tuple(outcomes))

    def _bare(self, iterable: Expression, target: Expression, code: Code) -> tuple[Expression, Expression]:
        """What is really looped over, without `tqdm(…)`, `list(…)` and `enumerate(…)`."""
        while isinstance(iterable, Call) and iterable.arguments and not iterable.arguments[0].star:
            names = {library_name(value) for value in self._evaluator.values(iterable.function, code)}
            if len(names) != 1:
                break
            name = names.pop()
            if name == "builtins.enumerate" and isinstance(target, Collection) and len(target.items) == 2:
                target = target.items[1]
            elif not is_around(name):
                break
            iterable = iterable.arguments[0].value
        return iterable, target

    def _iterated(self, source: Expression, target: Expression, code: Code) -> tuple[Rows, str] | None:
        if not isinstance(source, Call) or not isinstance(source.function, Attribute):
            return None
        how, frame = source.function.attr, source.function.value
        if not gives_rows(how) or not self._is_frame(frame, code) or self._is_tiny(frame, code):
            return None
        rows = self._rows(frame)
        rows.are_tuples = how == "itertuples"
        match target:
            case Name(id=name) if how == "iterrows":
                rows.pairs.add(name)
            case Name(id=name):
                rows.rows.add(name)
            case Collection(items=(Name(id=label), Name(id=name))) if how == "iterrows":
                rows.labels.add(label)
                rows.rows.add(name)
            case Collection(items=items) if how == "itertuples":
                if not self._unpacked(rows, source, frame, items):
                    return None
            case _:
                return None
        return rows, how

    @staticmethod
    def _unpacked(rows: Rows, source: Call, frame: Expression, items: tuple[Expression, ...]) -> bool:
        """`for a, b in frame[["a", "b"]].itertuples(index=False)`."""
        names = [item.id for item in items if isinstance(item, Name)]
        if len(names) != len(items):
            return False
        index = given(source, "index", 0)
        if not (isinstance(index, Constant) and index.value is False):
            rows.labels.add(names[0])
            names = names[1:]
        columns: list[str] = []
        if isinstance(frame, Item) and len(frame.index) == 1 and isinstance(frame.index[0], Collection):
            columns = [c.value for c in frame.index[0].items if isinstance(c, Constant) and isinstance(c.value, str)]
            rows.frame = spelled(frame.value) or rows.frame
        known = len(columns) == len(names)
        rows.cells.update({name: columns[i] if known else "" for i, name in enumerate(names)})
        return True

    def _indexed(self, source: Expression, target: Expression, code: Code) -> tuple[Rows, str] | None:
        """`for i in range(len(frame))` and `for i in frame.index`."""
        if not isinstance(target, Name):
            return None
        frame = self._counted(source, code)
        by_label = frame is None
        if isinstance(source, Attribute) and source.attr == "index":
            frame = source.value
        if frame is None or not spelled(frame) or not self._is_frame(frame, code) or self._is_tiny(frame, code):
            return None
        rows = self._rows(frame)
        (rows.labels if by_label else rows.positions).add(target.id)
        return rows, "index"

    def _counted(self, source: Expression, code: Code) -> Expression | None:
        """The frame whose rows `range(len(frame))` or `range(frame.shape[0])` counts."""
        if not isinstance(source, Call) or len(source.arguments) not in (1, 2):
            return None
        if {library_name(v) for v in self._evaluator.values(source.function, code)} != {"builtins.range"}:
            return None
        first = source.arguments[0].value
        if len(source.arguments) == 2 and not (isinstance(first, Constant) and first.value == 0):
            return None
        match source.arguments[-1].value:
            case Call(function=Name(id="len"), arguments=(argument,)):
                inner = argument.value
                return inner.value if isinstance(inner, Attribute) and inner.attr == "index" else inner
            case Item(value=Attribute(value=frame, attr="shape"), index=(Constant(value=0),)):
                return frame
        return None

    @staticmethod
    def _rows(frame: Expression) -> Rows:
        return Rows(spelled(frame) or _UNNAMED, spelled(frame))

    @staticmethod
    def _comprehension(code: Code, loop: Loop) -> Comprehension | None:
        """The comprehension with that loop as its only one."""
        scope = code.scope
        places = [a.value for site in scope.calls for a in site.call.arguments]
        places += [b.value for bindings in scope.bindings.values() for b in bindings if b.value is not None]
        places += [a.value for a in scope.accesses if a.value is not None]
        places += [r.value for r in (*scope.returned, *scope.yielded) if r.value is not None]
        for place in places:
            for part in walk(place):
                if isinstance(part, Comprehension) and part.loops == (loop.number,):
                    return part if part.kind in ("list", "generator") else None
        return None

    def _consumer(self, code: Code, whole: Comprehension) -> str:
        """The method of a column that does what the function the generator is handed to does; `""` if unknown."""
        for site in code.scope.calls:
            if site.call.arguments and site.call.arguments[0].value is whole:
                names = {library_name(value) for value in self._evaluator.values(site.call.function, code)}
                return consumer(names.pop()) if len(names) == 1 else ""
        return ""

    # functions applied

    def _applied(self, code: Code, site: CallSite) -> RowByRow | None:
        function = site.call.function
        if not isinstance(function, Attribute) or function.attr != "apply":
            return None
        axis, work = given(site.call, "axis", 1), given(site.call, "func", 0)
        if not isinstance(axis, Constant) or axis.value not in (1, "columns") or work is None:
            return None
        if len(site.call.arguments) != 2 or not self._is_frame(function.value, code):
            return None
        if self._is_tiny(function.value, code):
            return None
        frame = self._whole(function.value)
        values = self._evaluator.values(work, code)
        names = {library_name(value) for value in values}
        if len(names) == 1 and reduction(next(iter(names))):
            remedy = f"{frame}.{reduction(names.pop())}(axis=1)"
            return RowByRow(code, site.call.at, "apply", frame != _UNNAMED, (remedy,), ())
        only = values.only()
        if not isinstance(only, Function) or not only.code.scope.parameters or only.code.scope.is_generator:
            return None
        if only.code.is_async or only.code.scope.decorators:
            return None
        rows = Rows(frame, "")
        rows.rows.add(only.code.scope.parameters[0].name)
        outcomes = RowBody(self._graph, self._effects, only.code, rows, None).outcomes()
        if outcomes is None:
            return None
        inside = None if isinstance(work, Lambda) else only.code
        return RowByRow(code, site.call.at, "apply", frame != _UNNAMED, _shown(outcomes, rows), tuple(outcomes), inside)

    @staticmethod
    def _whole(frame: Expression) -> str:
        """How the frame is written, that some columns are picked of."""
        if isinstance(frame, Item) and spelled(frame.value) and len(frame.index) == 1:
            if isinstance(frame.index[0], Collection):
                return spelled(frame.value)
        return spelled(frame) or _UNNAMED

    # frames

    def _is_frame(self, expression: Expression, code: Code) -> bool:
        kinds = {self._evaluator.kind(value) for value in self._evaluator.values(expression, code)}
        return kinds == {"frame"}

    def _is_tiny(self, expression: Expression, code: Code, depth: int = 0) -> bool:
        """Whether the frame is known to have few rows."""
        if depth > _DEEPEST:
            return False
        if isinstance(expression, Item):
            return any(isinstance(part, Slice) and self._is_few(part.parts[-1:]) for part in expression.index)
        for value in self._evaluator.values(expression, code):
            made = value.site if isinstance(value, Instance) else None
            if made is not None and isinstance(made.call, Call) and self._makes_few(made.call, made.code, depth):
                return True
        return False

    def _makes_few(self, call: Call, code: Code, depth: int) -> bool:
        for value in self._evaluator.values(call.function, code):
            name = library_name(value)
            rows = few_rows(name)
            if rows is not None:
                few = given(call, *rows[:2])
                return rows[2] <= _TINY if few is None else self._is_few((few,))
            if name == "pandas.DataFrame":
                return self._is_short(given(call, "data", 0))
        owner = call.function.value if isinstance(call.function, Attribute) else None
        return owner is not None and self._is_tiny(owner, code, depth + 1)

    @staticmethod
    def _is_few(counts: tuple[Expression | None, ...]) -> bool:
        return any(isinstance(c, Constant) and isinstance(c.value, int) and c.value <= _TINY for c in counts)

    @staticmethod
    def _is_short(data: Expression | None) -> bool:
        if isinstance(data, Table):
            displays = [value for value in data.values if isinstance(value, Collection)]
            return bool(displays) and all(len(value.items) <= _TINY for value in displays)
        return isinstance(data, Collection) and len(data.items) <= _TINY and data.kind == "list"


def _shown(outcomes: list[Outcome], rows: Rows) -> tuple[str, ...]:
    return tuple(filter(None, (shown(outcome, rows.frame) for outcome in outcomes)))
