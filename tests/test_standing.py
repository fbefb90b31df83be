"""An answer stands where only files have changed that nobody opened, and falls with anything that would open them."""

from pathlib import Path

import pytest

from concurlint.cache.place import NO_CACHE, Caching
from concurlint.config import Nearest
from concurlint.facts import parsing
from concurlint.facts.records import Parsed
from concurlint.linting import Result, lint
from concurlint.source import SourceFile

START = "threading.Thread(target=store.save).start()\n"
APP = "import threading\nimport store\n\n" + START + START
STORE = "COUNT = 0\n\n\ndef save():\n    global COUNT\n    COUNT += 1\n"
PLAIN = "import math\nimport store\n\n\ndef area(r):\n    return math.pi * r * r\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with a file that has nothing to do with threads."""
    for name, text in {"pyproject.toml": "", "app.py": APP, "store.py": STORE, "plain.py": PLAIN}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that are parsed from now on."""
    names: list[str] = []
    parse = parsing.parse

    def noted(source: SourceFile) -> Parsed:
        names.append(source.path.name)
        return parse(source)

    monkeypatch.setattr(parsing, "parse", noted)
    return names


def _told(result: Result) -> tuple[object, ...]:
    return (result.findings, dict(result.texts), result.files, result.troubles, result.notes, result.held_back)


def _check(home: Path) -> Result:
    """With a cache; the same as without one."""
    result = lint([home], Nearest(), cache=Caching())
    assert _told(result) == _told(lint([home], Nearest(), cache=NO_CACHE))
    return result


def test_a_change_in_a_file_that_nobody_opened_is_answered_without_parsing(home: Path, parsed: list[str]):
    first = _check(home)
    assert [finding.code for finding in first.findings] == ["CCL301"]
    assert "plain.py" not in parsed
    (home / "plain.py").write_text(PLAIN.replace("r * r", "r ** 2"), encoding="utf-8")
    parsed.clear()
    second = lint([home], Nearest(), cache=Caching())
    assert (second.findings, parsed) == (first.findings, [])


@pytest.mark.parametrize(
    "text",
    [
        PLAIN + "\n\nstore.save()\n",
        PLAIN + "\n\nimport threading\n\nthreading.Timer(1, area).start()\n",
        PLAIN + "\n\nfrom store import save\n\nsave()\n",
        PLAIN + "\n\ndef broken(:\n",
        PLAIN + "\n\nX = 1  # noqa: CCL301\n",
        PLAIN.replace("import store", "import app"),
    ],
    ids=["mentions", "starts", "imports", "breaks", "silences", "leads on"],
)
def test_a_change_that_matters_is_seen_and_so_is_its_undoing(home: Path, text: str):
    first = _check(home)
    (home / "plain.py").write_text(text, encoding="utf-8")
    _check(home)
    _check(home)
    (home / "plain.py").write_text(PLAIN + "\n", encoding="utf-8")
    assert _check(home).findings == first.findings
    (home / "store.py").write_text(STORE.replace("COUNT += 1", "return COUNT"), encoding="utf-8")
    assert _check(home).findings == ()


QUIET = "\n\ndef doubled(value):\n    return value.amount + value.amount\n"


def _answered(home: Path, asked: list[Path], parsed: list[str]) -> Result:
    """What a run with a cache says that reads no file; the same as one without a cache."""
    parsed.clear()
    result = lint(asked, Nearest(), cache=Caching())
    assert parsed == []
    assert _told(result) == _told(lint(asked, Nearest(), cache=NO_CACHE))
    return result


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# counts\n" + STORE, 7),
        (STORE.replace("    global", "    # of all\n\n    global"), 8),
        (STORE.replace("+= 1", "+= 1  # one more"), 6),
        (STORE + QUIET, 6),
        (STORE.replace("\n\n\ndef", QUIET + "\n\ndef"), 9),
    ],
    ids=["comment above", "comment inside", "comment behind", "function below", "function above"],
)
def test_a_quiet_edit_moves_what_was_found(home: Path, parsed: list[str], text: str, line: int):
    first = _check(home)
    (home / "store.py").write_text(text, encoding="utf-8")
    second = _answered(home, [home], parsed)
    assert [(f.code, f.message, f.span.line) for f in second.findings] == [
        (f.code, f.message, line) for f in first.findings
    ]


def test_who_asks_for_a_file_gets_what_was_found_there_when_all_were_asked_for(home: Path, parsed: list[str]):
    _check(home)
    (home / "store.py").write_text(STORE + QUIET, encoding="utf-8")
    found = {name: _answered(home, [home / name], parsed).findings for name in ("app.py", "store.py", "plain.py")}
    assert {name: [f.code for f in findings] for name, findings in found.items()} == {
        "app.py": [],
        "store.py": ["CCL301"],
        "plain.py": [],
    }


def test_who_asks_for_a_file_leaves_the_answer_for_those_who_ask_for_others(home: Path, parsed: list[str]):
    lint([home / "plain.py"], Nearest(), cache=Caching())
    (home / "plain.py").write_text("# circles\n" + PLAIN, encoding="utf-8")
    assert [f.code for f in _answered(home, [home / "store.py"], parsed).findings] == ["CCL301"]
    assert [f.code for f in _answered(home, [home], parsed).findings] == ["CCL301"]


@pytest.mark.parametrize(
    "used",
    ["store.doubled(1)", "x = app.amount", "x = getattr(app, 'amount')"],
    ids=["called", "read", "named in a string"],
)
def test_a_function_whose_words_others_have_is_looked_at(home: Path, parsed: list[str], used: str):
    (home / "app.py").write_text(f"{APP}{used}\n", encoding="utf-8")
    _check(home)
    (home / "store.py").write_text(STORE + QUIET, encoding="utf-8")
    parsed.clear()
    lint([home], Nearest(), cache=Caching())
    assert parsed == ["store.py"]
    _check(home)


def test_with_advice_a_file_is_looked_at_that_is_asked_for_alone(home: Path, parsed: list[str]):
    (home / "pyproject.toml").write_text("[tool.concurlint]\nadvice = true\n", encoding="utf-8")
    _check(home)
    _check(home / "plain.py")
    (home / "plain.py").write_text(PLAIN + QUIET, encoding="utf-8")
    _answered(home, [home], parsed)


def test_only_what_can_reach_a_file_is_parsed_to_answer_for_it(home: Path, parsed: list[str]):
    for name in ("other.py", "script.py"):
        (home / name).write_text(APP.replace("store", "elsewhere"), encoding="utf-8")
    (home / "elsewhere.py").write_text(STORE, encoding="utf-8")
    asked = lint([home / "app.py"], Nearest(), cache=NO_CACHE)
    assert (len(asked.findings), sorted(parsed)) == (0, ["app.py", "store.py"])
    whole = lint([home], Nearest(), cache=Caching())
    assert sorted(finding.span.path.rpartition("/")[2] for finding in whole.findings) == ["elsewhere.py", "store.py"]


def test_what_a_change_cannot_reach_is_answered_as_before(home: Path, parsed: list[str]):
    (home / "lone.py").write_text(f"import threading\n\n{STORE}\n\n{START.replace('store.', '')}", encoding="utf-8")
    before = _check(home)
    parsed.clear()
    (home / "lone.py").write_text(f"import threading\n\n{STORE}\n\n{START.replace('store.', '') * 2}", encoding="utf-8")
    after = lint([home], Nearest(), cache=Caching())
    assert parsed == ["lone.py"]
    assert _told(after) == _told(lint([home], Nearest(), cache=NO_CACHE))
    assert (len(before.findings), len(after.findings)) == (1, 2)
    (home / "lone.py").write_text("import store\n\nstore.save()\n", encoding="utf-8")
    assert _told(_check(home)) == _told(lint([home], Nearest(), cache=NO_CACHE))
