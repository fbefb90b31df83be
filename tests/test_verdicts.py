"""Every workload gets the verdicts it deserves and no other: as recorded, and measured anew."""

import ast
import json
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

import record
from concurlint import config
from concurlint.finding import Level
from concurlint.judge import judge
from concurlint.linting import lint
from concurlint.registry import VERDICTS
from concurlint.report.profiled.wording import tool
from concurlint.runtime.predict import Tool
from concurlint.runtime.profile import Profile
from concurlint.runtime.saved import load
from concurlint.runtime.stacks import RecordingError, find_pyspy
from concurlint.verdicts.case import FEWEST
from concurlint.verdicts.verdict import Verdict
from tests.pages import ROOT, WORKLOADS, named_workloads, verdict_pages
from tests.runtime.measured import why_not
from tests.test_rules import LONGEST_MESSAGE, slips

MORE_CORES = 8
SCRIPTS = sorted([*WORKLOADS.glob("*.py"), *WORKLOADS.glob("variants/*.py")])


def name_of(script: Path) -> str:
    """The workload as pages call it."""
    return script.relative_to(WORKLOADS).with_suffix("").as_posix()


def deserved(script: Path) -> tuple[str, ...]:
    """What the script says it deserves."""
    (told,) = (
        node.value
        for node in ast.parse(script.read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "VERDICTS"
    )
    return tuple(sorted(ast.literal_eval(told)))


def missing(script: Path) -> list[str]:
    """What the script imports and this environment does not have."""
    tree = ast.parse(script.read_text(encoding="utf-8"))
    names = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return [name for name in names if find_spec(name.partition(".")[0]) is None]


def recorded(script: Path) -> Profile:
    """Its profile as saved."""
    return load(script.parent / "recorded" / f"{script.stem}.json")


@cache
def judged(script: Path) -> tuple[Verdict, ...]:
    """The verdicts on its recorded profile."""
    return judge(recorded(script), root=ROOT, cores=MORE_CORES)


def codes(verdicts: tuple[Verdict, ...]) -> tuple[str, ...]:
    """Of the verdicts, sorted."""
    return tuple(sorted(verdict.finding.code for verdict in verdicts))


every_script = pytest.mark.parametrize("script", SCRIPTS, ids=name_of)


@every_script
def test_a_recorded_workload_gets_the_verdicts_it_deserves(script: Path):
    assert codes(judged(script)) == deserved(script)


@pytest.mark.measured
@pytest.mark.live
@pytest.mark.slow
@every_script
def test_a_workload_measured_here_and_now_gets_them_too(script: Path):
    if why_not():
        pytest.skip(why_not())
    if missing(script):
        pytest.skip(f"no {missing(script)[0]} here")
    try:
        find_pyspy()
    except RecordingError as error:
        pytest.skip(str(error))
    for _ in range(record.TRIES):
        profile = record.measure(script, f"{record.SECONDS:g}")
        found = codes(judge(profile, root=ROOT))
        if found == deserved(script):
            return
        if record.disturbed(profile) <= record.CROWDED or "CCL911" in deserved(script):
            break
    else:
        pytest.skip("other programs fill the machine")
    assert found == deserved(script)


@pytest.mark.parametrize("path", verdict_pages(), ids=lambda path: path.stem[:6])
def test_a_page_lists_the_workloads_that_get_its_verdict_and_some_that_do_not(path: Path):
    code = path.stem[:6]
    flagged = {name_of(script) for script in SCRIPTS if code in deserved(script)}
    good = set(named_workloads(path, "Good"))
    assert set(named_workloads(path, "Flagged")) == flagged
    assert good <= {name_of(script) for script in SCRIPTS}
    assert not good & flagged


@every_script
def test_a_verdict_is_whole(script: Path):
    levels = {rule.code: rule.level for rule in VERDICTS}
    for verdict in judged(script):
        assert slips(verdict.finding) == []
        assert len(verdict.finding.message) <= LONGEST_MESSAGE
        assert verdict.finding.level is levels[verdict.finding.code]
        assert verdict.figures
        assert verdict.instead
        assert verdict.why.endswith(".")
        assert 0 <= verdict.saves[0] <= verdict.saves[1] <= recorded(script).run.seconds + 1e-3
        for figure in verdict.figures:
            assert figure.low <= figure.value <= figure.high
        for prediction in verdict.predictions:
            assert 0 <= prediction.low <= prediction.seconds <= prediction.high


@every_script
def test_a_verdict_stands_on_a_line_of_the_workload(script: Path):
    lines = script.read_text(encoding="utf-8").splitlines()
    for verdict in judged(script):
        span = verdict.finding.span
        assert span.path == script.relative_to(ROOT).as_posix()
        assert 1 <= span.line <= len(lines)
        assert span.end_column <= len(lines[span.line - 1]) + 1


@every_script
def test_the_verdicts_that_save_most_come_first(script: Path):
    sums = [sum(verdict.saves) for verdict in judged(script)]
    assert sums == sorted(sums, reverse=True)


@every_script
def test_without_its_sources_no_verdict_is_wrong(script: Path, tmp_path: Path):
    # Only the source says that a loop is arithmetic, that a call is the disk's, that a line awaits in turn or looks
    # again, whose lock a line takes, and that what is taken from a queue is given back.
    told_by_source = {"CCL904", "CCL905", "CCL902", "CCL914", "CCL915", "CCL917"}
    found = set(codes(judge(recorded(script), root=tmp_path)))
    if not set(deserved(script)) & told_by_source:
        assert found == set(deserved(script))


def test_a_change_is_made_in_the_users_own_file_where_it_surely_means_the_same():
    found = [verdict for script in SCRIPTS for verdict in judged(script)]
    assert {"CCL901", "CCL902", "CCL903", "CCL905", "CCL907", "CCL908", "CCL909"} == {
        verdict.finding.code for verdict in found if verdict.change is not None
    }
    # What the threads are given there is a lambda, which no other process can get.
    assert judged(WORKLOADS / "variants" / "threads_eight.py")[0].change is None


def test_a_full_machine_takes_back_what_is_promised():
    full = judged(WORKLOADS / "oversubscribed.py")
    assert {verdict.saves[0] for verdict in full} == {0.0}
    assert not any(verdict.predictions for verdict in full)
    assert all("not to be trusted" in verdict.why for verdict in full)


def test_predictions_are_made_for_this_machine_and_the_one_asked_about():
    (verdict,) = judged(WORKLOADS / "computing_four.py")
    cores = [prediction.cores for prediction in verdict.predictions if prediction.tool == "processes"]
    assert cores == [recorded(WORKLOADS / "computing_four.py").run.cores, MORE_CORES]


def test_a_run_with_fewer_looks_than_its_intervals_need_is_not_judged():
    profile = recorded(WORKLOADS / "variants" / "too_short.py")
    assert profile.run.samples < FEWEST
    assert judge(profile, root=ROOT) == ()


@every_script
def test_recordings_name_no_folder_of_the_machine_they_were_made_on(script: Path):
    text = (script.parent / "recorded" / f"{script.stem}.json").read_text(encoding="utf-8")
    paths = {path for _, path, _ in json.loads(text)["frames"]}
    assert {path for path in paths if path.startswith("/") and not path.startswith("/usr/lib/python3.")} == set()


def test_verdicts_have_levels_that_the_report_can_show():
    assert {rule.level for rule in VERDICTS} <= {Level.ADVICE, Level.WARNING}


def test_every_tool_has_a_name_in_the_reports():
    assert all(tool(one) for one in Tool)


def test_a_comment_on_the_line_silences_a_verdict_and_is_not_called_unused_by_the_static_run(tmp_path: Path):
    script = WORKLOADS / "variants" / "words_one_thread.py"
    (verdict,) = judged(script)
    lines = script.read_text(encoding="utf-8").splitlines()
    lines[verdict.finding.span.line - 1] += "  # noqa: CCL903"
    copy = tmp_path / verdict.finding.span.path
    copy.parent.mkdir(parents=True)
    copy.write_text("\n".join(lines), encoding="utf-8")
    assert judge(recorded(script), root=tmp_path) == ()
    assert lint([copy], config.load(tmp_path)).findings == ()
