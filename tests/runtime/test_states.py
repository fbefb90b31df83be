"""Live: what the sampler says of small programs, against arithmetic and the kernel's own counts."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from concurlint.runtime.launch import start_command, start_script
from concurlint.runtime.procfs import is_alive
from concurlint.runtime.samples import State
from concurlint.runtime.states import Sampler, SamplingError
from tests.runtime.measured import Measured, measure, points, pythons, seconds, why_not

pytestmark = [
    pytest.mark.measured,
    pytest.mark.live,
    pytest.mark.slow,
    pytest.mark.skipif(bool(why_not()), reason=why_not()),
]

NEAR = 5
"""Points that a share may be off; GIL shares less."""
NEAR_GIL = 3
OFTEN = 3
"""A measurement on a shared machine may be spoilt by others: it is repeated before it counts."""

versions = pytest.mark.parametrize("version", sorted({*pythons()} & {"3.11", "3.12", "3.13"}))

SPIN = """
def spin(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        sum(range(100))
"""


def threads(count: int, body: str) -> str:
    """A script with `count` threads that run `body` and are waited for."""
    inside = "".join(f"    {line}\n" for line in body.splitlines())
    return f"{SPIN}\ndef work():\n{inside}\nall = [threading.Thread(target=work) for _ in range({count})]\n" + (
        "for thread in all:\n    thread.start()\nfor thread in all:\n    thread.join()\n"
    )


def holds_at_rest(folder: Path, text: str, python: str, check: Callable[[Measured], None]) -> None:
    """Run `check` on what was measured; what is wrong counts only where each thread had a CPU when it wanted one."""
    for _ in range(OFTEN):
        measured = measure(folder, text, python)
        try:
            return check(measured)
        except AssertionError:
            if not measured.is_crowded:
                raise
    pytest.skip("other programs keep the CPUs busy: shares are not what arithmetic says")


def counted_right(measured: Measured) -> list[str]:
    """Where CPU or run-queue time strays from the kernel's own count by more than is fair, in words."""
    wrong = []
    for thread in measured.states.threads:
        spent = seconds(thread)
        total = sum(spent.values())
        if total < 1.0:
            continue
        ready = spent[State.HOLDS_GIL] + spent[State.COMPUTES] + spent[State.RUN_QUEUE]
        off = 100 * (ready - (thread.cpu_ns + thread.queue_ns) / 1e9) / total
        late = 100 * (spent[State.RUN_QUEUE] - thread.queue_ns / 1e9) / total
        # On a crowded machine looks are fewer and further between.
        if abs(off) > NEAR * (1 + 2 * measured.is_crowded) or late > NEAR:
            wrong.append(f"{thread.name} {thread.tid}: {off:+.1f} points ready, {late:+.1f} in the run queue")
    return wrong


# Where the time goes, whatever else the machine does


@versions
def test_cpu_and_run_queue_are_what_the_kernel_counted(tmp_path: Path, version: str):
    for _ in range(OFTEN):
        measured = measure(tmp_path, threads(2, "spin(0.8)"), pythons()[version])
        wrong = counted_right(measured)
        if not wrong:
            break
    assert wrong == []
    assert measured.status == 0


@versions
def test_hashing_large_buffers_needs_no_gil(tmp_path: Path, version: str):
    body = "end = time.thread_time() + 0.7\nwhile time.thread_time() < end:\n    hashlib.sha256(data).digest()"

    def check(measured: Measured) -> None:
        assert len(measured.workers) == 2
        for thread in measured.workers:
            assert points(thread, State.COMPUTES, State.RUN_QUEUE) > 90
            assert points(thread, State.HOLDS_GIL, State.GIL_WAIT) < NEAR

    holds_at_rest(tmp_path, "data = bytes(1 << 24)\n" + threads(2, body), pythons()[version], check)


@versions
def test_a_sleep_with_the_gil_held_is_told_from_one_without(tmp_path: Path, version: str):
    text = "import ctypes\nlibc = ctypes.PyDLL(None)\nfor _ in range(50):\n    libc.usleep(30000)\n"
    measured = measure(tmp_path, text, pythons()[version])
    assert points(measured.main, State.HELD_BLOCKED) > 85
    assert points(measured.main, State.SLEEP) < 2


@versions
def test_waiting_for_a_lock_is_never_waiting_for_the_gil(tmp_path: Path, version: str):
    body = "for _ in range(40):\n    with lock:\n        time.sleep(0.015)\n    time.sleep(0.001)"
    measured = measure(tmp_path, "lock = threading.Lock()\n" + threads(3, body), pythons()[version])
    shares = [points(thread, State.LOCK) for thread in measured.workers]
    assert 45 < sum(shares) / 3 < 75
    assert sum(points(thread, State.SLEEP) for thread in measured.workers) > 85
    assert all(points(thread, State.GIL_WAIT) < 2 for thread in [*measured.workers, measured.main])
    assert points(measured.main, State.LOCK) > 85


@versions
def test_each_kind_of_wait_is_named(tmp_path: Path, version: str):
    text = """
import select, selectors
one, other = socket.socketpair()
reads, writes = os.pipe()
def late(call, *arguments):
    threading.Timer(0.4, call, arguments).start()
late(other.send, b'x')
one.recv(1)
late(os.write, writes, b'x')
os.read(reads, 1)
subprocess.run(['sleep', '0.4'])
time.sleep(0.4)
select.select([one], [], [], 0.4)
loop = select.epoll()
loop.register(one, select.EPOLLIN)
loop.poll(0.4)
threading.Event().wait(0.4)
"""
    measured = measure(tmp_path, text, pythons()[version])
    spent = seconds(measured.main)
    assert {state: round(spent[state] / 0.4) for state in spent if spent[state] > 0.2} == {
        State.NETWORK: 2,
        State.PIPE: 1,
        State.CHILD: 1,
        State.SLEEP: 1,
        State.LOOP_IDLE: 1,
        State.LOCK: 1,
    }


@versions
def test_writing_through_to_the_disk_is_seen_as_disk(tmp_path: Path, version: str):
    text = f"""
out = open({str(tmp_path / "big")!r}, "wb", buffering=0)
end = time.monotonic() + 1.5
waited = 0.0
while time.monotonic() < end:
    out.write(bytes(1 << 18))
    begin = time.monotonic()
    os.fsync(out.fileno())
    waited += time.monotonic() - begin
    out.seek(0)
print(waited, file=open({str(tmp_path / "waited")!r}, "w"))
"""

    def check(measured: Measured) -> None:
        waited = float((tmp_path / "waited").read_text(encoding="utf-8"))
        if waited < 0.5:
            pytest.skip("the disk takes no time here")
        spent = seconds(measured.main)
        assert spent[State.DISK] > 0.3 * waited
        assert spent[State.DISK] <= waited + 0.2

    holds_at_rest(tmp_path, text, pythons()[version], check)


@versions
def test_a_pool_of_processes_is_watched_one_by_one(tmp_path: Path, version: str):
    text = f"""
from concurrent.futures import ProcessPoolExecutor
{SPIN}
if __name__ == "__main__":
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(spin, [0.5, 0.5]))
"""
    measured = measure(tmp_path, text, pythons()[version])
    pids = {thread.pid for thread in measured.states.threads} - {measured.pid}
    assert len(pids) == 2
    for pid in pids:
        (worker,) = measured.of(pid)
        assert worker.cpu_ns > 400_000_000
        assert points(worker, State.HOLDS_GIL, State.RUN_QUEUE) > 85
        assert points(worker, State.COMPUTES) < NEAR
    assert points(measured.main, State.LOCK) > 70


@versions
def test_children_that_are_not_python_are_not_watched(tmp_path: Path, version: str):
    text = "for _ in range(3):\n    subprocess.run(['sleep', '0.3'])\n"
    measured = measure(tmp_path, text, pythons()[version])
    assert {thread.pid for thread in measured.states.threads} == {measured.pid}
    # Where other programs fill the machine, starting a child takes long.
    assert points(measured.main, State.CHILD, State.RUN_QUEUE) > 70


# Shares as arithmetic says, on a machine at rest


@versions
@pytest.mark.parametrize("count", [1, 2, 4])
def test_computing_threads_share_the_gil(tmp_path: Path, version: str, count: int):
    end = "end = time.monotonic() + 2\nwhile time.monotonic() < end:\n    sum(range(100))"

    def check(measured: Measured) -> None:
        held = [points(thread, State.HOLDS_GIL) for thread in measured.workers]
        waited = [points(thread, State.GIL_WAIT) for thread in measured.workers]
        assert sum(held) == pytest.approx(100, abs=NEAR_GIL + count)
        assert sum(waited) == pytest.approx(100 * (count - 1), abs=(NEAR_GIL + 1) * count)
        if count > 1:
            assert measured.states.switches > 50

    holds_at_rest(tmp_path, threads(count, end), pythons()[version], check)


@versions
def test_computing_and_sleeping_by_turns(tmp_path: Path, version: str):
    text = SPIN + "slept = 0.0\nfor _ in range(100):\n    spin(0.008)\n    time.sleep(0.012)\n"

    def check(measured: Measured) -> None:
        # Sleeps are a little longer than asked for.
        assert points(measured.main, State.HOLDS_GIL) == pytest.approx(40, abs=NEAR)
        assert points(measured.main, State.SLEEP) == pytest.approx(60, abs=NEAR)

    holds_at_rest(tmp_path, text, pythons()[version], check)


@versions
def test_a_sleeper_beside_a_computing_thread_waits_for_the_gil(tmp_path: Path, version: str):
    text = """
def compute():
    end = time.monotonic() + 3
    while time.monotonic() < end:
        sum(range(100))
thread = threading.Thread(target=compute)
thread.start()
while thread.is_alive():
    time.sleep(0.010)
"""

    def check(measured: Measured) -> None:
        assert points(measured.main, State.GIL_WAIT) == pytest.approx(33.3, abs=NEAR)
        assert points(measured.main, State.SLEEP) == pytest.approx(66.7, abs=NEAR)
        assert points(measured.workers[0], State.HOLDS_GIL) == pytest.approx(100, abs=NEAR_GIL)

    holds_at_rest(tmp_path, text, pythons()[version], check)


# Programs that come, go and end


def test_threads_and_their_names_are_followed_as_they_come_and_go(tmp_path: Path):
    text = """
def work(number):
    open("/proc/thread-self/comm", "w").write("worker-%d" % number)
    time.sleep(0.15)
for number in range(6):
    thread = threading.Thread(target=work, args=(number,))
    thread.start()
    thread.join()
"""
    measured = measure(tmp_path, text)
    assert len(measured.workers) == 6
    for thread in measured.workers:
        assert thread.stretches[-1].end - thread.stretches[0].start == pytest.approx(0.15e9, abs=0.06e9)
        assert points(thread, State.SLEEP) > 70
    gaps = zip(measured.workers, measured.workers[1:], strict=False)
    assert all(one.stretches[-1].end <= other.stretches[0].start + 0.02e9 for one, other in gaps)


def test_stretches_follow_each_other_without_gap_or_overlap(tmp_path: Path):
    measured = measure(tmp_path, threads(3, "for _ in range(20):\n    spin(0.005)\n    time.sleep(0.005)"))
    for thread in measured.states.threads:
        for one, other in zip(thread.stretches, thread.stretches[1:], strict=False):
            assert one.end == other.start
            assert one.state is not other.state
    states = measured.states
    assert all(states.started <= thread.stretches[0].start for thread in states.threads)
    assert all(thread.stretches[-1].end <= states.ended for thread in states.threads)
    assert states.interval == (states.ended - states.started) // states.ticks
    assert list(states.holders) == sorted(states.holders)


def test_the_holders_are_threads_that_were_there(tmp_path: Path):
    measured = measure(tmp_path, threads(2, "spin(0.3)"))
    ids = {(thread.pid, thread.tid) for thread in measured.states.threads} | {(measured.pid, 0)}
    seen = Counter((pid, tid) for _, pid, tid in measured.states.holders)
    assert {*seen} <= ids
    assert all(seen[thread.pid, thread.tid] for thread in measured.workers)


@pytest.mark.parametrize(
    ("text", "status"), [("1 / 0", 1), ("sys.exit(3)", 3), ("os._exit(7)", 7), ("os.kill(os.getpid(), 9)", -9)]
)
def test_a_program_may_end_as_it_likes(tmp_path: Path, capfd: pytest.CaptureFixture[str], text: str, status: int):
    measured = measure(tmp_path, text + "\n")
    assert measured.status == status
    assert measured.states.ended - measured.states.started < 5e9


def test_stopping_early_leaves_the_program_alone(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text("import time\ntime.sleep(60)\n", encoding="utf-8")
    with start_script(str(script)) as program:
        program.go()
        with Sampler(program.pid, rate=100) as sampler:
            time.sleep(0.5)
            assert sampler.is_running
            states = sampler.stop()
        assert is_alive(program.pid)
    assert 20 <= states.ticks <= 60
    assert states.interval == pytest.approx(10e6, rel=0.5)


def test_python_below_another_command_is_found(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text("import time\ntime.sleep(0.7)\n", encoding="utf-8")
    with start_command(["sh", "-c", f"sleep 0.1; {sys.executable} {script}; exit 3"]) as program:
        sampler = Sampler(program.pid)
        sampler.start()
        assert program.wait(20) == 3
        assert sampler.wait(5)
        states = sampler.stop()
    (thread,) = states.threads
    assert thread.pid != program.pid
    assert points(thread, State.SLEEP) > 50


def test_a_process_that_becomes_another_python_is_read_anew(tmp_path: Path):
    text = f"os.execv({sys.executable!r}, [{sys.executable!r}, '-c', 'for _ in range(20_000_000): pass'])\n"
    measured = measure(tmp_path, text)
    assert seconds(measured.main)[State.HOLDS_GIL] > 0.5 * measured.main.cpu_ns / 1e9


def test_nothing_stays_open_and_no_thread_is_left(tmp_path: Path):
    before = len([*Path("/proc/self/fd").iterdir()]), len([*Path("/proc/self/task").iterdir()])
    measure(tmp_path, threads(2, "time.sleep(0.2)"))
    assert (len([*Path("/proc/self/fd").iterdir()]), len([*Path("/proc/self/task").iterdir()])) == before


def test_its_own_cost_is_told_and_small(tmp_path: Path):
    states = measure(tmp_path, threads(3, "time.sleep(2)")).states
    assert 0 < states.cost_ns < 0.08 * (states.ended - states.started)


def test_with_many_threads_it_looks_less_often_and_says_so(tmp_path: Path):
    states = measure(tmp_path, threads(300, "for _ in range(60):\n    time.sleep(0.05)")).states
    assert len(states.threads) == 301
    assert "so many threads that each was looked at only every " in states.method
    assert states.cost_ns < 0.08 * (states.ended - states.started)
    slept = [seconds(thread)[State.SLEEP] / (sum(seconds(thread).values()) or 1.0) for thread in states.threads]
    assert sorted(slept)[len(slept) // 2] > 0.6


def test_the_method_says_how_the_gil_was_read(tmp_path: Path):
    method = measure(tmp_path, "time.sleep(0.2)\n").states.method
    assert method == "threads by /proc syscall and schedstat; GIL read from memory, found by its symbol"


def test_an_ended_process_cannot_be_sampled():
    process = subprocess.Popen(["true"])
    process.wait()
    with pytest.raises(SamplingError, match=f"there is no process {process.pid}"):
        Sampler(process.pid)


def test_without_leave_what_is_left_is_given_and_the_method_says_so(tmp_path: Path):
    if os.geteuid() != 0:
        pytest.skip("only root can give up leave for a process of another")
    code = (
        "import os, sys\nsys.path.insert(0, sys.argv[2])\n"
        "from concurlint.runtime.states import Sampler\nos.setgid(65534)\nos.setuid(65534)\n"
        "sampler = Sampler(int(sys.argv[1]))\nsampler.start()\nimport time\ntime.sleep(0.7)\nstates = sampler.stop()\n"
        "(thread,) = states.threads\nprint({s.state.value for s in thread.stretches})\nprint(states.method)\n"
    )
    with start_command([sys.executable, "-c", "import time\ntime.sleep(60)"]) as program:
        time.sleep(0.3)
        root = str(Path(__file__).parents[2])
        done = subprocess.run(
            [sys.executable, "-c", code, str(program.pid), root], capture_output=True, text=True, check=False
        )
    assert done.stderr == ""
    seen, method = done.stdout.splitlines()
    assert seen == "{'unknown'}"
    assert "GIL not found" in method
    assert "grant CAP_SYS_PTRACE" in method


def test_a_process_that_a_signal_has_stopped_is_called_stopped(tmp_path: Path):
    (tmp_path / "app.py").write_text("import time\nwhile True:\n    time.sleep(0.01)\n", encoding="utf-8")
    with subprocess.Popen([sys.executable, "app.py"], cwd=tmp_path) as process:
        try:
            time.sleep(0.3)
            with Sampler(process.pid) as sampler:
                time.sleep(0.3)
                process.send_signal(signal.SIGSTOP)
                time.sleep(0.8)
                process.send_signal(signal.SIGCONT)
                time.sleep(0.5)
                (thread,) = sampler.stop().threads
        finally:
            process.kill()
    states = [stretch.state for stretch in thread.stretches]
    stood = [stretch.end - stretch.start for stretch in thread.stretches if stretch.state is State.STOPPED]
    assert State.STOPPED not in (states[0], states[-1])
    assert 0.4 < sum(stood) / 1e9 < 1.2
