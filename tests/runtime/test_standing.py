"""What stands still, by hand and in a program that hangs."""

import sys
import time
from pathlib import Path

import pytest

from concurlint.runtime.join import JoinedThread, Piece
from concurlint.runtime.launch import start_script
from concurlint.runtime.samples import Frame, Standing, Standstill, State
from concurlint.runtime.standing import Moment, Stand, moment_of
from concurlint.runtime.states import Sampler
from tests.runtime.measured import why_not

WORK = Frame("work", "/home/me/app.py", 7)
GET = Frame("Queue.get", "/usr/lib/python3.12/queue.py", 171)

HANGS = """
import threading
one, other = threading.Lock(), threading.Lock()
def first():
    with one:
        ready.wait()
        with other: pass
def second():
    with other:
        ready.wait()
        with one: pass
ready = threading.Barrier(2)
for work in (first, second):
    threading.Thread(target=work, name=work.__name__, daemon=True).start()
threading.Event().wait()
"""


def test_a_stack_is_the_one_last_seen_and_names_the_wait():
    pieces = (Piece(0, 50, State.HOLDS_GIL, (WORK,)), Piece(50, 60, State.LOCK, (WORK, GET)))
    thread = JoinedThread(7, 8, "reader", (), pieces, 0, 0)
    seen = Standstill(2_000_000_000, (Standing(7, 8, State.LOCK, 4096, False, 500_000_000),))
    stand = Stand(7, 8, "reader", State.QUEUE, (WORK, GET), 4096, False, 1.5)
    assert moment_of(seen, [thread], 0) == Moment(2.0, (stand,))


@pytest.mark.live
def test_threads_that_wait_for_each_other_are_noted_with_the_futexes_they_wait_on(tmp_path: Path):
    if why_not():
        pytest.skip(why_not())
    script = tmp_path / "hangs.py"
    script.write_text(HANGS, encoding="utf-8")
    with start_script(str(script), python=sys.executable) as program:
        sampler = Sampler(program.pid)
        sampler.start()
        program.go()
        until = time.monotonic() + 20
        while not sampler.is_stuck() and time.monotonic() < until:
            program.wait(0.1)
        sampler.note_standstill()
        found = sampler.stop().standstill
    assert found is not None
    waiting = {one.tid: one for one in found.threads}
    assert {one.state for one in waiting.values()} == {State.LOCK}
    assert not any(one.is_timed for one in waiting.values())
    assert len({one.address for one in waiting.values() if one.address}) == 3
