"""Expressions written out again: as they stood, or not at all; and the line of an executor made of them."""

from pathlib import Path

import pytest

from concurlint.config import load
from concurlint.facts.unparse import written
from concurlint.linting import lint
from tests.linked import link

PLAIN = ["a", "self.items", "range(1, n + 1)", "rows[0]", "f(x, key=None)", "(a, b)", "(a,)", "[1, 'two']", "g(x).y"]
OTHER = ["a[1:2]", "lambda: 0", "f(*a)", "a if b else c", "1 + 2 + 3", "f'{a}'", "[]"]

WORK = """
import time
from threading import Thread


def load(page, tries=1):
    time.sleep(page)


def load_all(pages, sizes):
    threads = []
{making}
            threads.append(thread)
            thread.start()
    for thread in threads:
        thread.join()
"""


def rewritten(text: str, folder: Path) -> str:
    linked = link(folder, {"app.py": f"here = {text}\n"})
    return written(linked.module("app").body.scope.bindings["here"][0].value)


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_plain_is_written_as_it_stood(text: str, tmp_path: Path) -> None:
    assert rewritten(text, tmp_path) == text


@pytest.mark.parametrize("text", OTHER)
def test_what_is_not_plain_is_not_written(text: str, tmp_path: Path) -> None:
    assert rewritten(text, tmp_path) == ""


@pytest.mark.parametrize(
    ("making", "line"),
    [
        (
            ["for page in pages:", "    if True:", "        thread = Thread(target=load, args=(page,))"],
            "pool.submit(load, …)",
        ),
        (
            ["if pages:", "    for page in pages:", "        thread = Thread(target=load, args=(page,))"],
            "results = list(pool.map(load, pages))",
        ),
        (
            ["if pages:", "    for page in pages:", "        thread = Thread(target=load, args=(page, 3))"],
            "futures = [pool.submit(load, page, 3) for page in pages]",
        ),
        (
            ["for page in pages:", "    for n in sizes:", "        thread = Thread(target=load, args=(page, n))"],
            "pool.submit(load, …)",
        ),
        (
            ["if pages:", "    for page in pages:", "        n = page + 1; thread = Thread(target=load, args=(n,))"],
            "pool.submit(load, …)",
        ),
    ],
)
def test_the_help_shows_the_executor_with_their_own_names(making: list[str], line: str, tmp_path: Path) -> None:
    text = WORK.format(making="\n".join(f"    {each}" for each in making))
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    found = lint([tmp_path], load(tmp_path, select=("CCL601",))).findings
    assert [finding.code for finding in found] == ["CCL601"]
    assert found[0].help.startswith(f"`with ThreadPoolExecutor(max_workers=…) as pool: {line}`")
