"""Numbers of a profile as people read them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from concurlint.report.visible import visible
from concurlint.runtime.predict import Prediction, Tool
from concurlint.runtime.profile import Run, Seconds
from concurlint.verdicts.trial import Trial
from concurlint.verdicts.verdict import Figure

_TOOLS: Mapping[Tool, str] = {
    Tool.FREE_THREADED: "free-threaded Python",
    Tool.NUMPY: "NumPy",
}
# Below these, figures would claim more than a sampler can see.
_PERCENT = 0.095
_TINY = 1e-4


def seconds(value: Seconds) -> str:
    """A length of time with three figures at most: `1.24 s`, `12.4 s`, `8.2 ms`, `3 min 5 s`."""
    if value >= 3600:
        return f"{value // 3600:.0f} h {value % 3600 // 60:.0f} min"
    if value >= 100:
        whole = round(value)
        return f"{whole // 60} min {whole % 60} s"
    if value >= 9.995:
        return f"{value:.1f} s"
    if value >= 0.9995:
        return f"{value:.2f} s"
    if value >= 0.00995:
        return f"{value * 1e3:.0f} ms"
    return f"{value * 1e3:.1f} ms" if value >= _TINY else "0 s"


def share(value: float) -> str:
    """A part of a whole: `62%`, `3.1%`, `< 0.1%`."""
    if value <= 0:
        return "0%"
    if value < 0.001:
        return "< 0.1%"
    return f"{value * 100:.1f}%" if value < _PERCENT else f"{value * 100:.0f}%"


def part(value: float, whole: float) -> float:
    """`value` as a part of `whole`; 0 of nothing."""
    return min(1.0, value / whole) if whole > 0 else 0.0


def times(value: float) -> str:
    """A ratio: `1.9×`."""
    return f"{value:.1f}×" if value >= 0.95 else f"{value:.2f}×"


def quantity(value: float, unit: str) -> str:
    """A number with its unit, as verdicts' figures have them."""
    if unit == "share":
        return share(value)
    if unit == "seconds":
        return seconds(value)
    if unit == "times":
        return times(value)
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.1f}"


def figure(of: Figure) -> str:
    """The value, and its interval where it has one: `62% (59% to 65%)`."""
    value = quantity(of.value, of.unit)
    doubt = between(of)
    return f"{value} ({doubt})" if doubt else value


def between(of: Figure) -> str:
    """The interval alone; "" where the value is exact."""
    low, high = quantity(of.low, of.unit), quantity(of.high, of.unit)
    return f"{low} to {high}" if low != high else ""


def tool(of: Tool) -> str:
    """What a prediction is for, in words."""
    return _TOOLS.get(of, of.value)


def cores(count: int) -> str:
    """`4 cores`."""
    return "1 core" if count == 1 else f"{count} cores"


def speed(of: Prediction) -> str:
    """How many times as fast: `2.9× to 3.6×`."""
    low, high = (times(value) for value in of.speed_up)
    return low if low == high else f"{low} to {high}"


def took(of: Prediction) -> str:
    """How long the run would take: `1.1 s to 1.4 s`."""
    low, high = seconds(of.low), seconds(of.high)
    return low if low == high else f"{low} to {high}"


def predicted(of: Prediction) -> str:
    """`processes on 4 cores: 2.9× to 3.6× as fast, 1.1 s to 1.4 s instead of 4.0 s`."""
    return f"{tool(of.tool)} on {cores(of.cores)}: {speed(of)} as fast, {took(of)} instead of {seconds(of.now)}"


def tried(trial: Trial) -> str:
    """`the change: 1.9× as fast, 2.1 s instead of 4.0 s in 3 pairs; predicted 1.8× to 2.0×; same output`."""
    if not trial.is_same or not trial.after:
        return f"{visible(trial.label)}: not the same: {visible(trial.outcome)}"
    low, middle, high = trial.speed_up
    spread = f" ({times(low)} to {times(high)})" if times(low) != times(high) else ""
    pairs = "1 pair" if len(trial.after) == 1 else f"{len(trial.after)} pairs"
    took_now, took_then = (seconds(sorted(each)[len(each) // 2]) for each in (trial.before, trial.after))
    measured = f"{times(middle)} as fast{spread}, {took_then} instead of {took_now} in {pairs}"
    promised = f"; predicted {speed(trial.predicted)}" if trial.predicted is not None else ""
    return f"{visible(trial.label)}: {measured}{promised}; {visible(trial.outcome)}"


def assumptions(predictions: Iterable[Prediction]) -> list[str]:
    """What must hold for the predictions, each said once; for more cores it is the same but for their number."""
    first: dict[Tool, Prediction] = {}
    for prediction in predictions:
        first.setdefault(prediction.tool, prediction)
    return [visible(one) for one in dict.fromkeys(one for of in first.values() for one in of.assumes)]


def saves(low: Seconds, high: Seconds) -> str:
    """How much of the run a change would save; "" if nothing."""
    low, high = max(0.0, low), max(0.0, high)
    if high < _TINY:
        return ""
    if low < _TINY:
        return f"up to {seconds(high)}"
    return seconds(high) if seconds(low) == seconds(high) else f"{seconds(low)} to {seconds(high)}"


def command(run: Run) -> str:
    """What was run, on one line."""
    return visible(" ".join(run.command))


def when(run: Run) -> str:
    """When it began, in UTC: the same wherever the report is read."""
    return datetime.fromtimestamp(run.started, UTC).strftime("%Y-%m-%d %H:%M UTC")


def samples(run: Run) -> str:
    """How it was sampled: `906 samples, one each 5.0 ms`."""
    if run.samples == 1:
        return "1 sample"
    return f"{run.samples:,} samples, one each {seconds(run.interval)}"
