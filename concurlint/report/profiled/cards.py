"""Verdicts as cards of a page: figures and predictions with where to draw them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from concurlint.finding import Span
from concurlint.report.profiled import wording
from concurlint.report.profiled.paths import measured_path
from concurlint.report.text import place
from concurlint.report.visible import visible
from concurlint.runtime.predict import Prediction
from concurlint.verdicts.change import Rewritten
from concurlint.verdicts.verdict import Figure, Verdict


@dataclass(frozen=True, slots=True)
class Gauge:
    """One figure: its words, and for a share where its dot and its interval lie, in per cent."""

    label: str
    value: str
    between: str
    dot: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Range:
    """One prediction: its words, and where its range lies in per cent of the widest."""

    label: str
    says: str
    took: str
    left: float
    width: float


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the source, and the id of its line on the page ("" if it is not shown there)."""

    where: str
    anchor: str
    says: str = ""


@dataclass(frozen=True, slots=True)
class Anchors:
    """The lines that are on the page: path and line → the line's id, and how its file is called there."""

    lines: Mapping[tuple[str, int], tuple[str, str]]

    def place(self, span: Span, says: str = "") -> Place:
        """Where a verdict points, with the way to it."""
        path = measured_path(span.path, {path for path, _ in self.lines})
        anchor, short = self.lines.get((path, span.line), ("", ""))
        return Place(f"{short}:{span.line}" if anchor else place(span), anchor, visible(says))


@dataclass(frozen=True, slots=True)
class Card:
    """All that a verdict's card shows; `now` is where 1× lies among the predictions, in per cent."""

    verdict: Verdict
    place: Place
    steps: Sequence[Place]
    gauges: Sequence[Gauge]
    ranges: Sequence[Range]
    now: float
    saves: str
    assumes: Sequence[str]
    help: str
    files: Sequence[Rewritten]


def make_cards(verdicts: Sequence[Verdict], anchors: Anchors) -> list[Card]:
    """One card for each verdict; `anchors` has the lines that are on the page."""
    return [_card(verdict, anchors) for verdict in verdicts]


def _card(verdict: Verdict, anchors: Anchors) -> Card:
    finding = verdict.finding
    widest = max([1.25, *(prediction.speed_up[1] * 1.05 for prediction in verdict.predictions)])
    return Card(
        verdict=verdict,
        place=anchors.place(finding.span),
        steps=[anchors.place(step.span, step.message) for step in finding.trace],
        gauges=[_gauge(figure) for figure in verdict.figures],
        ranges=[_range(prediction, widest) for prediction in verdict.predictions],
        now=round(100 / widest, 2),
        saves=wording.saves(*verdict.saves),
        assumes=wording.assumptions(verdict.predictions),
        help=finding.help if finding.help != verdict.instead else "",
        files=verdict.change.files if verdict.change is not None else (),
    )


def _gauge(figure: Figure) -> Gauge:
    is_share = figure.unit == "share"
    low, high = (round(100 * min(1.0, max(0.0, value)), 2) for value in (figure.low, figure.high))
    return Gauge(
        label=visible(figure.label),
        value=wording.quantity(figure.value, figure.unit),
        between=wording.between(figure),
        dot=round(100 * min(1.0, max(0.0, figure.value)), 2) if is_share else None,
        low=low,
        high=high,
    )


def _range(prediction: Prediction, widest: float) -> Range:
    low, high = prediction.speed_up
    left, right = 100 * min(low, widest) / widest, 100 * min(high, widest) / widest
    return Range(
        label=f"{wording.tool(prediction.tool)} on {wording.cores(prediction.cores)}",
        says=wording.speed(prediction),
        took=wording.took(prediction),
        left=round(left, 2),
        width=round(max(0.8, right - left), 2),
    )
