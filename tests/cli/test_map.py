"""`concurlint map`: text, JSON, a page, and one line for what cannot be done."""

import json
from pathlib import Path

import pytest

from concurlint.cli import main

APP = """\
import threading


class Counter:
    def __init__(self):
        self.lock = threading.Lock()
        self.total = 0

    def add(self):
        with self.lock:
            self.total += 1


counter = Counter()
threads = [threading.Thread(target=counter.add) for _ in range(4)]
for thread in threads:
    thread.start()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one file, which is the current folder."""
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_map_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "-j", "1"]) == 0
    printed = capsys.readouterr().out
    assert "guarded           app.Counter.total  app.py:7\n                  always under `Counter.lock`\n" in printed


def test_json_has_the_same_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "-j", "1", "--format", "json", "app.py"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["maps"]
    assert [(state["name"], state["mark"]) for state in told["states"]] == [("total", "guarded")]


def test_a_page_is_written_and_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "-j", "1", "--html", "map.html"]) == 0
    assert capsys.readouterr().err == "the map is in map.html\n"
    assert "Counter" in (folder / "map.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "nowhere"),
        ([""], "a path is empty"),
        (["--format", "yaml"], "'yaml' is not one of"),
        (["--html", "no/such/map.html"], "cannot write no/such/map.html"),
    ],
)
def test_trouble_is_one_line(arguments: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["map", "-j", "1", *arguments]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert says in lines[0]
