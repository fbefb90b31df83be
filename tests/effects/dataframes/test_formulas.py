"""What is done for one row, written for all of them."""

import pytest

from concurlint.effects.dataframes.formulas import UNWRITTEN, Formula, both, either, operation, opposite

A, B = Formula("df['a']", name="a"), Formula("df['b']", name="b")
SUM = operation("Add", A, B)
LESS = operation("LessThan", A, B)


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        (SUM, "df['a'] + df['b']"),
        (operation("Multiply", SUM, B), "(df['a'] + df['b']) * df['b']"),
        (operation("Add", operation("Multiply", A, B), B), "df['a'] * df['b'] + df['b']"),
        (LESS, "df['a'] < df['b']"),
        (both([LESS, LESS]), "(df['a'] < df['b']) & (df['a'] < df['b'])"),
        (both([LESS, LESS], "|"), "(df['a'] < df['b']) | (df['a'] < df['b'])"),
        (opposite(LESS), "~(df['a'] < df['b'])"),
        (either(LESS, A, B), "np.where(df['a'] < df['b'], df['a'], df['b'])"),
        (operation("Add", A, UNWRITTEN), ""),
    ],
)
def test_operators_bind_as_they_do_for_columns(formula: Formula, text: str):
    assert formula.text == text


def test_a_choice_within_a_choice_is_left_to_another_tool():
    inner = either(LESS, A, B)
    assert (either(LESS, inner, B).text, either(LESS, inner, B).tool) == ("", "np.select")
