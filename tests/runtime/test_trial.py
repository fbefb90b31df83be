"""A program runs again with files changed in memory: in its children too, and the disk knows nothing of it."""

import sys
import time
from pathlib import Path

import pytest

from concurlint.runtime.launch import LaunchError
from concurlint.runtime.targets import Command, Module, Process, Script, Target
from concurlint.runtime.trial import Trials, Variant

HELPER = "def add(n):\n    return n + 1\n"
APP = """
import os, sys
from helper import add

if __name__ == "__main__":
    print(sys.argv[1:], add(1), "first", sys.stdin.read())
    if len(sys.argv) > 1:
        import multiprocessing
        with multiprocessing.get_context(sys.argv[1]).Pool(1) as pool:
            print(pool.map(add, [1, 2]))
    sys.exit(3)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A program of two files."""
    (tmp_path / "helper.py").write_text(HELPER, encoding="utf-8")
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    return tmp_path


def changed(folder: Path) -> Variant:
    """Both files otherwise, and a variable set."""
    texts = {
        str(folder / "helper.py"): HELPER.replace("n + 1", "n * 100"),
        str(folder / "app.py"): APP.replace('"first"', 'os.environ["CONCURLINT_TEST"]'),
    }
    return Variant("changed", texts, {"CONCURLINT_TEST": "second"})


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_changed_files_are_seen_by_the_program_and_all_its_children(folder: Path, method: str):
    script = Script(str(folder / "app.py"), (method,))
    with Trials(script) as trials:
        as_it_is = trials.run(Variant("as it is"), 60)
        other = trials.run(changed(folder), 60)
    assert (as_it_is.status, as_it_is.output.decode(), as_it_is.errors) == (3, f"['{method}'] 2 first \n[2, 3]\n", b"")
    assert (other.status, other.output.decode(), other.errors) == (3, f"['{method}'] 100 second \n[100, 200]\n", b"")
    assert (folder / "helper.py").read_text(encoding="utf-8") == HELPER
    assert sorted(path.name for path in folder.glob("*.py")) == ["app.py", "helper.py"]


@pytest.mark.parametrize("kind", ["module", "command"])
def test_modules_and_python_commands_can_be_tried_too(folder: Path, kind: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(folder)
    target: Target = Module("app") if kind == "module" else Command((sys.executable, "-B", "app.py"))
    with Trials(target) as trials:
        assert trials.run(changed(folder), 60).output == b"[] 100 second \n"


def test_the_programs_own_sitecustomize_still_runs(folder: Path, monkeypatch: pytest.MonkeyPatch):
    (folder / "sitecustomize.py").write_text("print('own')\n", encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    with Trials(Script(str(folder / "app.py"))) as trials:
        assert trials.run(changed(folder), 60).output == b"own\n[] 100 second \n"


def test_a_run_that_takes_too_long_is_ended_with_all_that_it_started(folder: Path):
    sleep = "[sys.executable, '-c', 'import time; time.sleep(60)'"
    text = f"import subprocess, sys\nsubprocess.run({sleep}, {str(folder)!r}])\n"
    with Trials(Script(str(folder / "app.py"))) as trials:
        begin = time.monotonic()
        ran = trials.run(Variant("slow", {str(folder / "app.py"): text}), 2)
    assert ran.status is None
    assert time.monotonic() - begin < 30
    named = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    assert not [words for words in named if str(folder).encode() in words.split(b"\0")]


@pytest.mark.parametrize("target", [Process(1), Command(("sh", "-c", "true"))])
def test_what_cannot_be_run_again_is_told(target: Target):
    with pytest.raises(LaunchError, match=r"cannot be run again|only Python itself"):
        Trials(target)
