"""What `check` takes: standard input, notebooks, marimo's files, scripts that no suffix tells."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from concurlint.cli import main
from tests.documents.test_notebooks import notebook
from tests.linked import write
from tests.report.test_json import SCHEMA

SLEEPS = "import time\n\n\nasync def main():\n    time.sleep(1)\n"
CALLS = "import wait\n\n\nasync def main():\n    wait.nap()\n"
NOTEBOOK = notebook(
    ("markdown", "# Notes"),
    ("code", "%matplotlib inline\nimport time"),
    ("code", "%%bash\nsleep 1"),
    ("code", "from multiprocessing import Pool\n\n\nasync def main():\n    time.sleep(1)\n"),
    ("code", "await main()\nwith Pool(2) as pool:\n    print(pool.map(abs, [1, 2]))"),
)
MARIMO = """\
import marimo

app = marimo.App()


@app.cell
def _():
    import time
    from multiprocessing import Pool
    return Pool, time


@app.cell
def _(Pool, time):
    async def f():
        time.sleep(1)

    with Pool(2) as pool:
        pool.map(abs, [1, 2])
    return


if __name__ == "__main__":
    app.run()
"""
Check = Callable[..., tuple[int, list[str], list[str]]]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project, the current folder."""
    for name in ("FORCE_COLOR", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    write(tmp_path, {"pyproject.toml": '[project]\nname = "x"\nrequires-python = ">=3.11"\n'})
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def check(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Check:
    """A function that runs `check`: its status, what it prints, what it says beside."""

    def run(*arguments: str, stdin: str = "") -> tuple[int, list[str], list[str]]:
        capsys.readouterr()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        status = main(["check", *arguments])
        out, err = capsys.readouterr()
        return status, out.splitlines(), err.splitlines()

    return run


def test_standard_input_is_a_file_of_its_own(check: Check):
    assert check("-", "--format", "concise", "-q", stdin=SLEEPS) == (
        1,
        ["-:5:5: CCL501 `time.sleep` blocks the event loop"],
        [],
    )


def test_standard_input_stands_for_a_file_of_the_project(folder: Path, check: Check):
    write(folder, {"wait.py": "import time\n\n\ndef nap():\n    time.sleep(1)\n", "app.py": "x = 1\n"})
    status, out, _ = check("-", "--stdin-filename", "app.py", "--format", "concise", stdin=CALLS)
    assert (status, out) == (1, ["app.py:5:5: CCL501 `wait.nap` calls `time.sleep`, which blocks the event loop"])


def test_standard_input_has_the_settings_of_the_file_it_stands_for(folder: Path, check: Check):
    write(folder, {"sub/concurlint.toml": 'ignore = ["CCL501"]\n', "sub/app.py": ""})
    assert check("-", "--stdin-filename", "sub/app.py", "-q", stdin=SLEEPS)[0] == 0
    assert check("-", "--stdin-filename", "app.py", "-q", stdin=SLEEPS)[0] == 1
    excluded = ("--exclude", "sub/", "--force-exclude", "--isolated")
    assert check("-", "--stdin-filename", "sub/app.py", *excluded, stdin=SLEEPS)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("-", "app.py"), "standard input is one file; leave out the other paths"),
        (("--stdin-filename", "app.py"), "--stdin-filename is for `-`, which is standard input"),
        (("-", "--add-noqa"), "--add-noqa is for files on the disk, not for standard input"),
        (("-", "--diff", "HEAD"), "--diff is for files on the disk, not for standard input"),
    ],
)
def test_what_makes_no_sense_of_standard_input_is_told(check: Check, arguments: tuple[str, ...], says: str):
    assert check(*arguments) == (2, [], [f"concurlint: {says} (see `concurlint check --help`)"])


def test_findings_in_a_notebook_are_at_cell_and_line(folder: Path, check: Check):
    (folder / "notes.ipynb").write_bytes(NOTEBOOK)
    found = "CCL501 `time.sleep` blocks the event loop"
    assert check("--format", "concise", "-q") == (1, [f"notes.ipynb:cell 4:5:5: {found}"], [])
    assert check("--format", "full", "-q")[1][:4] == [
        "notes.ipynb:cell 4:5:5 CCL501 blocking-call-in-async warning",
        "`time.sleep` blocks the event loop",
        "  4 │ async def main():",
        "  5 │     time.sleep(1)",
    ]
    document = json.loads("\n".join(check("--format", "json")[1]))
    jsonschema.validate(document, SCHEMA)
    (finding,) = document["findings"]
    assert [finding[key] for key in ("path", "cell", "line", "column", "end_line", "end_column")] == [
        "notes.ipynb",
        4,
        5,
        5,
        5,
        18,
    ]


def test_formats_that_know_no_cells_have_them_in_the_message(folder: Path, check: Check):
    (folder / "notes.ipynb").write_bytes(NOTEBOOK)
    (line,) = check("--format", "github", "-q")[1]
    assert "file=notes.ipynb,line=1,endLine=1,col=1,endColumn=2::cell 4, line 5: `time.sleep` blocks" in line
    (issue,) = json.loads("\n".join(check("--format", "gitlab")[1]))
    (finding,) = json.loads("\n".join(check("--format", "json")[1]))["findings"]
    assert issue["location"]["positions"]["begin"] == {"line": 1, "column": 1}
    (result,) = json.loads("\n".join(check("--format", "sarif")[1]))["runs"][0]["results"]
    assert result["partialFingerprints"] == {"concurlint/v1": finding["fingerprint"]}


def test_a_notebook_is_silenced_and_kept_in_a_baseline_as_any_file(folder: Path, check: Check):
    silent = NOTEBOOK.replace(b"time.sleep(1)", b"time.sleep(1)  # noqa: CCL501")
    (folder / "notes.ipynb").write_bytes(silent)
    assert check("-q") == (0, [], [])
    (folder / "notes.ipynb").write_bytes(NOTEBOOK)
    assert check("--baseline", "known.json", "--update-baseline")[0] == 0
    assert check("--baseline", "known.json", "-q") == (0, [], [])


def test_no_comment_is_written_into_a_notebook(folder: Path, check: Check):
    (folder / "notes.ipynb").write_bytes(NOTEBOOK)
    status, _, err = check("--add-noqa")
    says = "warning: notes.ipynb:cell 4:5: write `# noqa: CCL501` there: notebooks are not rewritten"
    assert (status, err) == (0, [says, "added 0 comments in 0 files"])
    assert (folder / "notes.ipynb").read_bytes() == NOTEBOOK


def test_a_broken_notebook_or_cell_is_told(folder: Path, check: Check):
    (folder / "no.ipynb").write_text("a = 1\n", encoding="utf-8")
    (folder / "torn.ipynb").write_bytes(notebook(("markdown", "x"), ("code", "a = 1"), ("code", "b = 1\ndef f(:\n")))
    status, out, _ = check("--format", "concise")
    assert status == 1
    assert [line.partition(": CCL001 ")[0] for line in out] == ["no.ipynb:1:1", "torn.ipynb:cell 3:2:7"]


def test_a_notebook_on_standard_input(check: Check):
    status, out, _ = check("-", "--stdin-filename", "notes.ipynb", "--format", "concise", stdin=NOTEBOOK.decode())
    assert (status, [line.split(" CCL")[0] for line in out]) == (1, ["notes.ipynb:cell 4:5:5:"])


def test_the_cells_of_marimo_run_as_one_file(folder: Path, check: Check):
    """A cell's names are global, and no child process runs the cells again."""
    write(folder, {"notes.py": MARIMO})
    status, out, _ = check("--format", "full")
    assert (status, out[:4]) == (
        1,
        [
            "notes.py:16:9 CCL501 blocking-call-in-async warning",
            "`time.sleep` blocks the event loop",
            "  15 │     async def f():",
            "  16 │         time.sleep(1)",
        ],
    )
    assert check("-q", "--add-noqa")[0] == 0
    assert (folder / "notes.py").read_text(encoding="utf-8") == MARIMO.replace("(1)\n", "(1)  # noqa: CCL501\n", 1)


def test_scripts_are_known_by_their_first_line(folder: Path, check: Check):
    write(
        folder,
        {
            "bin/serve": f"#!/usr/bin/env python3\n{SLEEPS}",
            "bin/build": "#!/bin/sh\nimport time\n",
            "bin/notes": "time.sleep(1)\n",
            "stub.pyi": SLEEPS,
        },
    )
    assert check("--show-files")[1] == ["bin/serve"]
    assert check("--format", "concise", "-q")[1] == ["bin/serve:6:5: CCL501 `time.sleep` blocks the event loop"]
    assert check("stub.pyi") == (0, [], ["warning: no Python files to check under stub.pyi", "no findings in 0 files"])


def test_a_script_is_no_module_that_could_be_imported(folder: Path, check: Check):
    write(folder, {"wait": "#!/usr/bin/env python3\nimport time\ndef nap():\n    time.sleep(1)\n", "app.py": CALLS})
    (folder / "wait.ipynb").write_bytes(notebook(("code", "import time\ndef nap():\n    time.sleep(1)\n")))
    assert check("-q") == (0, [], [])


def test_a_script_has_its_own_settings_and_target(folder: Path, check: Check):
    block = '# /// script\n# requires-python = ">=3.13"\n# [tool.concurlint]\n# ignore = ["CCL501"]\n# ///\n'
    write(folder, {"tool": f"#!/usr/bin/env -S uv run --script\n{block}{SLEEPS}", "app.py": SLEEPS})
    assert [line.split(": CCL")[0] for line in check("--format", "concise", "-q")[1]] == ["app.py:5:5"]
    settings = check("--show-settings", "tool")[1]
    assert [line.split("  #")[0].rstrip() for line in settings if line.startswith(("ignore", "target-python"))] == [
        'ignore = ["CCL501"]',
        'target-python = "3.13"',
    ]
