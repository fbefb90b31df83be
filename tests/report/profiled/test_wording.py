"""Numbers of a profile in words."""

import pytest

from concurlint.report.profiled import wording
from concurlint.runtime.predict import Prediction, Tool
from concurlint.verdicts.verdict import Figure


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.0, "0 s"),
        (0.0042, "4.2 ms"),
        (0.0499, "50 ms"),
        (0.9994, "999 ms"),
        (0.9996, "1.00 s"),
        (9.99, "9.99 s"),
        (9.996, "10.0 s"),
        (99.94, "99.9 s"),
        (119.7, "2 min 0 s"),
        (3599.4, "59 min 59 s"),
        (7322, "2 h 2 min"),
    ],
)
def test_a_length_of_time_has_three_figures(value: float, said: str):
    assert wording.seconds(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0, "0%"), (0.0004, "< 0.1%"), (0.0312, "3.1%"), (0.0949, "9.5%"), (0.62, "62%"), (1, "100%")]
)
def test_a_share_is_as_exact_as_samples_are(value: float, said: str):
    assert wording.share(value) == said


def test_a_figure_has_its_interval_and_an_exact_one_none():
    assert wording.figure(Figure("x", 0.62, 0.591, 0.648, "share")) == "62% (59% to 65%)"
    assert wording.figure(Figure("x", 1234.0, 1234.0, 1234.0, "count")) == "1,234"
    assert wording.figure(Figure("x", 1.25, 1.1, 1.4, "seconds")) == "1.25 s (1.10 s to 1.40 s)"


def test_a_prediction_names_the_tool_the_cores_and_what_it_is_compared_with():
    made = Prediction(Tool.FREE_THREADED, 1, 4.4, 4.2, 4.8, 4.0, ())
    assert wording.predicted(made) == (
        "free-threaded Python on 1 core: 0.83× to 1.0× as fast, 4.20 s to 4.80 s instead of 4.00 s"
    )


def test_what_is_assumed_is_told_once_for_each_tool():
    def prediction(tool: Tool, cores: int, *assumes: str) -> Prediction:
        return Prediction(tool, cores, 1.0, 1.0, 1.0, 2.0, assumes)

    assert wording.assumptions(
        [
            prediction(Tool.PROCESSES, 2, "2 cores are free", "nothing is pickled"),
            prediction(Tool.PROCESSES, 8, "8 cores are free", "nothing is pickled"),
            prediction(Tool.ASYNCIO, 2, "all has an async form"),
        ]
    ) == ["2 cores are free", "nothing is pickled", "all has an async form"]


@pytest.mark.parametrize(
    ("saves", "said"),
    [
        ((0.0, 0.0), ""),
        ((-1.0, 0.0), ""),
        ((-0.5, 1.2), "up to 1.20 s"),
        ((0.8, 1.4), "800 ms to 1.40 s"),
        ((2, 2), "2.00 s"),
    ],
)
def test_what_a_change_saves(saves: tuple[float, float], said: str):
    assert wording.saves(*saves) == said
