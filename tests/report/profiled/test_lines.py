"""The lines that matter, and what is shown around them."""

from dataclasses import replace

from concurlint.report.profiled.lines import by_file, excerpt, hot_lines, judged_lines, own_paths
from concurlint.runtime.samples import State
from tests.report.profiled.made import APP, BOUND, CALM, EMPTY, NUMBERS, PROFILE, SOURCE, TEXTS


def test_time_in_a_library_counts_for_the_own_line_that_called_it():
    assert [(line.path, line.line, dict(line.states)) for line in hot_lines(PROFILE, TEXTS, most=9)] == [
        (NUMBERS, 2, {State.HOLDS_GIL: 2.0, State.GIL_WAIT: 2.0}),
        (APP, 9, {State.QUEUE: 2.0, State.SLEEP: 0.5}),
    ]


def test_a_line_below_one_in_a_hundred_is_left_out_and_so_are_too_many():
    assert [line.line for line in hot_lines(PROFILE, TEXTS, most=1)] == [2]
    long = replace(PROFILE, run=replace(PROFILE.run, seconds=399.0))
    assert [line.path for line in hot_lines(long, TEXTS, most=9)] == [NUMBERS]


def test_without_sources_all_but_libraries_are_the_program_s_own():
    assert [line.path for line in hot_lines(PROFILE, {}, most=9)] == [NUMBERS, APP]


def test_a_library_whose_text_is_there_is_none_of_the_program_s_files():
    texts = {**TEXTS, "/usr/lib/python3.12/threading.py": "x\n"}
    assert hot_lines(PROFILE, texts, most=9) == hot_lines(PROFILE, TEXTS, most=9)


def test_nothing_seen_is_no_line():
    assert hot_lines(EMPTY, TEXTS, most=9) == ()


def test_files_come_by_their_time():
    assert list(by_file(hot_lines(PROFILE, TEXTS, most=9))) == [NUMBERS, APP]


def test_an_excerpt_shows_lines_around_marks_the_judged_and_tells_of_gaps():
    hot = by_file(hot_lines(PROFILE, TEXTS, most=9))[APP]
    rows = excerpt(hot, SOURCE, {2}, around=1)
    assert [(row.number, bool(row.hot), row.judged, row.after_gap) for row in rows] == [
        (1, False, False, False),
        (2, False, True, False),
        (9, True, False, True),
    ]
    assert rows[1].text == "from lib.numbers import total"


def test_a_line_beyond_its_file_or_without_one_is_shown_without_text():
    hot = by_file(hot_lines(PROFILE, TEXTS, most=9))[APP]
    for text in (None, "changed since\n"):
        rows = excerpt(hot, text, {77}, around=2)
        assert [(row.number, row.text) for row in rows] == [(9, None)]


def test_a_verdict_s_path_may_be_relative_to_the_project():
    finding = replace(BOUND.finding, span=replace(BOUND.finding.span, path="lib/numbers.py"))
    assert judged_lines([replace(BOUND, finding=finding)], own_paths(PROFILE, TEXTS)) == {NUMBERS: {2}}


def test_verdicts_judge_lines():
    assert judged_lines([BOUND, CALM], own_paths(PROFILE, {})) == {NUMBERS: {2}, APP: {9}}
