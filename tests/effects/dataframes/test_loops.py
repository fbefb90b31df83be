"""Loops over the rows of frames: the ways through them, the columns in them, and what does the same at once."""

from pathlib import Path

import pytest

from concurlint.effects.dataframes.loops import RowLoops
from tests.linked import program

HEAD = "import threading\nimport numpy as np\nimport pandas as pd\ndf = pd.read_csv('a.csv')\nout = []\ntotal = 0\n"


def rows(folder: Path, main: str) -> list[tuple[str, tuple[str, ...]]]:
    text = f"{HEAD}{main}\n"
    return [(found.how, found.remedies) for found in program(folder, {"app.py": text})[RowLoops].row_by_row()]


@pytest.mark.parametrize(
    ("main", "how"),
    [
        ("for i, row in df.iterrows():\n    out.append(row['a'])", "iterrows"),
        ("for pair in df.iterrows():\n    out.append(pair[1]['a'])", "iterrows"),
        ("for i in range(len(df)):\n    out.append(df['a'][i])", "index"),
        ("for i in df.index:\n    out.append(df.loc[i, 'a'])", "index"),
        ("for i in range(len(df)):\n    out.append(df.iloc[i]['a'])", "index"),
    ],
)
def test_a_cell_of_the_row_is_its_column(tmp_path: Path, main: str, how: str):
    assert rows(tmp_path, main) == [(how, ('out = df["a"].tolist()',))]


@pytest.mark.parametrize(
    ("body", "remedies"),
    [
        ("total += row['a'] * row['b']", ('total = (df["a"] * df["b"]).sum()',)),
        ("total += row.a if row.b > 3 else 0", ('total = np.where(df["b"] > 3, df["a"], 0).sum()',)),
        ("c = row['a'] + 1\n    out.append(c)", ('out = (df["a"] + 1).tolist()',)),
        ("if row['a'] > 2:\n        out.append(row['b'])", ('out = df.loc[df["a"] > 2, "b"].tolist()',)),
        ("if row['a'] <= 2:\n        continue\n    out.append(row['b'])",
         ('out = df.loc[~(df["a"] <= 2), "b"].tolist()',)),
        ("out.append(row['a'].upper())", ('out = df["a"].str.upper().tolist()',)),
        ("out.append(-row['a'])", ('out = (-df["a"]).tolist()',)),
        ("out.append(row['a'] in (1, 2))", ('out = df["a"].isin((1, 2)).tolist()',)),
        ("df.loc[i, 'c'] = row['a'] * 2", ('df["c"] = df["a"] * 2',)),
    ],
)  # fmt: skip
def test_what_is_done_for_each_row_is_written_for_all(tmp_path: Path, body: str, remedies: tuple[str, ...]):
    assert rows(tmp_path, f"for i, row in df.iterrows():\n    {body}") == [("iterrows", remedies)]


@pytest.mark.parametrize(
    "body",
    [
        "print(row['a'])",
        "out.append(row['a'])\n    if row['a'] > 2:\n        break",
        "total = total * 2 + row['a']",
        "out.append(anything(row))",
    ],
    ids=["shows it", "leaves early", "carries on", "unknown"],
)
def test_a_body_that_does_anything_else_is_left_alone(tmp_path: Path, body: str):
    assert rows(tmp_path, f"for i, row in df.iterrows():\n    {body}") == []
