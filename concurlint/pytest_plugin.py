"""`pytest --concurlint-profile`: where the slowest tests spend their time, and what would make them faster."""

import os
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest

if TYPE_CHECKING:
    from concurlint.profiler import Report
    from concurlint.runtime.recorded import Window

_SLOWEST = 5
_BRIEFEST = 0.05
"""Seconds: of shorter tests ten looks or fewer were taken."""
_PAGE = "concurlint-profile.html"
_RUNNERS = ("_pytest", "pytest", "pluggy", "xdist", "execnet", "runpy", "importlib", "concurlint")
"""Packages whose calls around a test are no part of it."""
_ATTRIBUTE = "concurlint_window"
_START = pytest.StashKey[int]()
_OPTION = "--concurlint-profile"
_FORMS = ("text", "html")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options; without the first, nothing is measured."""
    group = parser.getgroup("concurlint")
    group.addoption(
        _OPTION,
        nargs="?",
        const="text",
        metavar="{text,html}",
        help=f"Tell where the slowest tests spend their time; `html` writes {_PAGE} too. Linux only.",
    )
    group.addoption(
        "--concurlint-slowest",
        type=int,
        default=_SLOWEST,
        metavar="N",
        help=f"How many tests are told of (default {_SLOWEST}).",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> None:
    """Without a form the option takes nothing: in `pytest --concurlint-profile tests` the folder is pytest's."""
    args[:] = [
        f"{_OPTION}=text" if arg == _OPTION and following not in _FORMS else arg
        for arg, following in zip(args, [*args[1:], ""], strict=True)
    ]


def pytest_configure(config: pytest.Config) -> None:
    """Measure, where that is asked for; a worker of pytest-xdist only says when its tests run."""
    form = config.getoption(_OPTION)
    if form not in (None, *_FORMS):
        raise pytest.UsageError(f"{_OPTION}: {form!r} is neither `text` nor `html`")
    if form is None or config.getoption("collectonly"):
        return
    if hasattr(config, "workerinput"):
        config.pluginmanager.register(Timing(), "concurlint-timing")
        return
    slowest = config.getoption("--concurlint-slowest")
    config.pluginmanager.register(Timing(), "concurlint-timing")
    config.pluginmanager.register(Measuring(config, form, slowest), "concurlint-measuring")


class Timing:
    """Writes onto the last report of each test when it ran, and where."""

    def pytest_sessionstart(self) -> None:
        """Where only ancestors may look into a process, it must give leave."""
        from concurlint.runtime.observing import allow_looking

        allow_looking()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """A test begins with its fixtures."""
        item.stash[_START] = time.monotonic_ns()
        return (yield)

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """And ends when they are put away."""
        report = yield
        if call.when == "teardown":
            setattr(report, _ATTRIBUTE, [item.stash[_START], time.monotonic_ns(), os.getpid()])
        return report


@dataclass(frozen=True, slots=True)
class Ran:
    """A test that has run: CLOCK_MONOTONIC in nanoseconds, and its process."""

    name: str
    start: int
    end: int
    pid: int

    @property
    def seconds(self) -> float:
        """How long it took, with its fixtures."""
        return (self.end - self.start) / 1e9


class Measuring:
    """Has the session looked at, and tells of its slowest tests at the end."""

    def __init__(self, config: pytest.Config, form: str, slowest: int) -> None:
        from concurlint.runtime.observing import Observer

        self._config = config
        self._form = form
        self._slowest = slowest
        self._observer = Observer()
        self._ran: list[Ran] = []
        self._page: str | None = None
        self._told: list[tuple[Ran, Report]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self) -> None:
        """Begin to look. Trouble ends the session: the figures were asked for."""
        from concurlint.trouble import UserError

        try:
            self._observer.start()
        except UserError as error:
            _refuse(str(error))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember when the test ran."""
        found = getattr(report, _ATTRIBUTE, None)
        if found is not None:
            self._ran.append(Ran(report.nodeid, *found))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """End, and judge the slowest tests."""
        from concurlint.judge import judge
        from concurlint.profiler import Report
        from concurlint.trouble import UserError

        if not self._ran:
            self._observer.close()
            return
        seen = (ran for ran in self._ran if ran.seconds >= _BRIEFEST)
        slowest = sorted(seen, key=lambda ran: -ran.seconds)[: self._slowest]
        try:
            session, *profiles = self._observer.stop(self._windows(slowest))
        except UserError as error:
            _refuse(str(error))
        root = self._config.rootpath
        self._told = [
            (ran, Report(profile, judge(profile, root=root))) for ran, profile in zip(slowest, profiles, strict=True)
        ]
        if self._form == "html":
            self._page = Report(session, judge(session, root=root)).to_html()

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Each of the slowest tests: how long, what its time went to, what to do."""
        if not self._ran:
            return
        terminalreporter.section("concurlint: where the slowest tests spend their time")
        if not self._told:
            terminalreporter.write_line("no test ran long enough to be seen")
        for ran, report in self._told:
            for line in told(ran, report):
                terminalreporter.write_line(line)
        if self._page is not None:
            from concurlint.report.saving import save

            path = self._config.invocation_params.dir / _PAGE
            save(path, self._page)
            terminalreporter.write_line(f"the whole session: {path}")

    def pytest_unconfigure(self) -> None:
        """Leave nobody looking, however the session ends."""
        self._observer.close()

    def _windows(self, slowest: Iterable[Ran]) -> "list[Window]":
        """The session, then each of the tests in its own process and what that has started."""
        from concurlint.runtime.recorded import Window

        hidden = runner_files()
        workers = {ran.pid for ran in self._ran}
        start, end = min(ran.start for ran in self._ran), max(ran.end for ran in self._ran)
        command = ("pytest", *map(str, self._config.invocation_params.args))
        others = {os.getpid(), *workers}
        return [
            Window(start, end, command, hidden),
            *(Window(ran.start, ran.end, (ran.name,), hidden, tuple(sorted(others - {ran.pid}))) for ran in slowest),
        ]


def told(ran: Ran, report: "Report") -> Iterable[str]:
    """What is said of one test."""
    from concurlint.report.profiled import wording
    from concurlint.report.profiled.text import parts
    from concurlint.report.text import place

    main = [thread for thread in report.profile.threads if thread.tid == thread.pid == ran.pid]
    states = main[0].states if main else {}
    others = len(report.profile.threads) - len(main)
    beside = f"; {others} more thread{'s' * (others != 1)}" if others else ""
    yield f"{wording.seconds(ran.seconds):>8}  {ran.name}"
    yield f"          {parts(states, sum(states.values()), most=4) or 'too short to be seen'}{beside}"
    for verdict in report.here():
        yield f"          {place(verdict.finding.span)}: {verdict.finding.code} {verdict.finding.message}"
        saved = wording.saves(*verdict.saves)
        yield f"            {verdict.instead or verdict.finding.help}" + (f" (saves {saved})" if saved else "")


def runner_files() -> tuple[str, ...]:
    """The files of all that runs tests, as far as they are loaded."""
    found = {
        path
        for name, module in list(sys.modules.items())
        if name.partition(".")[0] in _RUNNERS and isinstance(path := getattr(module, "__file__", None), str)
    }
    starters = {str(Path(sys.argv[0]).absolute()), "<frozen runpy>", "<frozen importlib._bootstrap>", "<string>"}
    return tuple(sorted(found | starters))


def _refuse(why: str) -> NoReturn:
    raise pytest.UsageError(f"--concurlint-profile: {why}")


__all__: Sequence[str] = ("pytest_addoption", "pytest_configure")
