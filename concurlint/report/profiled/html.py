"""A profile and its verdicts as one HTML page that needs no network."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from concurlint.finding import Finding
from concurlint.report.profiled import wording
from concurlint.report.profiled.cards import Anchors, make_cards
from concurlint.report.profiled.diff import diff_lines
from concurlint.report.profiled.flames import flame_table
from concurlint.report.profiled.lines import Excerpt, by_file, excerpt, hot_lines, judged_lines, own_paths
from concurlint.report.profiled.palette import BUSY, HOLDING, LOOKS, ORDER, ordered
from concurlint.report.profiled.paths import short_path, short_paths
from concurlint.report.profiled.tasks import tasks_of
from concurlint.report.profiled.threads import thread_names
from concurlint.report.profiled.timeline import drawn_rows, handover_numbers, numbers, segments, ticks_of
from concurlint.report.visible import visible
from concurlint.runtime.predict import effective_parallelism
from concurlint.runtime.profile import Profile, Seconds
from concurlint.runtime.samples import State
from concurlint.verdicts.verdict import Verdict
from concurlint.version import __version__

MOST_LINES = 60
MOST_TASKS = 40
_CHANGES = {"-": "goes", "+": "comes"}
_TICKED = re.compile(r"`([^`]+)`")
_PAGE = Path(__file__).parent / "page"


@dataclass(frozen=True, slots=True)
class _File:
    """One source file of the page; `anchor` starts the ids of its lines."""

    anchor: str
    path: str
    short: str
    seconds: Seconds
    rows: Sequence[Excerpt]
    known: bool


def render(
    profile: Profile,
    verdicts: Sequence[Verdict],
    texts: Mapping[str, str],
    beside: Sequence[tuple[Finding, str]] = (),
) -> str:
    """The whole page; `texts` maps paths as the profile has them to source text.

    `beside` are findings of the static side on hot lines, each with what was measured there.
    """
    files = _files(profile, verdicts, texts)
    anchors = {
        (file.path, row.number): (f"{file.anchor}-{row.number}", file.short) for file in files for row in file.rows
    }
    states = _total(profile)
    return _template().render(
        profile=profile,
        run=profile.run,
        title=wording.command(profile.run),
        tiles=_tiles(profile),
        states=states,
        whole=sum(states.values()),
        cards=make_cards(verdicts, Anchors(anchors)),
        beside=[(finding, Anchors(anchors).place(finding.span), says) for finding, says in beside],
        files=files,
        widest=max((row.hot.seconds for file in files for row in file.rows if row.hot), default=0.0),
        names=thread_names(profile.threads),
        rows=drawn_rows(profile),
        tasks=tasks_of(profile, MOST_TASKS),
        ticks=ticks_of(profile),
        data=_data(profile),
        version=__version__,
        css=Markup((_PAGE / "page.css").read_text(encoding="utf-8")),
        script=Markup((_PAGE / "page.js").read_text(encoding="utf-8")),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_PAGE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals.update(
        looks=LOOKS, order=ORDER, segments=segments, wording=wording, changes=_CHANGES, diff_lines=diff_lines
    )
    environment.filters.update(
        visible=visible, seconds=wording.seconds, share=wording.share, code=_code, ticked=_ticked, short=short_path
    )
    return environment.get_template("page.html.jinja")


def _code(line: str) -> str:
    """A line of source, its tabs spread so that columns stay in line."""
    return visible(line.expandtabs(4))


def _ticked(text: str) -> Markup:
    """Prose, what stands between backticks as code; everything in it escaped."""
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(_TICKED.split(text))
    )


def _total(profile: Profile) -> dict[State, Seconds]:
    return ordered({state: profile.seconds_in(state) for state in State})


def _files(profile: Profile, verdicts: Sequence[Verdict], texts: Mapping[str, str]) -> list[_File]:
    judged = judged_lines(verdicts, own_paths(profile, texts))
    files = by_file(hot_lines(profile, texts, most=MOST_LINES))
    for path in judged:
        if path in texts:
            files.setdefault(path, [])
    short = short_paths(files)
    return [
        _File(
            anchor=f"file{number}",
            path=path,
            short=short[path],
            seconds=sum(line.seconds for line in hot),
            rows=excerpt(hot, texts.get(path), judged.get(path, ()), around=2),
            known=path in texts,
        )
        for number, (path, hot) in enumerate(files.items(), start=1)
    ]


def _tiles(profile: Profile) -> list[tuple[str, str, str]]:
    """(what, how much, of what): the figures to see first."""
    run = profile.run
    held = max((_held(profile, pid) for pid in {thread.pid for thread in profile.threads}), default=0.0)
    several = len({thread.pid for thread in profile.threads}) > 1
    waited = profile.seconds_in(State.GIL_WAIT)
    computed = profile.seconds_in(*BUSY)
    return [
        ("Ran for", wording.seconds(run.seconds), f"{len(profile.threads)} threads seen"),
        ("Computed", f"{effective_parallelism(profile):.2f} cores", f"of {run.cores}: {wording.seconds(computed)} CPU"),
        (
            "GIL held",
            wording.share(wording.part(held, run.seconds)),
            "of the time, busiest process" if several else "of the time",
        ),
        ("Waited for the GIL", wording.seconds(waited), "all threads together"),
        ("GIL hand-overs", f"{run.switches:,.0f}/s", "counted by the interpreter"),
    ]


def _held(profile: Profile, pid: int) -> Seconds:
    return sum(thread.states.get(state, 0.0) for thread in profile.threads if thread.pid == pid for state in HOLDING)


def _data(profile: Profile) -> dict[str, Any]:
    """What the page's script works on; rows stand for threads by number."""
    threads = {(thread.pid, thread.tid): number for number, thread in enumerate(profile.threads)}
    names = thread_names(profile.threads)
    paths = {frame.path for stack in profile.stacks for frame in stack.frames}
    return {
        "seconds": profile.run.seconds,
        "ticks": ticks_of(profile),
        "states": [[state.value, LOOKS[state].label] for state in ORDER],
        "threads": names,
        "rows": [threads.get((row.pid, row.tid), -1) for row in profile.timeline],
        "stretches": numbers(profile),
        "handovers": handover_numbers(profile),
        **flame_table(profile, short_paths(paths)),
    }
