"""A profile and its verdicts as JSON for other programs, version 1."""

import json
from collections.abc import Sequence

from concurlint.report.json import VERSION, plain_finding
from concurlint.report.profiled.diff import unified
from concurlint.report.profiled.tasks import TaskTimes, tasks_of
from concurlint.runtime.profile import Profile
from concurlint.runtime.saved import to_json
from concurlint.verdicts.trial import Trial
from concurlint.verdicts.verdict import Verdict


def render(profile: Profile, verdicts: Sequence[Verdict]) -> str:
    """One JSON document with a line end after it; `profile` in it is what `--save` writes, and is read back so.

    A prediction's `low` and `high` are how many times as fast the run would be.
    """
    document = {
        "version": VERSION,
        "findings": [plain_finding(verdict.finding) for verdict in verdicts],
        "predictions": [
            _prediction(verdict, number) for verdict in verdicts for number in range(len(verdict.predictions))
        ],
        "changes": [_change(verdict) for verdict in verdicts if verdict.change is not None],
        "tasks": [_task(task) for task in tasks_of(profile, len(profile.stacks) + 1)],
        "trials": [_trial(trial) for verdict in verdicts for trial in verdict.trials],
        "profile": json.loads(to_json(profile)),
    }
    return json.dumps(document, indent=1) + "\n"


def properties(verdict: Verdict) -> dict[str, object]:
    """What is known of a verdict besides its finding, for reports that have room for it."""
    return {
        "instead": verdict.instead,
        "why": verdict.why,
        "saves": [round(seconds, 3) for seconds in verdict.saves],
        "predictions": [_prediction(verdict, number) for number in range(len(verdict.predictions))],
        **({"change": unified(verdict.change)} if verdict.change is not None else {}),
    }


def _task(task: TaskTimes) -> dict[str, object]:
    """What kept the event loop, in seconds by state."""
    states = {state.value: round(seconds, 6) for state, seconds in task.states.items()}
    return {"function": task.function, "path": task.path, "states": states}


def _change(verdict: Verdict) -> dict[str, object]:
    span = verdict.finding.span
    return {"code": verdict.finding.code, "path": span.path, "line": span.line, "diff": unified(verdict.change)}


def _trial(trial: Trial) -> dict[str, object]:
    """One of the runs with a change: the seconds of each pair, and what was predicted, if anything."""
    promised = trial.predicted.speed_up if trial.predicted is not None else None
    return {
        "code": trial.code,
        "label": trial.label,
        "before": [round(seconds, 4) for seconds in trial.before],
        "after": [round(seconds, 4) for seconds in trial.after],
        "same": trial.is_same,
        "outcome": trial.outcome,
        "predicted": [round(times, 3) for times in promised] if promised is not None else None,
    }


def _prediction(verdict: Verdict, number: int) -> dict[str, object]:
    prediction = verdict.predictions[number]
    low, high = prediction.speed_up
    return {
        "code": verdict.finding.code,
        "suggestion": prediction.tool.value,
        "cores": prediction.cores,
        "low": round(low, 3),
        "high": round(high, 3),
    }
