"""A launched program is the program that `python` would run: what it sees, says and returns."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from concurlint.runtime.launch import (
    Attached,
    LaunchError,
    start_command,
    start_module,
    start_script,
)
from concurlint.runtime.procfs import is_alive
from tests.runtime.measured import pythons

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's /proc")

ROOT = Path(__file__).parents[2]
LAUNCHER = """
import sys
from concurlint.runtime.launch import start_module, start_script
python, kind, target, *arguments = sys.argv[1:]
start = start_module if kind == "module" else start_script
with start(target, arguments, python=python) as program:
    program.go()
    status = program.wait()
open("status", "w").write(str(status))
"""
LOOKS_AROUND = """
import json, os, sys
main = sys.modules["__main__"]
names = {name: repr(value) for name, value in vars(main).items()}
seen = {
    "argv": sys.argv, "path": sys.path, "executable": sys.executable, "names": names, "modules": sorted(sys.modules),
    "orig_argv": getattr(sys, "orig_argv", None), "environment": dict(os.environ), "folder": os.getcwd(),
    "flags": str(sys.flags), "hook": repr(sys.excepthook), "own": main.__dict__ is globals(), "input": sys.stdin.read(),
    "files": sorted(os.listdir("/proc/self/fd")),
}
print(json.dumps(seen, indent=1))
"""
SCRIPTS = {
    "looks_around": LOOKS_AROUND,
    "fails": "def divide():\n    1 / 0\n\ndivide()\n",
    "fails_twice": "try:\n    1 / 0\nexcept ArithmeticError as error:\n    raise ValueError('so') from error\n",
    "hooked": (
        "import sys\nsys.excepthook = lambda kind, value, trace: print(kind, trace.tb_frame.f_code.co_filename)\n"
        "1 / 0\n"
    ),
    "hook_at_exit": (
        "import atexit, sys\natexit.register(lambda: print(sys.excepthook, sys.last_traceback.tb_lineno))\n1 / 0\n"
    ),
    "exits_three": "import sys\nsys.exit(3)\n",
    "exits_with_words": "import sys\nsys.exit('no')\n",
    "exits_hard": "import os\nos._exit(7)\n",
    "killed": "import os\nos.kill(os.getpid(), 9)\n",
    "aborted": "import os\nos.abort()\n",
    "interrupted": "raise KeyboardInterrupt\n",
    "late_thread": (
        "import threading, time\ndef f():\n    time.sleep(0.1)\n    print('late')\nthreading.Thread(target=f).start()\n"
    ),
    "thread_fails": "import threading\ndef f():\n    1 / 0\nt = threading.Thread(target=f)\nt.start()\nt.join()\n",
    "spawns": (
        "import multiprocessing\ndef double(x):\n    return 2 * x\nif __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool:\n        print(pool.map(double, [1, 2]))\n"
    ),
    "forks": (
        "import multiprocessing\ndef double(x):\n    return 2 * x\nif __name__ == '__main__':\n"
        "    with multiprocessing.get_context('fork').Pool(2) as pool:\n        print(pool.map(double, [1, 2]))\n"
    ),
    "pickles": "import pickle\nclass A:\n    pass\nprint(type(pickle.loads(pickle.dumps(A()))))\n",
    "shows_source": "import inspect\nclass A:\n    pass\nprint(inspect.getsource(A), inspect.getfile(A))\n",
    "latin": "# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n",
    "does_not_parse": "x = )\n",
}
BY_AGE = sorted(pythons(), key=lambda version: int(version.split(".")[1]))
all_versions = pytest.mark.parametrize("version", BY_AGE)
versions = pytest.mark.parametrize("version", sorted({BY_AGE[0], BY_AGE[-1]}))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with all scripts, a package, and a folder that can be run."""
    for name, text in SCRIPTS.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="latin-1")
    for inside in ("package", "runnable"):
        (tmp_path / inside).mkdir()
        (tmp_path / inside / "__main__.py").write_text(LOOKS_AROUND, encoding="utf-8")
    (tmp_path / "package" / "__init__.py").write_text("import sys\nprint(sys.argv)\n", encoding="utf-8")
    return tmp_path


def run(folder: Path, command: Sequence[str]) -> tuple[int, str, str]:
    """Exit status, and what was said, with addresses left out."""
    done = subprocess.run(command, cwd=folder, input="typed\n", capture_output=True, text=True, timeout=60, check=False)
    return (done.returncode, *(re.sub(r"0x[0-9a-f]+", "0x", said) for said in (done.stdout, done.stderr)))


def launch(folder: Path, *words: str) -> tuple[int, str, str]:
    """The same by way of the launcher."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{LAUNCHER}"
    _, said, complained = run(folder, [sys.executable, "-c", code, *words])
    status = folder / "status"
    assert status.exists(), complained
    return int(status.read_text(encoding="utf-8")), said, complained


@versions
@pytest.mark.parametrize("kind", ["script", "module"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_a_program_runs_as_under_python_itself(folder: Path, version: str, kind: str, name: str):
    python = pythons()[version]
    if name == "does_not_parse" and kind == "script" and version in ("3.8", "3.9"):
        pytest.skip("these show another part of the line when they parse a file")
    words = ["-m", name] if kind == "module" else [f"{name}.py"]
    expected = run(folder, [python, *words, "-m", "a b"])
    actual = launch(folder, python, kind, words[-1], "-m", "a b")
    assert actual == expected


@all_versions
def test_a_folder_a_package_and_an_archive_run_as_under_python_itself(folder: Path, version: str):
    python = pythons()[version]
    subprocess.run([python, "-m", "zipapp", "runnable", "-o", "archive.pyz"], cwd=folder, check=True)
    for kind, target in [
        ("script", "runnable"),
        ("script", "./runnable"),
        ("module", "package"),
        ("script", "archive.pyz"),
    ]:
        expected = run(folder, [python, *["-m"] * (kind == "module"), target])
        assert launch(folder, python, kind, target) == expected


def test_a_script_reached_by_a_link_or_from_another_folder_has_its_own_folder_on_the_path(folder: Path):
    (folder / "elsewhere").mkdir()
    (folder / "elsewhere" / "link.py").symlink_to(folder / "looks_around.py")
    for target in ("elsewhere/link.py", str(folder / "looks_around.py"), "./package/../looks_around.py"):
        expected = run(folder, [sys.executable, target])
        assert json.loads(expected[1])["path"][0] == str(folder)
        assert launch(folder, sys.executable, "script", target) == expected


def test_a_compiled_script_runs(folder: Path):
    subprocess.run([sys.executable, "-m", "compileall", "-q", "-b", "looks_around.py"], cwd=folder, check=True)
    expected = run(folder, [sys.executable, "looks_around.pyc"])
    assert launch(folder, sys.executable, "script", "looks_around.pyc") == expected


def test_a_module_that_is_not_there_is_told_as_python_tells_it(folder: Path):
    expected = run(folder, [sys.executable, "-m", "no_such_module"])
    assert launch(folder, sys.executable, "module", "no_such_module") == expected


def test_nothing_runs_before_the_barrier_is_lifted(tmp_path: Path):
    script = tmp_path / "marks.py"
    script.write_text(f"open({str(tmp_path / 'mark')!r}, 'w')\n", encoding="utf-8")
    with start_script(str(script)) as program:
        time.sleep(0.2)
        assert program.poll() is None
        assert not (tmp_path / "mark").exists()
        program.go()
        assert program.wait(20) == 0
    assert (tmp_path / "mark").exists()


@all_versions
def test_the_interpreter_says_what_it_is(version: str):
    with start_module("this", python=pythons()[version]) as program:
        assert program.interpreter is not None
        assert program.interpreter.implementation == "cpython"
        assert ".".join(map(str, program.interpreter.version[:2])) == version
        assert not program.interpreter.free_threaded


def test_a_program_that_was_never_let_go_ends_in_silence(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    script = tmp_path / "speaks.py"
    script.write_text("print('ran')\n", encoding="utf-8")
    with start_script(str(script)) as program:
        pid = program.pid
    assert not is_alive(pid)
    assert capfd.readouterr() == ("", "")


def test_when_we_are_killed_the_waiting_program_goes_too(folder: Path):
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\nimport os\n"
        "from concurlint.runtime.launch import start_script\n"
        "print(start_script('looks_around.py').pid, flush=True)\nos.kill(os.getpid(), 9)"
    )
    pid = int(run(folder, [sys.executable, "-c", code])[1])
    deadline = time.monotonic() + 10
    while is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not is_alive(pid)


def test_leaving_ends_a_program_even_if_it_does_not_want_to(tmp_path: Path):
    script = tmp_path / "stubborn.py"
    script.write_text("import signal, time\nsignal.signal(15, signal.SIG_IGN)\ntime.sleep(60)\n", encoding="utf-8")
    program = start_script(str(script))
    program.go()
    time.sleep(0.3)
    assert program.end(patience=0.3) == -signal.SIGKILL
    assert not is_alive(program.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_sent_to_us_alone_reaches_the_program(folder: Path, number: int):
    if signal.getsignal(number) is signal.SIG_IGN:
        pytest.skip("the signal is ignored here, as it is in the background")
    (folder / "waits.py").write_text(
        "import signal, sys, time\n"
        "def end(number, frame):\n    print('got', number)\n    sys.exit(5)\n"
        "signal.signal(2, end)\nsignal.signal(15, end)\nprint('ready', flush=True)\ntime.sleep(60)\n",
        encoding="utf-8",
    )
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{LAUNCHER}"
    launcher = subprocess.Popen(
        [sys.executable, "-c", code, sys.executable, "script", "waits.py"],
        cwd=folder,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert launcher.stdout is not None
    with launcher.stdout as said:
        assert said.readline() == "ready\n"
        launcher.send_signal(number)
        assert said.read() == f"got {number.numerator}\n"
    assert launcher.wait(20) == 0
    assert (folder / "status").read_text(encoding="utf-8") == "5"


def test_any_command_runs_and_gives_its_status():
    with start_command(["sh", "-c", "exit 4"]) as program:
        program.go()
        assert (program.interpreter, program.wait(20)) == (None, 4)


def test_waiting_may_end_before_the_program():
    with start_command(["sleep", "60"]) as program:
        assert program.wait(0.05) is None
        assert program.poll() is None


def test_what_cannot_be_started_is_told_in_one_line(tmp_path: Path):
    missing = tmp_path / "missing"
    cases = {
        f"cannot open the script: {missing}: no such file or directory": lambda: start_script(str(missing)),
        f"cannot run the interpreter: {missing}: no such file or directory": lambda: start_module(
            "this", python=str(missing)
        ),
        f"cannot run the command: {missing}: no such file or directory": lambda: start_command([str(missing)]),
        "/bin/true ended before it ran the program: is it a Python interpreter, 3.8 or newer?": lambda: start_module(
            "this", python="/bin/true"
        ),
    }
    told = []
    for start in cases.values():
        with pytest.raises(LaunchError) as refusal:
            start()
        told.append(str(refusal.value))
    assert told == [*cases]


def test_no_files_stay_open_and_no_process_is_left():
    before = sorted(Path("/proc/self/fd").iterdir())
    with start_module("this") as program:
        pass
    with pytest.raises(LaunchError):
        start_module("this", python="/bin/true")
    with pytest.raises(LaunchError):
        start_module("this", python="/no/such/python")
    assert sorted(Path("/proc/self/fd").iterdir()) == before
    assert not is_alive(program.pid)


def test_an_attached_process_is_left_alone():
    process = subprocess.Popen(["sleep", "60"])
    attached = Attached(process.pid)
    assert attached.is_running()
    assert not attached.wait(0.05)
    process.kill()
    assert attached.wait(5)
    process.wait()
    with pytest.raises(LaunchError, match=f"there is no process {process.pid}"):
        Attached(process.pid)
