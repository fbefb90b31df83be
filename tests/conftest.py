"""What several test modules share: linting an example once, and saying what came out."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from concurlint import config
from concurlint.finding import Finding
from concurlint.linting import Result, lint
from tests.pages import Example, Said, write_example

MOST_RERUNS = 2
"""A measurement on a shared machine may be spoilt by others: it is repeated before it counts as wrong."""

LintExample = Callable[[Example], Result]
LintFolder = Callable[[Path], Result]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Have live tests repeated when they fail."""
    for item in items:
        if item.get_closest_marker("live") is not None:
            item.add_marker(pytest.mark.flaky(reruns=MOST_RERUNS, reruns_delay=1))


@pytest.fixture(scope="session", autouse=True)
def state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The last runs of whoever runs the tests stay what they are, and nothing of theirs is looked at."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


def lint_here(folder: Path) -> Result:
    """Lint `folder` from inside, so that paths are reported as its own markers name them."""
    with contextlib.chdir(folder):
        return lint([folder], config.load(folder))


def said(findings: Sequence[Finding]) -> list[Said]:
    """Findings as `tests.pages.differences` compares them."""
    return [Said(f.span.path, f.span.line, f.span.column, f.code, f.message) for f in findings]


@pytest.fixture(scope="session")
def lint_folder() -> LintFolder:
    """A function that lints one folder from inside."""
    return lint_here


@pytest.fixture(scope="session")
def lint_example(tmp_path_factory: pytest.TempPathFactory) -> LintExample:
    """A function that lints one example of a page; asked twice, it runs once."""
    results: dict[tuple[tuple[str, str], ...], Result] = {}

    def run(example: Example) -> Result:
        if example.content not in results:
            folder = tmp_path_factory.mktemp(example.code)
            write_example(example, folder)
            results[example.content] = lint_here(folder)
        return results[example.content]

    return run
