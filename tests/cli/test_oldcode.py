"""`check` on code that was there before: baseline, comments, and only what a change brought about."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from concurlint.cli import main
from tests.linked import write

WRAPPER = "import os\n\n\ndef sh(command):\n    os.system({command})\n"
FILES = {
    "pyproject.toml": '[project]\nname = "x"\n',
    "wrap.py": WRAPPER.replace("{command}", '"ls | wc"'),
    "use.py": "from wrap import sh\n\n\ndef show(name):\n    sh('ls ' + name)\n",
    "old.py": "import subprocess\n\nsubprocess.run('ls -l', shell=True, check=True)\n",
}
Run = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one finding from old times, the current folder."""
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    write(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command: status, findings on one line each, lines on standard error."""

    def run(*arguments: str) -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        status = main(["check", "--format", "concise", *arguments])
        out, err = capsys.readouterr()
        return status, [" ".join(line.split()[:2]) for line in out.splitlines()], err.splitlines()

    return run


def replaced(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_baseline_hides_what_was_there_and_tells_what_is_gone(folder: Path, run: Run):
    assert run("--baseline", "known.json", "--update-baseline") == (0, [], ["known.json: 1 finding"])
    assert run("--baseline", "known.json") == (0, [], ["no findings in 3 files (1 known)"])
    replaced(folder / "old.py", "import subprocess\n", "import subprocess\n\n# moved\n")
    (folder / "new.py").write_text(FILES["old.py"].replace("-l", "-a"), encoding="utf-8")
    assert run("--baseline", "known.json") == (1, ["new.py:3:1: CCL402"], ["1 warning in 4 files (1 known)"])
    (folder / "old.py").write_text("", encoding="utf-8")
    gone = "warning: known.json: CCL402 in old.py is gone; --update-baseline takes it out"
    assert run("--baseline", "known.json") == (1, ["new.py:3:1: CCL402"], [gone, "1 warning in 4 files"])
    assert run("use.py", "--baseline", "known.json") == (0, [], ["no findings in 1 file"])
    assert run("--baseline", "known.json", "--update-baseline")[2] == ["known.json: 1 finding, 1 taken out"]
    assert [entry["path"] for entry in json.loads((folder / "known.json").read_text())["findings"]] == ["new.py"]


def test_the_table_may_name_the_baseline_and_each_folder_its_own(folder: Path, run: Run):
    (folder / "concurlint.toml").write_text('baseline = "known.json"\n', encoding="utf-8")
    (folder / "sub").mkdir()
    (folder / "sub" / "concurlint.toml").write_text('baseline = "own.json"\n', encoding="utf-8")
    (folder / "sub" / "a.py").write_text(FILES["old.py"], encoding="utf-8")
    status, _, err = run()
    missing = f"concurlint: {folder / 'known.json'}: no such baseline; make it with --update-baseline"
    assert (status, err) == (2, [missing])
    assert run("--update-baseline")[2] == ["known.json: 1 finding", "own.json: 1 finding"]
    assert run() == (0, [], ["no findings in 4 files (2 known)"])
    assert run("--baseline", "") == (1, ["old.py:3:1: CCL402", "sub/a.py:3:1: CCL402"], ["2 warnings in 4 files"])


def test_comments_silence_each_finding_and_keep_the_file_as_it_is(folder: Path, run: Run):
    text = f"# coding: latin-1\n{FILES['old.py']}".replace("\n", "\r\n").rstrip() + "  # wäre"
    (folder / "a.py").write_bytes(text.encode("latin-1"))
    (folder / "b.py").write_text("def (:\n", encoding="utf-8")
    status, _, err = run("a.py", "b.py", "--add-noqa", "--reason", "as old as the hills")
    assert (status, err) == (
        0,
        ["warning: b.py:1: no comment can silence CCL001 here", "added 1 comment in 1 file"],
    )
    assert (folder / "a.py").read_bytes() == f"{text}  # noqa: CCL402 - as old as the hills".encode("latin-1")
    assert run("a.py") == (0, [], ["no findings in 1 file"])


@pytest.fixture
def git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """git in the project, whose files are committed."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)

    def git(*arguments: str) -> None:
        who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    git("init", "-q")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    return git


def test_only_what_a_change_brought_about_is_told_also_far_away(folder: Path, run: Run, git: Callable[..., None]):
    assert run("--diff", "HEAD") == (0, [], ["no findings in 3 files"])
    replaced(folder / "wrap.py", '"ls | wc"', "command")
    replaced(folder / "old.py", "import subprocess\n", "import subprocess\n\n# moved\n")
    git("mv", "use.py", "user.py")
    assert run("--diff", "HEAD") == (1, ["user.py:5:5: CCL401"], ["1 error in 3 files"])
    assert run("--diff", "HEAD", "user.py", "old.py") == (1, ["user.py:5:5: CCL401"], ["1 error in 2 files"])
    git("add", "-A")
    git("commit", "-q", "-m", "y")
    assert run("--diff", "HEAD") == (0, [], ["no findings in 3 files"])
    assert run("--diff", "HEAD~1")[1] == ["user.py:5:5: CCL401"]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--update-baseline"], "no baseline is named"),
        (["--reason", "x"], "--reason is for the comments of --add-noqa"),
        (["--baseline", "b.json", "--update-baseline", "--diff", "HEAD"], "--update-baseline is for all"),
        (["--diff", "none"], "`none` is no revision"),
        (["--baseline", "pyproject.toml"], "is no baseline"),
    ],
)
def test_what_cannot_be_is_told_in_one_line(run: Run, git: Callable[..., None], arguments: list[str], part: str):
    status, out, err = run(*arguments)
    assert (status, out, len(err)) == (2, [], 1)
    assert part in err[0]


def test_fix_mends_what_it_can_and_tells_the_rest(folder: Path, run: Run):
    replaced(folder / "wrap.py", '"ls | wc"', "command")
    status, found, told = run("--fix", ".")
    assert (status, found) == (1, ["use.py:5:5: CCL401"])
    assert told[0] == "1 error in 3 files"
    assert told[-1] == "mended 1 finding in 1 file: CCL402 1"
    text = "import subprocess\n\nsubprocess.run(['ls', '-l'], check=True)\n".replace("'", '"')
    assert (folder / "old.py").read_text(encoding="utf-8") == text
    assert run("--fix", "old.py") == (0, [], ["no findings in 1 file"])


def test_fix_diff_shows_what_fix_would_change_and_changes_nothing(folder: Path, capsys: pytest.CaptureFixture[str]):
    before = (folder / "old.py").read_text(encoding="utf-8")
    assert main(["check", "--fix-diff", "old.py"]) == 1
    out, err = capsys.readouterr()
    assert (folder / "old.py").read_text(encoding="utf-8") == before
    assert err == "would mend 1 finding in 1 file: CCL402 1\n"
    patched = subprocess.run(["git", "apply", "-"], input=out, text=True, check=False, capture_output=True)
    assert patched.stderr == ""
    assert main(["check", "--fix-diff", "old.py"]) == 0
    assert capsys.readouterr() == ("", "nothing would be mended\n")


def test_a_mended_file_can_count_as_a_fault(folder: Path, run: Run):
    assert run("--fix", "--exit-non-zero-on-fix", "old.py")[0] == 1
    assert run("--fix", "--exit-non-zero-on-fix", "old.py")[0] == 0


def test_what_comes_through_standard_input_goes_mended_to_standard_output(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
):
    with (folder / "old.py").open() as given:
        monkeypatch.setattr("sys.stdin", given)
        assert main(["check", "--fix", "-"]) == 0
    out, err = capfdbinary.readouterr()
    assert out == b'import subprocess\n\nsubprocess.run(["ls", "-l"], check=True)\n'
    assert err == b"mended 1 finding in 1 file: CCL402 1\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--fix", "--diff", "HEAD"), "--fix and --diff are for two runs"),
        (("--fix", "--fix-diff"), "--fix changes files, --fix-diff shows what it would change: ask for one"),
        (("--exit-non-zero-on-fix",), "--exit-non-zero-on-fix is for --fix"),
    ],
)
def test_options_that_do_not_go_with_fix_are_refused(arguments: tuple[str, ...], says: str, run: Run):
    status, _, told = run(*arguments)
    assert (status, told) == (2, [f"concurlint: {says} (see `concurlint check --help`)"])
