"""What a loop over rows leaves behind, as one statement on columns."""

import pytest

from concurlint.effects.dataframes.formulas import Formula, operation
from concurlint.effects.dataframes.outcomes import Outcome, chosen, shown
from concurlint.effects.dataframes.outcomes import tested as mask_of

A, B = Formula("df['a']", name="a"), Formula("df['b']", name="b")
ONE = Formula("1", False)
LESS = operation("LessThan", A, B)


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (Outcome("list", "out", [((), A)]), "out = df['a'].tolist()"),
        (Outcome("list", "out", [((), A)], fresh=False), "out.extend(df['a'].tolist())"),
        (Outcome("list", "out", [(((LESS, True),), A)]), "out = df.loc[df['a'] < df['b'], 'a'].tolist()"),
        (Outcome("sum", "total", [((), A)]), "total = df['a'].sum()"),
        (Outcome("sum", "total", [((), A)], fresh=False), "total += df['a'].sum()"),
        (Outcome("sum", "n", [(((LESS, True),), ONE)]), "n = (df['a'] < df['b']).sum()"),
        (Outcome("sum", "n", [((), ONE)]), ""),
        (Outcome("set", "seen", [((), A)]), "seen = set(df['a'])"),
        (Outcome("dict", "by", [((), B)], key=A), "by = dict(zip(df['a'], df['b']))"),
        (Outcome("groups", "sums", [((), B)], key=A), "sums = df.groupby(\"a\")['b'].sum().to_dict()"),
        (Outcome("column", '"c"', [((), A)]), "df[\"c\"] = df['a']"),
        (Outcome("column", '"c"', [(((LESS, False),), A)]), "df.loc[~(df['a'] < df['b']), \"c\"] = df['a']"),
        (Outcome("reduced", "max", [((), A)]), "df['a'].max()"),
        (Outcome("return", "", [((), A)]), "df['a']"),
    ],
)
def test_an_outcome_is_written_as_one_statement(outcome: Outcome, expected: str):
    assert shown(outcome, "df") == expected


def test_two_ways_of_one_test_make_a_choice():
    given = [(((LESS, False),), B), (((LESS, True),), A)]
    assert chosen(given).formula.text == "np.where(df['a'] < df['b'], df['a'], df['b'])"


def test_more_ways_are_left_to_another_tool():
    given = [(((LESS, True),), A), (((LESS, False),), B), ((), ONE)]
    assert (chosen(given).formula.text, chosen(given).formula.tool) == ("", "np.select")


def test_without_tests_there_is_no_mask():
    assert mask_of(()) is None
