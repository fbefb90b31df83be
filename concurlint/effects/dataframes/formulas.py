"""Operations on whole columns, as they are written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from concurlint.catalog.columns import ColumnForm

ATOM = 10
_SIGNS = {
    "Add": ("+", 6),
    "Subtract": ("-", 6),
    "Multiply": ("*", 7),
    "Divide": ("/", 7),
    "FloorDivide": ("//", 7),
    "Modulo": ("%", 7),
    "Power": ("**", 9),
    "BitAnd": ("&", 4),
    "BitOr": ("|", 2),
    "BitXor": ("^", 3),
    "LessThan": ("<", 1),
    "LessThanEqual": ("<=", 1),
    "GreaterThan": (">", 1),
    "GreaterThanEqual": (">=", 1),
    "Equal": ("==", 1),
    "NotEqual": ("!=", 1),
}


@dataclass(frozen=True, slots=True)
class Formula:
    """What an expression on one row is for the frame; a `text` of `""` is a column operation nobody writes in one go.

    `column` is False for what is the same for each row. `strength` is how tightly its outermost operator binds.
    `test`: true or false for each row. `tool` names what does it where there is no text.
    """

    text: str
    column: bool = True
    strength: int = ATOM
    test: bool = False
    tool: str = ""
    name: str = ""  # of the column, if it is one as it is

    def within(self, strength: int) -> str:
        """The text as an operand of an operator of that strength."""
        return self.text if self.strength >= strength or not self.text else f"({self.text})"


UNWRITTEN = Formula("")


def merged(text: str, parts: Sequence[Formula], strength: int = ATOM, *, test: bool = False) -> Formula:
    """A formula made of others; nothing is written where one of them is not."""
    shown = text if text and all(part.text for part in parts) else ""
    tool = next((part.tool for part in parts if part.tool), "")
    return Formula(shown, any(part.column for part in parts), strength, test, tool)


def operation(operator: str, left: Formula, right: Formula) -> Formula:
    """Two formulas combined by an operator of Python's."""
    if operator not in _SIGNS:
        return merged("", (left, right))
    sign, strength = _SIGNS[operator]
    stronger = strength + 1 if strength != 9 else ATOM
    text = f"{left.within(stronger if strength in (1, 9) else strength)} {sign} {right.within(stronger)}"
    return merged(text, (left, right), strength, test=strength == 1 or (left.test and right.test))


def both(tests: Sequence[Formula], sign: str = "&") -> Formula:
    """Tests of which all (`&`) or one (`|`) must hold, row by row."""
    if len(tests) == 1:
        return tests[0]
    strength = 4 if sign == "&" else 2
    text = f" {sign} ".join(test.within(strength + 1) for test in tests)
    plain = all(test.test or not test.column for test in tests)
    return merged(text if plain else "", tests, strength, test=True)


def opposite(test: Formula) -> Formula:
    """The test the other way round."""
    return merged(f"~{test.within(8)}" if test.test else "", (test,), 8, test=True)


def either(test: Formula, yes: Formula, no: Formula) -> Formula:
    """One of two, by a test of each row."""
    found = merged(f"np.where({test.text}, {yes.text}, {no.text})" if test.text else "", (test, yes, no))
    return replace(found, column=True, text="" if "np.where" in no.text + yes.text else found.text, tool="np.select")


def called(form: ColumnForm, arguments: Sequence[Formula]) -> Formula:
    """A call of a function that has a form for columns."""
    shape = form.of(len(arguments))
    texts = [a.within(ATOM) if "{0}." in shape or "**" in shape else a.text for a in arguments]
    return merged(shape.format(*texts) if shape else "", arguments, 9 if "**" in shape else ATOM, test=form.test)


def method(owner: Formula, accessor: str, name: str, arguments: Sequence[Formula], *, test: bool) -> Formula:
    """A method of the cells, reached through an accessor of the column."""
    given = ", ".join(argument.text for argument in arguments)
    return merged(f"{owner.within(ATOM)}.{accessor}.{name}({given})", (owner, *arguments), test=test)
