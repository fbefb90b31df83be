"""Predictions beside what happened are counted by half, and both ways of a piece of work give one answer."""

from collections import Counter
from dataclasses import replace

import pytest

import facts
import prediction
from concurlint.rulebook import page_path
from prediction import CASES, HALVES, Row

ROW = Row("pages-in-loop", "held", "CCL902", "threads", 3.0, 0.8, 1.0, 1.2, 1.0, 0.01)
# What makes a piece short enough to be done both ways here.
SMALL: dict[str, dict[str, int]] = {
    "log-threads": {"files": 3, "repeats": 1},
    "json-queue": {"files": 4, "repeats": 1},
    "pages-in-loop": {"pages": 3},
    "commit-per-row": {"rows": 3},
    "files-compressed": {"files": 3, "size": 9000},
    "pandas-apply": {"rows": 30},
    "array-elements": {"count": 500},
    "pairs-of-points": {"count": 60},
    "gzip-in-loop": {"files": 3, "size": 9000},
    "blocking-client": {"pages": 3},
    "tiny-tasks": {"count": 40},
    "apply-in-loop": {"tasks": 2},
    "few-connections": {"count": 5},
    "blas-workers": {"count": 2},
    "results-polled": {"links": 2},
}
PACKAGES = {"pandas-apply": "pandas", "array-elements": "numpy", "pairs-of-points": "numpy", "blas-workers": "numpy"}


def test_a_piece_of_work_belongs_to_one_half():
    assert len(CASES) == sum(len(work.CASES) for work in HALVES.values())


def test_held_back_are_fifteen_pieces_with_at_most_two_of_a_verdict():
    codes = Counter(code for code, *_ in HALVES["held"].CASES.values())
    assert (codes.total(), max(codes.values())) == (15, 2)
    assert [code for code in codes if page_path(code) is None] == []


@pytest.mark.parametrize("name", HALVES["held"].CASES)
def test_both_ways_give_the_same_answer(name: str, monkeypatch: pytest.MonkeyPatch):
    if name in PACKAGES:
        pytest.importorskip(PACKAGES[name])
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    _, now, then = HALVES["held"].CASES[name]
    answer = now(**SMALL[name])
    assert answer
    assert answer == then(**SMALL[name])


@pytest.mark.parametrize(
    ("then", "says"),
    [
        (1.0, "+0%, inside the bounds"),
        (0.88, "+14%, inside the bounds"),
        (1.22, "near: -18%, outside the bounds"),
        (0.79, "miss: +27%, outside the bounds"),
    ],
)
def test_an_outcome_says_how_near_it_came(then: float, says: str):
    assert replace(ROW, then=then).outcome == says


def test_each_half_is_counted_and_a_missing_verdict_is_a_miss():
    lines = [
        ROW.line,
        replace(ROW, then=1.22).line,
        replace(ROW, then=0.5, others=0.3).line,
        replace(ROW, tool="").line,
        replace(ROW, name="words", half="tuned").line,
    ]
    assert [prediction.counts(half, lines) for half in HALVES] == [
        "| tuned | 10 | 1 | 1 | 1 | 1 |",
        "| held | 15 | 4 | 1 | 2 | 1 |",
    ]


def test_rows_of_the_page_are_kept_when_others_are_renewed():
    lines = {"words": replace(ROW, name="words", half="tuned").line, "pages-in-loop": ROW.line}
    assert prediction.kept(prediction.table(lines)) == lines


def test_the_page_has_its_counts_by_its_rows():
    page = prediction.TABLE.read_text(encoding="utf-8")
    rows = list(prediction.kept(page).values())
    assert [line for line in page.splitlines() if line.startswith(("| tuned", "| held"))] == [
        prediction.counts(half, rows) for half in HALVES
    ]


def test_the_readme_tells_of_halves_that_were_measured():
    page = "| half | … |\n| tuned | 10 | 10 | 9 | 9 | 7 |\n| held | 15 | 14 | 11 | 13 | 10 |\n"
    assert facts.prediction(page) == (
        "tuned: 9 of 10 within 15 % of what the change then brought, 9 within 20 %; "
        "held: 11 of 14 within 15 % of what the change then brought, 13 within 20 %"
    )
