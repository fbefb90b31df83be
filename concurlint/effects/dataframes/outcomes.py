"""What a loop over rows leaves behind, and the operation on columns that gives the same at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from concurlint.effects.dataframes.expressions import Conditions
from concurlint.effects.dataframes.formulas import Formula, both, either, opposite


@dataclass(slots=True)
class Outcome:
    """One thing that is filled row by row: a list, a sum, a column, a dict, a set, the result of a function.

    `given` is what each row puts in and under which tests; `key` what it is filed under; `whole` that the row itself
    is put in; `fresh` that nothing was in it before the loop.
    """

    kind: str
    target: str
    given: list[tuple[tuple[tuple[Formula, bool], ...], Formula]] = field(default_factory=list)
    key: Formula | None = None
    whole: bool = False
    fresh: bool = True
    text: bool = False  # a sum of texts

    @property
    def is_of_columns(self) -> bool:
        """Whether what is put in, or whether it is, depends on the row at all."""
        return any(formula.column or any(test.column for test, _ in tests) for tests, formula in self.given)

    @property
    def is_by_item(self) -> bool:
        """Whether there is a Python object per row in the end, so that only the way there gets shorter."""
        return self.kind in ("dict", "set", "records", "tuples") or self.text


@dataclass(frozen=True, slots=True)
class Chosen:
    """What all rows get: the formula, for the rows of `mask` only if there is one."""

    formula: Formula
    mask: Formula | None


def tested(tests: Sequence[tuple[Formula, bool]]) -> Formula | None:
    """The mask of rows for which all tests come out as said; None without any."""
    parts = [test if holds else opposite(test) for test, holds in tests]
    return both(parts) if parts else None


def chosen(given: Sequence[tuple[tuple[tuple[Formula, bool], ...], Formula]]) -> Chosen:
    """One formula for all that is put in under several tests."""
    if len(given) == 1:
        tests, formula = given[0]
        return Chosen(formula, tested(tests))
    if len(given) == 2:
        (first, yes), (second, no) = given
        if len(first) == len(second) == 1 and first[0][0] is second[0][0] and first[0][1] is not second[0][1]:
            yes, no = (yes, no) if first[0][1] else (no, yes)
            return Chosen(either(first[0][0], yes, no), None)
    return Chosen(Formula("", tool="np.select"), None)


def contradicts(one: Conditions, other: Conditions) -> bool:
    """Whether both cannot hold in one round: the same test came out differently."""
    return any(a.test is b.test and a.holds is not b.holds for a in one for b in other)


def shown(outcome: Outcome, frame: str) -> str:
    """The statement that does it at once; `""` where it takes more than one expression."""
    found = chosen(outcome.given)
    formula, mask = found.formula, found.mask
    if not formula.text or (mask is not None and not mask.text):
        return ""
    if outcome.kind == "reduced":
        picked = _picked(frame, formula, mask)
        return f"{picked}.{outcome.target}()" if formula.column and outcome.target else ""
    if outcome.kind == "column":
        return _column(outcome, frame, formula, mask)
    text = _value(outcome, frame, formula, mask)
    if not text or not outcome.target:
        return text
    if outcome.kind == "sum":
        return f"{outcome.target} {'=' if outcome.fresh else '+='} {text}"
    if not outcome.fresh:
        return f"{outcome.target}.{'extend' if outcome.kind in ('list', 'records', 'tuples') else 'update'}({text})"
    return f"{outcome.target} = {text}"


def _column(outcome: Outcome, frame: str, formula: Formula, mask: Formula | None) -> str:
    if mask is None:
        return f"{frame}[{outcome.target}] = {formula.text}"
    return f"{frame}.loc[{mask.text}, {outcome.target}] = {formula.text}"


def _picked(frame: str, formula: Formula, mask: Formula | None) -> str:
    """The values of the rows that the mask lets through."""
    if mask is None:
        return formula.within(10)
    if formula.name:
        column = formula.text.removeprefix(frame).strip("[]")
        return f"{frame}.loc[{mask.text}, {column}]"
    return f"{formula.within(10)}[{mask.text}]"


def _value(outcome: Outcome, frame: str, formula: Formula, mask: Formula | None) -> str:
    if outcome.whole:
        return f"{frame}[{mask.text}]" if mask is not None else ""
    picked = _picked(frame, formula, mask)
    match outcome.kind:
        case "return":
            return formula.text if mask is None else ""
        case "list":
            return f"{picked}.tolist()" if formula.column else ""
        case "sum" if outcome.text:
            return f'"".join({picked})' if formula.column else ""
        case "sum":
            return _sum(formula, mask, picked)
        case "set":
            return f"set({picked})" if formula.column else ""
        case "records" if mask is None:
            return f'{formula.text}.to_dict("records")'
        case "tuples" if mask is None:
            return formula.text
        case "dict" if mask is None and outcome.key is not None and outcome.key.text:
            return f"dict(zip({outcome.key.text}, {formula.text}))" if formula.column else ""
        case "groups" if mask is None and outcome.key is not None and outcome.key.text:
            if formula.name:
                key = f'"{outcome.key.name}"' if outcome.key.name else outcome.key.text
                return f"{frame}.groupby({key}){formula.text.removeprefix(frame)}.sum().to_dict()"
            if formula.text == "1":
                return f"{outcome.key.within(10)}.value_counts().to_dict()"
    return ""


def _sum(formula: Formula, mask: Formula | None, picked: str) -> str:
    if formula.column:
        return f"{picked}.sum()"
    if mask is None:
        return ""
    return f"{mask.within(10)}.sum()" if formula.text == "1" else f"{formula.within(7)} * {mask.within(10)}.sum()"
