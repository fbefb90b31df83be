"""Real runs with their verdicts through every report."""

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jsonschema
import pytest
from rich.console import Console

from concurlint.judge import judge
from concurlint.profiling import read_sources
from concurlint.report import sarif
from concurlint.report.found import Found
from concurlint.report.profiled import html, speedscope, terminal, text, trace
from concurlint.report.profiled import json as as_json
from concurlint.runtime.profile import Profile
from concurlint.runtime.saved import from_json, load
from concurlint.verdicts.verdict import Verdict
from tests.report.profiled.browser import Browser, open_browser, why_not

WORKLOADS = Path(__file__).resolve().parents[3] / "fixtures" / "workloads"
RECORDED = ("asyncio_stalled", "computing_four", "exits_at_once", "lock", "pool_unbalanced", "short_threads")


@dataclass(frozen=True)
class Judged:
    """A recording, what is said of it, and its sources."""

    profile: Profile
    verdicts: tuple[Verdict, ...]
    texts: Mapping[str, str]


@cache
def judged(name: str) -> Judged:
    """The recording of a workload."""
    profile = load(WORKLOADS / "recorded" / f"{name}.json")
    return Judged(profile, judge(profile), read_sources(profile))


@pytest.mark.parametrize("name", RECORDED)
def test_machines_can_read_what_is_meant_for_them(name: str):
    of = judged(name)
    here = Path(__file__)
    jsonschema.validate(
        json.loads(speedscope.render(of.profile)), json.loads(here.with_name("speedscope.schema.json").read_text())
    )
    findings = [verdict.finding for verdict in of.verdicts]
    jsonschema.Draft4Validator(json.loads((here.parents[1] / "sarif-2.1.0.schema.json").read_text())).validate(
        json.loads(sarif.render(Found(findings)))
    )
    assert from_json(json.dumps(json.loads(as_json.render(of.profile, of.verdicts))["profile"])) == of.profile
    slices = [event for event in json.loads(trace.render(of.profile))["traceEvents"] if event["ph"] == "X"]
    assert len(slices) == sum(len(row.stretches) for row in of.profile.timeline)


@pytest.mark.parametrize("name", RECORDED)
def test_every_verdict_stands_in_every_report_for_people(name: str):
    of = judged(name)
    console = Console(file=io.StringIO(), width=100)
    for shown in (
        text.render(of.profile, of.verdicts, of.texts),
        terminal.render(of.profile, of.verdicts, of.texts, console),
        html.render(of.profile, of.verdicts, of.texts),
    ):
        assert [verdict.finding.code for verdict in of.verdicts if verdict.finding.code not in shown] == []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all recordings."""
    with open_browser() as opened:
        yield opened


@pytest.mark.slow
@pytest.mark.skipif(bool(why_not()), reason=why_not() or "it is there")
@pytest.mark.parametrize("name", RECORDED)
def test_their_pages_are_quiet_and_fit_a_phone(chromium: Browser, tmp_path: Path, name: str):
    of = judged(name)
    page = tmp_path / "report.html"
    page.write_text(html.render(of.profile, of.verdicts, of.texts), encoding="utf-8")
    chromium.show(page, width=360, height=740)
    assert chromium.run("return document.documentElement.scrollWidth") == 360
    if of.texts:
        unlinked = "return document.querySelectorAll('.card .where:not(:has(a))').length"
        assert chromium.run(unlinked) == 0
    assert chromium.complaints() == []
