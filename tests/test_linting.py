"""The static run as a whole: what a result holds, and that one trouble costs nothing else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from concurlint import config
from concurlint.catalog.trouble import CatalogError
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level, Span
from concurlint.linting import Result, lint
from concurlint.registry import RULES
from concurlint.rule import Rule
from concurlint.source import SourceError
from tests.linked import Files, write

SHELL = "import os\n\n\ndef sh(command):\n    os.system(command)\n"
CALLER = "from shell import sh\n\n\ndef show(name):\n    sh('ls ' + name)\n"
NEEDLESS = "import subprocess\n\nsubprocess.run('ls -l', shell=True, check=True)\n"
RELIES = """\
import threading

jobs = []


def work():
    jobs.insert(0, 1)


for _ in range(4):
    threading.Thread(target=work).start()
"""
POOL = "from multiprocessing import Pool\n\npool = Pool()\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(here: Path, files: Files, *paths: str) -> Result:
    write(here, files)
    return lint([here / path for path in paths or (".",)], config.load(here))


def rows(result: Result) -> list[str]:
    return [f"{found.span.path}:{found.span.line} {found.code}" for found in result.findings]


def test_findings_come_in_the_order_of_files_lines_and_columns(here: Path):
    files = {"b.py": POOL + NEEDLESS, "a.py": NEEDLESS, "c/d.py": POOL}
    result = run(here, files)
    assert rows(result) == ["a.py:3 CCL402", "b.py:3 CCL101", "b.py:6 CCL402", "c/d.py:3 CCL101"]
    assert (result.files, result.troubles) == (3, ())
    assert result.seconds > 0


def test_two_runs_say_the_same(here: Path):
    files = {"b.py": POOL + NEEDLESS, "a.py": CALLER, "shell.py": SHELL}
    assert run(here, files).findings == run(here, files).findings


def test_a_file_asked_alone_knows_the_rest_of_its_project(here: Path):
    files = {"use.py": CALLER, "shell.py": SHELL, "other.py": NEEDLESS}
    result = run(here, files, "use.py")
    assert rows(result) == ["use.py:5 CCL401"]
    assert result.files == 1


def test_the_texts_are_those_of_the_files_that_findings_and_their_traces_name(here: Path):
    files = {"use.py": CALLER, "shell.py": SHELL, "other.py": "import os\n"}
    result = run(here, files, "use.py")
    assert result.texts == {"use.py": CALLER, "shell.py": SHELL}


def test_a_file_that_cannot_be_parsed_is_a_finding_and_the_others_are_checked(here: Path):
    write(here, {"a.py": "import os\n\n\ndef work(:\n", "b.py": NEEDLESS})
    (here / "c.py").write_bytes(b"name = '\xff'\n")
    result = lint([here], config.load(here))
    assert rows(result) == ["a.py:4 CCL001", "b.py:3 CCL402", "c.py:1 CCL001"]
    assert result.troubles == ()


def test_what_cannot_be_parsed_elsewhere_in_the_project_is_no_finding(here: Path):
    assert rows(run(here, {"a.py": "def work(:\n", "b.py": NEEDLESS}, "b.py")) == ["b.py:3 CCL402"]


def test_comments_silence_findings_and_those_that_silence_nothing_are_told(here: Path):
    loud = NEEDLESS.rstrip()
    files = {"a.py": f"{loud}  # noqa: CCL402\n", "b.py": f"{loud}  # noqa: CCL401\n", "c.py": f"{loud}  # noqa\n"}
    assert rows(run(here, files)) == ["b.py:3 CCL402", "b.py:3 CCL002"]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("", ["a.py:3 CCL402", "tests/b.py:3 CCL101"]),
        ('select = ["CCL4"]', ["a.py:3 CCL402"]),
        ('ignore = ["needless-shell"]', ["tests/b.py:3 CCL101"]),
        ('exclude = ["tests/"]', ["a.py:3 CCL402"]),
        ('per-file-ignores = { "tests/**" = ["CCL1"] }', ["a.py:3 CCL402"]),
    ],
)
def test_the_configuration_chooses_what_is_told(here: Path, table: str, expected: list[str]):
    write(here, {"a.py": NEEDLESS, "tests/b.py": POOL})
    (here / "pyproject.toml").write_text(f"[tool.concurlint]\n{table}\n", encoding="utf-8")
    assert rows(lint([here], config.load(here))) == expected


def test_what_calls_of_other_libraries_do_can_be_stated(here: Path):
    write(here, {"a.py": "import ourlib\n\n\nasync def f():\n    ourlib.fetch()\n"})
    assert rows(lint([here], config.load(here))) == []
    table = '[tool.concurlint.calls]\n"ourlib.fetch" = { effect = "block_net" }\n'
    (here / "pyproject.toml").write_text(table, encoding="utf-8")
    assert rows(lint([here], config.load(here))) == ["a.py:5 CCL501"]


def test_an_effect_that_does_not_exist_is_refused(here: Path):
    write(here, {"a.py": "import os\n"})
    (here / "pyproject.toml").write_text(
        '[tool.concurlint.calls]\n"ourlib.fetch" = { effect = "wait" }\n', encoding="utf-8"
    )
    with pytest.raises((CatalogError, config.ConfigError), match="wait"):
        lint([here], config.load(here))


def test_a_path_that_does_not_exist_is_refused(here: Path):
    with pytest.raises(SourceError):
        lint([here / "nowhere.py"], config.load(here))


def test_a_folder_without_python_has_nothing_to_tell(here: Path):
    result = run(here, {"read.me": ""})
    assert (result.findings, result.files, result.troubles, result.texts) == ((), 0, (), {})


def test_each_file_is_checked_as_its_own_settings_say(here: Path):
    files = {
        "concurlint.toml": 'ignore = ["CCL402"]\n',
        "a.py": POOL + NEEDLESS,
        "one/concurlint.toml": 'select = ["CCL402"]\n',
        "one/b.py": POOL + NEEDLESS,
        "two/c.py": POOL + NEEDLESS,
    }
    write(here, files)
    expected = ["a.py:3 CCL101", "one/b.py:6 CCL402", "two/c.py:3 CCL101"]
    assert rows(lint([here], config.Nearest())) == expected
    assert rows(lint([here / "two", here / "one"], config.Nearest())) == expected[1:]


def test_projects_with_other_targets_are_seen_as_a_whole_and_each_judged_by_its_own(here: Path):
    files = {
        "lib/pyproject.toml": '[project]\nrequires-python = ">=3.9"\n',
        "lib/shell.py": SHELL,
        "app/pyproject.toml": '[project]\nrequires-python = ">=3.14"\n[tool.concurlint]\ntarget-free-threaded = true\n',
        "app/show.py": CALLER,
        "app/shared.py": RELIES,
        "lib/shared.py": RELIES,
    }
    write(here, files)
    result = lint([here / "lib", here / "app"], config.Nearest())
    assert rows(result) == ["app/shared.py:7 CCL701", "app/show.py:5 CCL401"]
    assert result.files == 4


def test_an_unused_comment_is_judged_by_the_settings_of_its_file(here: Path):
    clean = "import os\n\nx = 1  # noqa: CCL402\n"
    files = {"a.py": clean, "one/concurlint.toml": 'ignore = ["CCL402"]\n', "one/b.py": clean}
    write(here, files)
    assert rows(lint([here], config.Nearest())) == ["a.py:3 CCL002"]


def test_a_path_without_python_is_noted(here: Path):
    (here / "empty").mkdir()
    result = run(here, {"a.py": NEEDLESS}, "empty", "a.py")
    assert result.notes == (f"no Python files to check under {here / 'empty'}",)
    assert rows(result) == ["a.py:3 CCL402"]


# Broken rules: the one place where a piece of our own is replaced.


def rule_of(code: str) -> Rule[Program]:
    return next(rule for rule in RULES if rule.code == code)


def broken(monkeypatch: pytest.MonkeyPatch, code: str, check: object) -> None:
    rule = rule_of(code)
    monkeypatch.setattr(rule, "_check", check)


def test_a_bug_in_one_rule_is_told_with_its_name_and_loses_no_finding_of_the_others(
    here: Path, monkeypatch: pytest.MonkeyPatch
):
    def fails(program: Program) -> Iterator[Finding]:
        raise KeyError("oops")

    broken(monkeypatch, "CCL101", fails)
    result = run(here, {"a.py": POOL, "b.py": NEEDLESS, "c.py": "def work(:\n"})
    assert rows(result) == ["b.py:3 CCL402", "c.py:1 CCL001"]
    assert result.troubles == ("CCL101 process-outside-main-guard failed (KeyError: 'oops'); please report it",)


def test_what_a_rule_has_found_before_it_broke_is_kept(here: Path, monkeypatch: pytest.MonkeyPatch):
    rule = rule_of("CCL101")

    def fails_later(program: Program) -> Iterator[Finding]:
        yield rule.finding(Span("a.py", 3, 1, 3, 2), "found in time", help="none")
        raise ValueError("too late")

    broken(monkeypatch, "CCL101", fails_later)
    result = run(here, {"a.py": POOL})
    assert rows(result) == ["a.py:3 CCL101"]
    assert len(result.troubles) == 1


def test_a_rule_that_breaks_on_one_file_is_told_with_it_and_goes_on_with_the_others(
    here: Path, monkeypatch: pytest.MonkeyPatch
):
    rule = rule_of("CCL402")
    check = rule._check
    assert check is not None

    def fails_on_a(program: Program) -> Iterator[Finding]:
        for code in program.graph.edges:
            assert code.module.name != "a", "cannot stand it"
        yield from check(program)

    broken(monkeypatch, "CCL402", fails_on_a)
    result = run(here, {"a.py": NEEDLESS, "b.py": NEEDLESS, "c.py": POOL})
    assert rows(result) == ["b.py:3 CCL402", "c.py:3 CCL101"]
    assert len(result.troubles) == 1
    assert result.troubles[0].startswith("a.py: CCL402 needless-shell failed (AssertionError: cannot stand it")


def test_every_rule_may_break_and_the_run_still_ends(here: Path, monkeypatch: pytest.MonkeyPatch):
    def fails(program: Program) -> Iterator[Finding]:
        raise RecursionError

    for rule in RULES:
        broken(monkeypatch, rule.code, fails)
    result = run(here, {"a.py": POOL, "b.py": "def work(:\n"})
    assert rows(result) == ["b.py:1 CCL001"]
    assert [trouble.split()[0] for trouble in result.troubles] == [
        rule.code for rule in RULES if rule.worst is not Level.ADVICE and not rule.code.startswith("CCL7")
    ]


def test_a_file_that_only_python_reads_is_skipped_with_a_note(tmp_path: Path) -> None:
    text = (
        "import threading\nthreading.Thread(target=print).start()\n\n\nclass A(metaclass=type, *[object]):\n    pass\n"
    )
    (tmp_path / "a.py").write_text(text)
    result = lint([tmp_path / "a.py"], config.Config(root=tmp_path))
    assert result.findings == ()
    assert [note.rpartition("/")[2] for note in result.notes] == [
        "a.py was skipped: Python reads it, concurlint's parser does not"
    ]


def test_a_program_nested_deeper_than_the_stack_allows_is_checked(tmp_path: Path) -> None:
    text = "import subprocess\nsubprocess.run('ls', shell=True)\n" + "x = " + "+".join(["a"] * 600) + "\n"
    (tmp_path / "a.py").write_text(text)
    result = lint([tmp_path / "a.py"], config.Config(root=tmp_path))
    assert ([finding.code for finding in result.findings], result.troubles, result.notes) == (["CCL402"], (), ())
