"""Through the front door: what is printed where, and exit codes 0 clean, 1 findings, 2 trouble."""

import contextlib
import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import jsonschema
import pytest

from concurlint import __version__
from concurlint.cli import main
from concurlint.cli.checking import exit_status
from concurlint.finding import Level
from concurlint.linting import Result
from concurlint.registry import CATALOGUE
from tests.pages import ROOT
from tests.report.made import ADVICE, SHELL, WRITE
from tests.report.test_json import SCHEMA

CLEAN = "import subprocess\n\nsubprocess.run(['ls'], check=True)\n"
SHELL_CALL = "import subprocess\n\n\ndef show(name):\n    subprocess.run('ls ' + name, shell=True, check=True)\n"
NEEDLESS = "import subprocess\n\nsubprocess.run('ls -l', shell=True, check=True)\n"
BROKEN = "def broken(:\n    pass\n"


@dataclass(frozen=True)
class Done:
    """What a run of the command left behind."""

    status: int
    out: str
    err: str


Run = Callable[..., Done]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own, the current folder; nothing in the environment asks for colours."""
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS", "CONCURLINT_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """A function that runs the command in this process."""

    def run(*arguments: str) -> Done:
        capsys.readouterr()
        status = main(arguments)
        return Done(status, *capsys.readouterr())

    return run


def write(folder: Path, **files: str) -> None:
    """Python files by their stems."""
    for stem, text in files.items():
        (folder / f"{stem}.py").write_text(text, encoding="utf-8")


def start(
    folder: Path, *arguments: str, package: Path = ROOT, **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run the command in a process of its own; `package` is the checkout it is taken from."""
    env = {**os.environ, "PYTHONPATH": str(package), **environment}
    command = [sys.executable, "-m", "concurlint", *arguments]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, check=False)


def on_terminal(folder: Path, *arguments: str, **environment: str) -> tuple[int, str]:
    """Run the command on a terminal of 80 columns: exit status, and what was on the screen."""
    leader, follower = pty.openpty()
    env = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "80", "TERM": "xterm", **environment}
    command = [sys.executable, "-m", "concurlint", *arguments]
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=follower, stderr=follower)
    os.close(follower)
    chunks = []
    try:
        while chunk := os.read(leader, 65536):
            chunks.append(chunk)
    except OSError:  # how Linux says that nobody writes any more
        pass
    os.close(leader)
    return process.wait(), b"".join(chunks).decode().replace("\r\n", "\n")


def is_one_line(done: Done) -> bool:
    """Whether the run said nothing but one line about its trouble."""
    return done.status == 2 and done.out == "" and done.err.startswith("concurlint: ") and done.err.count("\n") == 1


# Findings


def test_clean_code_prints_nothing_and_exits_0(folder: Path, run: Run):
    write(folder, a=CLEAN)
    assert run("check", "a.py") == Done(0, "", "no findings in 1 file\n")


def test_findings_are_plain_lines_and_exit_1(folder: Path, run: Run):
    write(folder, a=NEEDLESS, b=CLEAN)
    done = run("check", ".")
    assert done.status == 1
    assert done.out.splitlines()[0].startswith("a.py:3:1: CCL402 `ls -l` ")
    assert done.out.splitlines()[1].startswith("    help: ")
    assert done.err == "1 warning in 2 files\n"


def test_no_path_is_the_current_folder(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    assert run("check") == run("check", ".")


def test_several_paths_are_reported_and_nothing_else(folder: Path, run: Run):
    write(folder, a=NEEDLESS, b=NEEDLESS, c=NEEDLESS)
    out = run("check", "a.py", str(folder / "c.py")).out
    assert [line.partition(":")[0] for line in out.splitlines() if line[0] != " "] == ["a.py", "c.py"]


def test_one_file_is_checked_with_the_rest_of_its_project(folder: Path, run: Run):
    write(folder, shell="import os\n\n\ndef sh(command):\n    os.system(command)\n")
    write(folder, use="from shell import sh\n\n\ndef show(name):\n    sh('ls ' + name)\n")
    done = run("check", "use.py")
    assert done.out.startswith("use.py:5:5: CCL401 ")
    assert "\n    shell.py:5:5: " in done.out


def test_exit_zero_hides_the_findings_from_the_exit_code_alone(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    assert run("check", "--exit-zero") == replace(run("check"), status=0)


def test_a_file_that_cannot_be_parsed_is_a_finding_and_the_others_are_checked(folder: Path, run: Run):
    write(folder, a=BROKEN, b=NEEDLESS)
    done = run("check")
    codes = [line.split()[1] for line in done.out.splitlines() if line[0] != " "]
    assert (done.status, codes) == (1, ["CCL001", "CCL402"])


def test_comments_silence_findings(folder: Path, run: Run):
    write(folder, a=NEEDLESS.replace("True)\n", "True)  # noqa: CCL402\n"))
    assert run("check") == Done(0, "", "no findings in 1 file\n")


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ((), ["CCL401", "CCL402"]),
        (("--select", "CCL401"), ["CCL401"]),
        (("--select", "CCL4"), ["CCL401", "CCL402"]),
        (("--select", "ccl402"), ["CCL402"]),
        (("--select", "CCL3,CCL402"), ["CCL402"]),
        (("--select", "CCL3", "--select", "CCL402,CCL401"), ["CCL401", "CCL402"]),
        (("--select", "needless-shell"), ["CCL402"]),
        (("--ignore", "CCL401"), ["CCL402"]),
        (("--ignore", "CCL401,shell-string-command", "--ignore", "needless-shell"), []),
        (("--select", "CCL4", "--ignore", "CCL402"), ["CCL401"]),
    ],
)
def test_codes_choose_the_rules(folder: Path, run: Run, options: tuple[str, ...], codes: list[str]):
    write(folder, a=SHELL_CALL, b=NEEDLESS)
    done = run("check", *options)
    assert [line.split()[1] for line in done.out.splitlines() if line[0] != " "] == codes
    assert done.status == bool(codes)


def test_the_table_of_the_project_counts(folder: Path, run: Run):
    write(folder, a=SHELL_CALL, b=NEEDLESS)
    (folder / "pyproject.toml").write_text('[tool.concurlint]\nignore = ["CCL401"]\n', encoding="utf-8")
    assert run("check").err == "1 warning in 2 files\n"


def test_statistics_are_shown_instead_of_the_findings(folder: Path, run: Run):
    write(folder, a=NEEDLESS * 2, b=SHELL_CALL)
    done = run("check", "--statistics")
    assert done == Done(
        1, "2 CCL402 needless-shell\n1 CCL401 shell-string-command\n", "1 error, 2 warnings in 2 files\n"
    )
    counts = json.loads(run("check", "--statistics", "--format", "json").out)
    assert [(row["code"], row["count"]) for row in counts] == [("CCL402", 2), ("CCL401", 1)]


def test_each_folder_of_a_monorepo_has_its_settings(folder: Path, run: Run):
    for name, table in (("one", 'ignore = ["CCL402"]'), ("two", "")):
        (folder / name).mkdir()
        write(folder / name, a=NEEDLESS, b=SHELL_CALL)
        (folder / name / "concurlint.toml").write_text(table, encoding="utf-8")
    for paths in (("one", "two"), (".",)):
        out = run("check", *paths, "--format", "concise").out
        assert [line.split()[:2] for line in out.splitlines()] == [
            ["one/b.py:5:5:", "CCL401"],
            ["two/a.py:3:1:", "CCL402"],
            ["two/b.py:5:5:", "CCL401"],
        ]


def test_files_are_listed_instead_of_checked(folder: Path, run: Run):
    write(folder, a=BROKEN, b=NEEDLESS)
    assert run("check", "--show-files", "--exclude", "b.py") == Done(0, "a.py\n", "")


def test_settings_are_shown_with_where_they_come_from(folder: Path, run: Run):
    write(folder, a=CLEAN, b=CLEAN)
    (folder / "pyproject.toml").write_text(
        '[project]\nrequires-python = ">=3.10"\n[tool.concurlint]\nignore = ["CCL303"]\n', encoding="utf-8"
    )
    done = run("check", "--show-settings", "--extend-ignore", "ccl304", "--config", "advice=true")
    assert (done.status, done.err) == (0, "")
    lines = [re.sub(" +#", " #", line) for line in done.out.splitlines()]
    assert lines[0] == "# a.py and 1 more"
    assert [line for line in lines[1:] if not line.endswith("# default")] == [
        'ignore = ["CCL303", "CCL304"] # pyproject.toml, the command line',
        "advice = true # --config",
        'target-python = "3.10" # pyproject.toml: requires-python',
    ]
    assert tomllib.loads(done.out)["target-python"] == "3.10"


def test_another_file_or_none_may_be_the_configuration(folder: Path, run: Run):
    write(folder, a=NEEDLESS, b=SHELL_CALL)
    (folder / "pyproject.toml").write_text('[tool.concurlint]\nignore = ["CCL401"]\n', encoding="utf-8")
    (folder / "ci.toml").write_text('ignore = ["CCL402"]\n', encoding="utf-8")
    assert run("check", "--config", "ci.toml").err == "1 error in 2 files\n"
    assert run("check", "--isolated").err == "1 error, 1 warning in 2 files\n"
    assert run("check", "--isolated", "--config", 'ignore = ["CCL4"]').err == "no findings in 2 files\n"


def test_a_path_without_python_is_warned_of(folder: Path, run: Run):
    (folder / "empty").mkdir()
    done = run("check", "empty")
    assert done == Done(0, "", "warning: no Python files to check under empty\nno findings in 0 files\n")


# Exit status


@pytest.mark.parametrize(
    ("findings", "troubles", "status", "with_exit_zero"),
    [
        ((), (), 0, 0),
        ((ADVICE,), (), 0, 0),
        ((ADVICE, WRITE), (), 1, 0),
        ((SHELL,), (), 1, 0),
        ((), ("CCL301 failed",), 2, 2),
        ((SHELL,), ("CCL301 failed",), 2, 2),
    ],
)
def test_the_exit_status_tells_findings_and_trouble(findings, troubles, status, with_exit_zero):
    result = Result(findings=findings, files=1, seconds=0.0, troubles=troubles, texts={})
    assert {finding.level for finding in findings} <= set(Level)
    assert exit_status(result) == status
    assert exit_status(result, exit_zero=True) == with_exit_zero


# JSON


def test_json_keeps_the_schema_and_says_what_the_text_says(folder: Path, run: Run):
    write(folder, a=SHELL_CALL, b=NEEDLESS, c=BROKEN)
    done = run("check", "--format", "json")
    document = json.loads(done.out)
    jsonschema.validate(document, SCHEMA)
    lines = [f"{f['path']}:{f['line']}:{f['column']}: {f['code']} {f['message']}" for f in document["findings"]]
    assert lines == [line for line in run("check").out.splitlines() if line[0] != " "]
    assert done.err == ""
    assert {**document["summary"], "seconds": 0} == {
        "files": 3,
        "errors": 2,
        "warnings": 1,
        "advice": 0,
        "seconds": 0,
    }


def test_json_of_clean_code_is_a_document_too(folder: Path, run: Run):
    write(folder, a=CLEAN)
    done = run("check", "--format", "json")
    jsonschema.validate(json.loads(done.out), SCHEMA)
    assert done.status == 0


# Output files


def test_a_report_goes_to_a_file_and_the_summary_to_standard_error(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    plain = run("check")
    assert run("check", "--output", "report.txt") == Done(1, "", "1 warning in 1 file\n")
    assert (folder / "report.txt").read_text(encoding="utf-8") == plain.out
    assert run("check", "--output", "-") == plain


def test_json_goes_to_a_file_too(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    assert run("check", "--format", "json", "--output", "report.json").out == ""
    jsonschema.validate(json.loads((folder / "report.json").read_text(encoding="utf-8")), SCHEMA)


def test_several_reports_go_to_a_file_each(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    plain = run("check")
    done = run("check", "--format", "sarif:out.sarif", "--format", "junit:out.xml", "--format", "text")
    assert done == plain
    log = json.loads((folder / "out.sarif").read_text(encoding="utf-8"))
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["CCL402"]
    assert "CCL402" in (folder / "out.xml").read_text(encoding="utf-8")


def test_reports_for_files_alone_leave_standard_output_empty(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    assert run("check", "--format", "sarif:out.sarif", "--output-format", "gitlab", "-o", "quality.json") == Done(
        1, "", "1 warning in 1 file\n"
    )
    assert [issue["check_name"] for issue in json.loads((folder / "quality.json").read_text())] == ["CCL402"]


@pytest.mark.parametrize("output", ["none/report.txt", "."])
def test_a_report_that_cannot_be_saved_is_printed(folder: Path, run: Run, output: str):
    write(folder, a=NEEDLESS)
    plain = run("check")
    done = run("check", "--output", output)
    assert (done.status, done.out) == (2, plain.out)
    assert done.err.splitlines()[0].startswith(f"concurlint: cannot write {output}: ")
    assert done.err.splitlines()[1:] == ["1 warning in 1 file"]


# Trouble


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["check", "none.py"], "none.py"),
        (["check", ""], "path is empty"),
        (["check", "--selct", "CCL1"], "--select"),
        (["check", "--format", "xml"], "'xml'"),
        (["check", "--format", "sarif:"], "write sarif:FILE"),
        (["check", "--format", "json", "--format", "text"], "two reports for standard output"),
        (["check", "--format", "json:a", "--format", "sarif:a"], "two reports for a"),
        (["check", "--format", "json", "--format", "text", "--output", "a"], "--output is for one report"),
        (["check", "--format", "json:a", "--output", "b"], "--output is for one report"),
        (["check", "--statistics", "--format", "sarif"], "--statistics are text or JSON"),
        (["check", "--target-python", "2.7"], "2.7"),
        (["check", "--target-platform", "beos"], "beos"),
        (["check", "--select", "CCL412"], "nearest is `CCL"),
        (["check", "--ignore", "CCL401,shell-strings-command"], "nearest is `shell-string-command`"),
        (["check", "--select", "E501"], "`--select`: `E501` is no code and no name"),
        (["check", "--config", "none.toml"], "none.toml: cannot be read"),
        (["check", "--config", "a=[", "--isolated"], "no TOML"),
        (["check", "--config", "selct=[]"], "nearest is `select`"),
        (["check", "--config", "pyproject.toml"], "no [tool.concurlint]"),
        (["check", "--config", "pyproject.toml", "--isolated"], "--isolated reads no file"),
        (["check", "--config", "a.toml", "--config", "b.toml"], "--config is for one file"),
        (["chekc"], "chekc"),
        (["a.py"], "write `concurlint check a.py`"),
        (["explain"], "CODE|NAME..."),
        (["check", "-j", "0"], "0 is not in the range"),
        (["check", "--color", "some"], "'some' is not one of"),
        (["rules", "CCL999"], "no rule is called `CCL999`"),
        (["rules", "--level", "bad"], "'bad' is not one of"),
        (["explain", "CCL999"], "no rule is called `CCL999`"),
        (["explain", "needles-shell"], "nearest is `needless-shell`"),
        (["explain", "CCL401", "CCL999"], "no rule is called `CCL999`"),
        (["rules", "--format", "xml"], "'xml'"),
    ],
)
def test_bad_arguments_are_told_in_one_line(folder: Path, run: Run, arguments: list[str], part: str):
    write(folder, a=NEEDLESS)
    done = run(*arguments)
    assert is_one_line(done), done
    assert part in done.err


@pytest.mark.parametrize(
    ("table", "part"),
    [
        ("[tool.concurlint\n", "pyproject.toml"),
        ("[tool.concurlint]\nselct = []\n", "nearest is `select`"),
        ("[tool.concurlint]\nadvice = 3\n", "advice"),
        ('[tool.concurlint]\nselect = ["CCL999"]\n', "no rule is called `CCL999`"),
        ('[tool.concurlint]\nignore = ["needless-shel"]\n', "nearest is `needless-shell`"),
        ('[tool.concurlint.per-file-ignores]\n"a.py" = ["CCL999"]\n', "no rule is called `CCL999`"),
        ('[tool.concurlint.calls]\n"a.f" = { effect = "no such effect" }\n', "a.f"),
    ],
)
def test_a_broken_table_is_told_in_one_line(folder: Path, run: Run, table: str, part: str):
    write(folder, a=NEEDLESS)
    (folder / "pyproject.toml").write_text(table, encoding="utf-8")
    done = run("check")
    assert is_one_line(done), done
    assert part in done.err


def test_without_a_command_the_help_is_shown_and_the_exit_code_is_2(run: Run):
    done = run()
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("Usage: concurlint ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows does not remove a folder that is in use")
def test_a_current_folder_that_is_gone_is_told_in_one_line(folder: Path, run: Run, monkeypatch):
    gone = folder / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    done = run("check")
    assert is_one_line(done)
    assert "the current folder is gone" in done.err


def broken_checkout(copy: Path, path: str, old: bytes, new: bytes) -> Path:
    """A copy of concurlint in which `old` in one file is replaced by `new`; no part of a project to be checked."""
    for name in ("concurlint", "rules"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    data = (copy / path).read_bytes()
    assert old in data
    (copy / path).write_bytes(data.replace(old, new))
    return copy


def test_a_bug_is_told_in_one_line_and_as_a_traceback_only_if_asked(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
):
    page = "rules/CCL402-needless-shell.md"
    copy = broken_checkout(tmp_path_factory.mktemp("checkout"), page, b"needless-shell", b"needless-shell \xff")
    done = start(folder, "explain", "CCL402", package=copy)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert done.stderr.startswith(b"concurlint: internal error: UnicodeDecodeError: ")
    assert b"please report it" in done.stderr
    told = start(folder, "explain", "CCL402", package=copy, CONCURLINT_TRACEBACK="1")
    assert told.stderr.startswith(b"Traceback ")
    assert told.stderr.endswith(done.stderr)


def test_a_bug_in_one_rule_loses_no_finding_of_the_others_and_exits_2(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
):
    check = "concurlint/checks/needless_shell.py"
    head = b") -> Iterator[Finding]:\n"
    copy = broken_checkout(tmp_path_factory.mktemp("checkout"), check, head, head + b"    raise KeyError(0)\n")
    write(folder, a=NEEDLESS, b=SHELL_CALL)
    done = start(folder, "check", "a.py", "b.py", "--exit-zero", package=copy)
    assert done.returncode == 2
    assert done.stdout.startswith(b"b.py:5:5: CCL401 ")
    assert b"Traceback" not in done.stderr
    lines = done.stderr.decode().splitlines()
    assert [line for line in lines if line.startswith("concurlint: CCL402 needless-shell")] == lines[1:]
    assert len(lines) == 2


# Streams


def test_a_terminal_gets_code_frames_in_colour_and_the_summary(folder: Path):
    write(folder, a=NEEDLESS)
    status, screen = on_terminal(folder, "check")
    assert status == 1
    assert "\x1b[1;33mCCL402" in screen
    assert "━━━" in screen
    assert "3 \x1b[0m\x1b[2m│" in screen
    assert screen.splitlines()[-2].endswith(" in 1 file")
    assert screen.splitlines()[-1] == "`concurlint explain CCL402` tells why and what to do; `--fix` mends it"


def test_no_color_is_honoured_on_a_terminal(folder: Path):
    write(folder, a=NEEDLESS)
    # Quietly: what is shown of the progress moves the cursor.
    _, screen = on_terminal(folder, "check", "-q", NO_COLOR="1", FORCE_COLOR="1")
    assert screen.startswith("a.py:3:1 CCL402 needless-shell warning\n")
    assert "━━━" in screen
    assert "\x1b" not in screen


def test_force_color_brings_frames_and_colours_to_a_pipe(folder: Path):
    write(folder, a=NEEDLESS)
    forced = start(folder, "check", FORCE_COLOR="1", TERM="xterm").stdout.decode()
    assert "\x1b[1;33mCCL402" in forced
    assert "━━━" in forced
    refused = start(folder, "check", FORCE_COLOR="1", NO_COLOR="1").stdout.decode()
    assert refused.startswith("a.py:3:1: CCL402 ")


def test_a_reader_who_has_gone_is_no_trouble(folder: Path):
    write(folder, a=NEEDLESS * 50)
    reader, writer = os.pipe()
    os.close(reader)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "concurlint", "check"]
    done = subprocess.run(command, cwd=folder, env=env, stdout=writer, stderr=subprocess.PIPE, check=False, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "50 warnings in 1 file\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_told_in_one_line(folder: Path):
    write(folder, a=NEEDLESS)
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "concurlint", "check"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, cwd=folder, env=env, stdout=full, stderr=subprocess.PIPE, check=False, text=True)
    assert done.returncode == 2
    assert done.stderr == "concurlint: cannot write to standard output: no space left on device\n"


def test_a_stream_that_cannot_show_a_character_gets_an_escape(folder: Path):
    write(folder, größe=NEEDLESS)
    done = start(folder, "check", PYTHONIOENCODING="ascii")
    assert done.returncode == 1
    assert done.stdout.startswith(b"gr\\xf6\\xdfe.py:3:1: CCL402 ")


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a file name has to be text")
@pytest.mark.parametrize(("name", "shown"), [(b"a\nb.py", "a␊b.py"), (b"a\xff.py", "a�.py")])
def test_a_file_name_may_hold_what_is_no_text(folder: Path, run: Run, name: bytes, shown: str):
    (folder / os.fsdecode(name)).write_text(NEEDLESS, encoding="utf-8")
    assert run("check").out.startswith(f"{shown}:3:1: CCL402 ")
    document = json.loads(run("check", "--format", "json").out)
    assert [finding["path"] for finding in document["findings"]] == [os.fsdecode(name)]


def test_color_goes_before_the_environment(folder: Path):
    write(folder, a=NEEDLESS)
    always = start(folder, "check", "--color", "always", NO_COLOR="1", TERM="dumb").stdout.decode()
    assert "\x1b[1;33mCCL402" in always
    assert "━━━" in always
    never = start(folder, "check", "--color", "never", FORCE_COLOR="1").stdout.decode()
    assert never.startswith("a.py:3:1: CCL402 ")
    _, screen = on_terminal(folder, "check", "--color", "never")
    assert "━━━" in screen
    assert "\x1b" not in screen


def test_quiet_is_findings_alone_and_silent_is_nothing(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    (folder / "empty").mkdir()
    assert run("check", "a.py", "empty", "--quiet") == replace(run("check", "a.py"), err="")
    assert run("check", "-s") == Done(1, "", "")
    assert is_one_line(run("check", "none.py", "-s"))


def test_verbose_tells_settings_and_timings_what_each_part_took(folder: Path, run: Run):
    write(folder, a=NEEDLESS)
    told = run("check", "-v", "--target-python", "3.12", "--target-platform", "linux").err.splitlines()
    assert told[0] == "1 warning in 1 file"
    assert told[2] == f"1 file with the settings of {folder}: for Python 3.12, linux"
    took = [re.sub(r"^ *\d+\.\d\d s  ", "", line) for line in run("check", "--timings").err.splitlines()]
    assert took[1:4] == ["looking for files", "reading and linking files (1)", "looking at the rest (1)"]
    assert took[4].startswith("asking rules (")
    assert took[-1].startswith("in all")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_the_number_of_jobs_changes_no_finding(folder: Path, run: Run, jobs: str):
    write(folder, a=NEEDLESS, b=SHELL_CALL)
    assert run("check", "-j", jobs) == run("check")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no process groups to interrupt")
@pytest.mark.parametrize("delay", [0.2, 0.5, 1.0])
def test_an_interrupted_run_ends_without_a_traceback(folder: Path, delay: float):
    # Wherever it is caught: while modules are loaded, while files are read, while rules are asked.
    write(folder, **{f"m{number}": SHELL_CALL * 200 for number in range(40)})
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        [sys.executable, "-m", "concurlint", "check", "-q"],
        cwd=folder,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(delay)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate()
    assert (process.returncode, err.strip()) in [
        (130, b"concurlint: interrupted"),
        (-signal.SIGINT, b"concurlint: interrupted"),
        (1, b""),
    ]


def test_an_interrupt_that_python_wrapped_is_one_still(folder: Path):
    # Python 3.11 makes a RuntimeError of what `__set_name__` raises; LibCST's classes run one each while they load.
    (folder / "libcst.py").write_text(
        "class Field:\n"
        "    def __set_name__(self, owner, name):\n"
        "        raise KeyboardInterrupt\n"
        "try:\n"
        "    class Node:\n"
        "        field = Field()\n"
        "except KeyboardInterrupt as interrupt:\n"
        "    raise RuntimeError('in Node') from interrupt\n"
    )
    write(folder, a=SHELL_CALL)
    done = subprocess.run(
        [sys.executable, "-m", "concurlint", "check", "-q", "--config", os.devnull, "a.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (130, "concurlint: interrupted\n")


# Other commands


@pytest.mark.parametrize("asked", ["CCL402", "ccl402", "needless-shell"])
def test_a_page_is_printed_as_it_is(run: Run, asked: str):
    page = (ROOT / "rules" / "CCL402-needless-shell.md").read_text(encoding="utf-8")
    assert run("explain", asked) == Done(0, page, "")


def test_several_pages_are_printed_in_the_order_they_are_named(run: Run):
    out = run("explain", "CCL402,shell-string-command", "CCL60").out
    titles = [line.split()[1] for line in out.splitlines() if re.match(r"# CCL\d{3} ", line)]
    assert titles == ["CCL402", "CCL401", *(rule.code for rule in CATALOGUE if rule.code.startswith("CCL60"))]
    page = (ROOT / "rules" / "CCL402-needless-shell.md").read_text(encoding="utf-8")
    assert out.startswith(f"{page}\n# CCL401 ")


def test_pages_are_documents_in_json(run: Run):
    document = json.loads(run("explain", "CCL402", "--format", "json").out)
    (rule,) = document["rules"]
    assert (rule["code"], rule["name"], rule["level"]) == ("CCL402", "needless-shell", "warning")
    assert rule["text"].startswith("# CCL402 ")


def test_a_page_is_drawn_on_a_terminal(folder: Path):
    status, screen = on_terminal(folder, "explain", "CCL402")
    assert status == 0
    assert "\x1b[" in screen
    assert "```" not in screen


def test_every_rule_has_a_page_to_explain_it(run: Run):
    for rule in CATALOGUE:
        done = run("explain", rule.code)
        assert (done.status, done.err) == (0, "")
        assert done.out.startswith(f"# {rule.code} {rule.name}\n")


def test_rules_are_listed_in_code_order(run: Run):
    rows = [line.split("\t") for line in run("rules").out.splitlines()]
    assert [tuple(row[:3]) for row in rows] == [(rule.code, rule.name, rule.level.value) for rule in CATALOGUE]
    assert all(row[4].endswith(".") for row in rows)


def test_rules_are_listed_as_json(run: Run):
    document = json.loads(run("rules", "--format", "json").out)
    assert document["version"] == 1
    assert [list(rule) for rule in document["rules"]] == [["code", "name", "level", "summary", "fixable"]] * len(
        CATALOGUE
    )
    assert [rule["code"] for rule in document["rules"]] == [rule.code for rule in CATALOGUE]
    assert all(rule["summary"] for rule in document["rules"])


def test_rules_are_chosen_by_code_name_and_level(run: Run):
    def codes(*arguments: str) -> list[str]:
        return [line.split("\t")[0] for line in run("rules", *arguments).out.splitlines()]

    assert codes("CCL4", "--level", "error") == [
        rule.code for rule in CATALOGUE if rule.code.startswith("CCL4") and rule.level is Level.ERROR
    ]
    assert codes("needless-shell", "CCL401") == ["CCL401", "CCL402"]
    assert codes("--fixable") == [rule.code for rule in CATALOGUE if rule.fixable]


def test_rules_are_exported_to_a_file(folder: Path, run: Run):
    assert run("rules", "CCL402", "--format", "csv", "-o", "rules.csv") == Done(0, "", "")
    _, row = (folder / "rules.csv").read_text(encoding="utf-8").splitlines()
    assert row.startswith("CCL402,needless-shell,warning,")


def test_rules_are_a_table_on_a_terminal(folder: Path):
    status, screen = on_terminal(folder, "rules", NO_COLOR="1")
    assert status == 0
    assert max(map(len, screen.splitlines())) <= 80
    assert all(rule.code in screen for rule in CATALOGUE)


def test_the_version_is_printed(run: Run):
    assert run("--version") == Done(0, f"concurlint {__version__}\n", "")


@pytest.mark.parametrize("command", [[], ["check"], ["explain"], ["rules"]])
def test_help_is_printed(run: Run, command: list[str]):
    done = run(*command, "--help")
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith("Usage: concurlint ")
