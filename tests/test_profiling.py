"""`concurlint profile` through the front door: the program runs as without us, and the report is true."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from concurlint.cli import main
from concurlint.runtime.profile import Profile
from concurlint.runtime.saved import load
from concurlint.runtime.stacks import RecordingError, find_pyspy
from tests.pages import ROOT
from tests.runtime.measured import pythons, why_not


def why_skipped() -> str:
    """Why nothing can be profiled here; nothing if it can."""
    try:
        find_pyspy()
    except RecordingError as error:
        return str(error)
    return why_not()


pytestmark = [pytest.mark.live, pytest.mark.slow, pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())]

LOOKS_AROUND = """
import json, os, sys, time
main = sys.modules["__main__"]
print(json.dumps([sys.argv, sys.path[0], os.getcwd(), sys.stdin.read(), __name__, main.__dict__ is globals(),
                  getattr(sys, "orig_argv", [""])[1:]]))
print("complains", file=sys.stderr)
"""
SLEEPS = "import time\n\ndef nap(seconds):\n    time.sleep(seconds)\n\nnap(0.8)\n"
POOL = """
import multiprocessing, time

def spin(seconds):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        sum(range(1000))
    return seconds

if __name__ == "__main__":
    with multiprocessing.get_context("METHOD").Pool(2) as pool:
        print(pool.map(spin, [0.8, 0.8]))
"""
ASYNC = """
import asyncio

async def nap():
    await asyncio.sleep(0.8)

async def main():
    await asyncio.gather(*(nap() for _ in range(5)))

asyncio.run(main())
"""
CHURN = """
import threading, time

def nap():
    time.sleep(0.05)

for _ in range(8):
    threads = [threading.Thread(target=nap) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""
FORKS = """
import os, time

child = os.fork()
if child == 0:
    time.sleep(0.8)
    os._exit(0)
os.waitpid(child, 0)
"""
INTERRUPTED = """
import sys, time

print("ready", flush=True)
try:
    time.sleep(30)
except KeyboardInterrupt:
    print("interrupted", flush=True)
    raise
"""
COUNTS = """
import signal, time

got = []
signal.signal(signal.SIGINT, lambda number, frame: got.append(number))
print("ready", flush=True)
until = time.monotonic() + 30
while not got and time.monotonic() < until:
    time.sleep(0.05)
time.sleep(0.5)
print("got", len(got), flush=True)
"""


def environment(folder: Path, **more: str) -> Mapping[str, str]:
    """Ours, but with a folder of its own for what is thrown away."""
    (folder / "thrown").mkdir(exist_ok=True)
    plain = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "NO_COLOR")}
    return {**plain, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder / "thrown"), **more}


def profile(folder: Path, *words: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    """The command, run to its end in the folder."""
    return subprocess.run(
        [sys.executable, "-m", "concurlint", "profile", *words],
        cwd=folder,
        env=environment(folder),
        input=typed,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def kept(folder: Path, *words: str, text: str, status: int = 0) -> Profile:
    """What was measured of a script with this text."""
    (folder / "app.py").write_text(text, encoding="utf-8")
    done = profile(folder, "--save", "run.json", *words, "app.py")
    assert done.returncode == status, done.stderr
    return load(folder / "run.json")


def started_in(folder: Path) -> list[str]:
    """The processes that were started with the environment of this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in path.read_bytes():
                found.append(path.parent.name)
    return found


def seconds_at(found: Profile, function: str, state: str) -> float:
    """How long all threads were in that state inside of that function of the script."""
    inside = [stack for stack in found.stacks if any(frame.function == function for frame in stack.frames)]
    return sum(seconds for stack in inside for of, seconds in stack.states.items() if of == state)


# The program is as without us


@pytest.mark.parametrize("words", [["app.py", "-m", "a b", "--", "--html"], ["-m", "package", "--rate"]])
def test_the_program_sees_what_python_would_show_it(tmp_path: Path, words: Sequence[str]):
    (tmp_path / "package").mkdir()
    for path in ("app.py", "package/__main__.py"):
        (tmp_path / path).write_text(LOOKS_AROUND, encoding="utf-8")
    done = profile(tmp_path, *words, typed="typed\n")
    expected = subprocess.run(
        [sys.executable, *words],
        cwd=tmp_path,
        env=environment(tmp_path),
        input="typed\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, expected.stdout)
    assert done.stderr.startswith("complains\n")


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit('no')", 1, "no\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("import os; os._exit(7)", 7, ""),
        ("import os; os.kill(os.getpid(), 9)", -9, ""),
        ("import os; os.abort()", -6, ""),
        ("x = )", 1, "SyntaxError: unmatched ')'\n"),
    ],
)
def test_the_exit_status_is_the_programs_and_a_short_run_is_called_so(
    tmp_path: Path, text: str, status: int, says: str
):
    (tmp_path / "app.py").write_text(f"print('out', flush=True)\n{text}\n", encoding="utf-8")
    done = profile(tmp_path, "app.py")
    assert done.returncode == status
    assert done.stdout == ("" if "Syntax" in says else "out\n")
    before, _, report = done.stderr.partition("app.py: ")
    assert says in done.stderr
    assert re.search(r"^note: too short: \d+ samples?\b", report, re.MULTILINE), before + report


def test_ctrl_c_reaches_the_program_and_the_report_still_comes(tmp_path: Path):
    (tmp_path / "app.py").write_text(INTERRUPTED, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "concurlint", "profile", "app.py"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert (process.returncode, said) == (-signal.SIGINT, "interrupted\n")
    assert "KeyboardInterrupt\napp.py: " in complained
    assert re.search(r"^    MainThread: .*: sleeps \d", complained, re.MULTILINE)


@pytest.mark.parametrize("to_group", [False, True])
def test_a_signal_reaches_the_program_once_whoever_it_was_sent_to(tmp_path: Path, to_group: bool):
    (tmp_path / "app.py").write_text(COUNTS, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "concurlint", "profile", "app.py"],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.5)
    (os.killpg if to_group else os.kill)(process.pid, signal.SIGINT)
    said, complained = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "got 1\n"), complained


@pytest.mark.parametrize("typed", [True, False])
def test_an_interrupt_at_a_terminal_reaches_the_program_once(tmp_path: Path, typed: bool):
    (tmp_path / "app.py").write_text(COUNTS, encoding="utf-8")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        command = [sys.executable, "-m", "concurlint", "profile", "app.py"]
        os.execve(sys.executable, command, environment(tmp_path))
    said = b""
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        while b"ready" not in said:
            said += screen.read(4096) or b""
        time.sleep(0.5)
        if typed:
            screen.write(b"\x03")
        else:
            os.kill(child, signal.SIGINT)
        with contextlib.suppress(OSError):
            while part := screen.read(4096):
                said += part
    _, status = os.waitpid(child, 0)
    assert (status, re.findall(rb"got \d", said)) == (0, [b"got 1"]), said


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-"])
def test_streams_that_the_caller_closed_are_closed_to_the_program_and_change_no_status(tmp_path: Path, closed: str):
    (tmp_path / "app.py").write_text(
        "import pathlib, sys\nfound = [s is None for s in (sys.stdin, sys.stdout, sys.stderr)]\n"
        "pathlib.Path(sys.argv[1]).write_text(str(found))\nsys.exit(3)\n",
        encoding="utf-8",
    )
    found = []
    for number, command in enumerate([["-m", "concurlint", "profile", "app.py"], ["app.py"]]):
        words = " ".join([sys.executable, *command, f"seen{number}", closed])
        done = subprocess.run(words, shell=True, cwd=tmp_path, env=environment(tmp_path), check=False)
        found.append((done.returncode, (tmp_path / f"seen{number}").read_text(encoding="utf-8")))
    assert found[0] == found[1]
    assert found[0][0] == 3


def test_nothing_is_left_in_the_folder_or_running(tmp_path: Path):
    (tmp_path / "app.py").write_text(SLEEPS, encoding="utf-8")
    done = profile(tmp_path, "app.py")
    assert done.returncode == 0
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["app.py", "thrown"]
    assert started_in(tmp_path) == []


# What it does is measured


def test_lines_are_measured_under_our_own_python(tmp_path: Path):
    found = kept(tmp_path, text=SLEEPS)
    assert [thread.name for thread in found.threads] == ["MainThread"]
    assert seconds_at(found, "nap", "sleep") > found.run.seconds / 2
    assert 0 < found.run.sampler_seconds < found.run.seconds
    assert not any("bootstrap" in frame.path for stack in found.stacks for frame in stack.frames)


@pytest.mark.parametrize("version", [version for version in pythons() if pythons()[version] != sys.executable])
def test_another_python_is_measured(tmp_path: Path, version: str):
    found = kept(tmp_path, "--python", pythons()[version], text=SLEEPS)
    assert found.run.python.startswith(f"{version}.")
    assert seconds_at(found, "nap", "sleep") > found.run.seconds / 2


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_the_processes_of_a_pool_are_measured(tmp_path: Path, method: str):
    found = kept(tmp_path, text=POOL.replace("METHOD", method))
    computing = {thread.pid for thread in found.threads if thread.cpu_seconds > 0.1}
    assert len(computing) >= 2
    assert seconds_at(found, "spin", "holds-gil") > 0.3


def test_a_forked_child_is_measured(tmp_path: Path):
    found = kept(tmp_path, text=FORKS)
    parent, child = sorted({thread.pid for thread in found.threads})
    assert {thread.pid: max(thread.states, key=lambda of: thread.states[of]) for thread in found.threads} == {
        parent: "child",
        child: "sleep",
    }


def test_an_event_loop_is_measured(tmp_path: Path):
    found = kept(tmp_path, text=ASYNC)
    (thread,) = found.threads
    assert max(thread.states, key=lambda state: thread.states[state]) == "loop-idle"


def test_short_threads_are_measured_one_by_one(tmp_path: Path):
    found = kept(tmp_path, text=CHURN)
    assert len(found.threads) > 40
    assert seconds_at(found, "nap", "sleep") > 1


def test_a_running_process_is_looked_at_and_left_alone(tmp_path: Path):
    (tmp_path / "app.py").write_text(SLEEPS.replace("0.8", "60"), encoding="utf-8")
    with subprocess.Popen([sys.executable, "app.py"], cwd=tmp_path) as process:
        try:
            time.sleep(0.3)
            done = profile(tmp_path, "--pid", str(process.pid), "--duration", "0.8", "--save", "run.json")
            assert (done.returncode, process.poll()) == (0, None), done.stderr
        finally:
            process.kill()
    found = load(tmp_path / "run.json")
    assert found.run.command[-1] == "app.py"
    assert seconds_at(found, "nap", "sleep") > 0.4


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (["python", "-u", "app.py"], 0),
        (["python", "-c", "import time; time.sleep(0.8)"], 0),
        (["./tool", "a"], 0),
        (["sh", "-c", "python app.py; exit 5"], 5),
        (["sh", "-c", "sleep 0.2; exec python app.py"], 0),
    ],
)
def test_any_command_that_starts_python_is_measured(tmp_path: Path, command: Sequence[str], status: int):
    (tmp_path / "app.py").write_text(SLEEPS, encoding="utf-8")
    (tmp_path / "tool").write_text(f"#!{sys.executable}\n{SLEEPS}", encoding="utf-8")
    (tmp_path / "tool").chmod(0o755)
    words = [word.replace("python", sys.executable) for word in command]
    done = profile(tmp_path, "--save", "run.json", "--", *words)
    assert done.returncode == status, done.stderr
    found = load(tmp_path / "run.json")
    assert found.seconds_in(*(state for thread in found.threads for state in thread.states)) > 0
    slept = sum(stack.states.get(state, 0.0) for stack in found.stacks for state in stack.states if state == "sleep")
    assert slept > 0.4
    assert any(frame.function in ("nap", "<module>") for stack in found.stacks for frame in stack.frames)


# Showing


def test_every_report_is_written_where_it_was_asked_for(tmp_path: Path):
    (tmp_path / "app.py").write_text(SLEEPS, encoding="utf-8")
    files = {"--html": "a.html", "--trace": "t.json", "--speedscope": "s.json", "--save": "run.json", "--output": "o"}
    words = [word for pair in files.items() for word in pair]
    done = profile(tmp_path, *words, "--format", "json", "--cores", "8", "app.py")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "a.html").read_text(encoding="utf-8").lower().startswith("<!doctype html>")
    assert json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))["traceEvents"]
    assert json.loads((tmp_path / "s.json").read_text(encoding="utf-8"))["profiles"]
    document = json.loads((tmp_path / "o").read_text(encoding="utf-8"))
    assert (document["version"], sorted(document)) == (
        1,
        ["changes", "findings", "predictions", "profile", "tasks", "trials", "version"],
    )


def test_a_kept_run_is_shown_as_when_it_ran(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(SLEEPS, encoding="utf-8")
    ran = profile(tmp_path, "--save", "run.json", "app.py")
    assert main(["report", "run.json"]) == 0
    assert capsys.readouterr().out == ran.stderr
    assert main(["report", "--format", "sarif", "run.json"]) == 0
    assert json.loads(capsys.readouterr().out)["version"] == "2.1.0"


def test_a_terminal_shows_a_line_while_the_program_runs(tmp_path: Path):
    (tmp_path / "app.py").write_text(
        f"import sys\nprint('name? ', end='', file=sys.stderr, flush=True)\n{SLEEPS}", "utf-8"
    )
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    process = subprocess.Popen(
        [sys.executable, "-m", "concurlint", "profile", "app.py"],
        cwd=tmp_path,
        env=environment(tmp_path, COLUMNS="100", TERM="xterm"),
        stdout=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    try:
        while part := os.read(ours, 4096):
            said += part
    except OSError:
        pass  # the other end is closed
    finally:
        os.close(ours)
    assert process.wait(60) == 0
    drawn = r"\x1b7\x1b\[24;1H\x1b\[2K.*?\d s  1 thread  GIL held \d+%  computing on \d\.\d cores  waiting \d+%.*?\x1b8"
    left, lines = re.subn(drawn, "", said.decode(), flags=re.DOTALL)
    assert lines > 0, said[:500]
    # Nothing else was erased, and the row was given back.
    assert re.search(r"name\? ", left)
    assert left.count("\x1b[2K") == left.count("\x1b[24;1H") == left.count("\x1b[r") == 1


# Trying

SHARED_OUT = """
def work(n):
    total = 0
    for i in range(n):
        total += i * i
    return total

def main(sizes):
    for size in sizes:
        print(work(size))

if __name__ == "__main__":
    main([3_000_000] * 6)
"""


def test_an_advised_change_is_tried_in_memory_and_measured_beside_the_program_as_it_is(tmp_path: Path):
    (tmp_path / "app.py").write_text(SHARED_OUT, encoding="utf-8")
    done = profile(tmp_path, "--try", "--pairs", "1", "--format", "json", "--output", "report.json", "app.py")
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 6), done.stderr
    document = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    (change,) = document["changes"]
    assert "+    with ProcessPoolExecutor() as pool:" in change["diff"].splitlines()
    first, *others = document["trials"]
    assert (first["code"], first["label"], first["same"]) == ("CCL903", "the change", True)
    assert [len(first["before"]), len(first["after"])] == [1, 1]
    assert {"ThreadPoolExecutor()", "chunksize=8"} <= {other["label"] for other in others}
    assert all(trial["outcome"] == "same output" for trial in document["trials"])
    assert (tmp_path / "app.py").read_text(encoding="utf-8") == SHARED_OUT


# What cannot be done is told in one line


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "nothing to run: name a script, -m MODULE, -- COMMAND, or --pid PID (see `concurlint profile --help`)"),
        (["-"], "cannot open the script: -: a program on standard input cannot be run again; name its file"),
        ([""], "cannot open the script: its name is empty"),
        (["no_such.py"], "cannot open the script: no_such.py: no such file or directory"),
        (["picture"], "not a Python script: picture; a command is run by `concurlint profile -- picture`"),
        (["shell"], "not a Python script: shell; a command is run by `concurlint profile -- shell`"),
        (["--python", "/no/such", "app.py"], "cannot run the interpreter: /no/such: no such file or directory"),
        (
            ["--python", "/bin/true", "app.py"],
            "/bin/true ended before it ran the program: is it a Python interpreter, 3.8 or newer?",
        ),
        (["--", "/no/such"], "cannot run the command: /no/such: no such file or directory"),
        (["--", "sleep", "0.5"], "no Python process to be measured was seen: sleep 0.5"),
        (["--", "true"], "no Python process to be measured was seen: true"),
        (["--pid", "4194305"], "there is no process 4194305"),
        (["--duration", "2", "app.py"], "--duration is for --pid: a program runs to its end "),
        (["--tree", "walks", "app.py"], "no state is called `walks`: it is one of holds-gil, computes, run-queue, "),
        (["--once", "app.py"], "--once is for --pid: it looks at a process that runs; --locals is for --once "),
        (["--once", "--pid", "4194305"], "there is no process 4194305"),
        (["--once", "--pid", "1", "--format", "sarif"], "--once is shown as text or json "),
        (["--try", "--pid", "1"], "--try runs the program again: name a script or a module, not --pid "),
        (["--pairs", "2", "app.py"], "--pairs is for --try "),
        (["--html", "no/such/page.html", "app.py"], "cannot write no/such/page.html: no such directory"),
    ],
)
def test_bad_input_is_one_line_and_two(tmp_path: Path, words: Sequence[str], says: str):
    (tmp_path / "app.py").write_text("print('out')\n", encoding="utf-8")
    (tmp_path / "picture").write_bytes(b"\x7fELF\0\0")
    (tmp_path / "shell").write_text("#!/bin/sh\necho out\n", encoding="utf-8")
    done = profile(tmp_path, *words)
    assert (done.returncode, done.stdout) == (2, ""), done.stderr
    assert done.stderr.startswith(f"concurlint: {says}")
    assert done.stderr.count("\n") == 1


def test_a_process_that_is_no_python_is_told(tmp_path: Path):
    with subprocess.Popen(["sleep", "60"]) as process:
        done = profile(tmp_path, "--pid", str(process.pid))
        process.kill()
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert f"process {process.pid} is not a Python process" in done.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_anothers_process_is_told_with_what_is_missing(tmp_path: Path):
    code = (
        # All is loaded before: somebody else may not read where this Python is installed.
        "import os, sys, concurlint.cli.front, concurlint.cli.profile\n"
        "import concurlint.cli.profiled, concurlint.cli.profiling\n"
        "os.setgid(65534)\nos.setuid(65534)\n"
        "sys.exit(concurlint.cli.main(['profile', '--pid', sys.argv[1]]))"
    )
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"]) as process:
        time.sleep(0.2)
        done = subprocess.run(
            [sys.executable, "-c", code, str(process.pid)],
            env=environment(tmp_path),
            capture_output=True,
            text=True,
            check=False,
        )
        process.kill()
    says = f"concurlint: not permitted to read process {process.pid}: run as root or grant CAP_SYS_PTRACE\n"
    assert (done.returncode, done.stderr) == (2, says)


def test_without_py_spy_nothing_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    (tmp_path / "app.py").write_text("print('out')\n", encoding="utf-8")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    assert main(["profile", str(tmp_path / "app.py")]) == 2
    said, complained = capfd.readouterr()
    assert said == ""
    assert complained.startswith("concurlint: py-spy is not installed: `pip install py-spy`")


def test_a_full_disk_loses_neither_the_programs_output_nor_the_report(tmp_path: Path):
    (tmp_path / "app.py").write_text("print('out')\n", encoding="utf-8")
    done = profile(tmp_path, "--output", "/dev/full", "app.py")
    assert (done.returncode, done.stdout) == (2, "out\n")
    first, _, report = done.stderr.partition("\n")
    assert first == "concurlint: cannot write /dev/full: no space left on device; the report follows here"
    assert report.startswith("app.py: ")
