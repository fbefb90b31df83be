"""A process at one moment: each thread's stack, its wait, and who waits for the same."""

import io
import json

from rich.console import Console

from concurlint.report.profiled.once import render_json, render_terminal, render_text
from concurlint.runtime.once import FrameNow, LocalVariable, Now, ThreadNow
from concurlint.runtime.samples import Frame, State

APP = "/home/me/app.py"
LIBRARY = "/usr/lib/python3.12/queue.py"
TEXTS = {APP: "import queue\nq = queue.Queue()\n\ndef work():\n    q.get()\n"}
RUN = FrameNow(Frame("Thread.run", "/usr/lib/python3.12/threading.py", 1010))
WORK = FrameNow(Frame("work", APP, 5), (LocalVariable("n", "<Thing\x1b[31m>"),))
GET = FrameNow(Frame("Queue.get", LIBRARY, 171))


def thread(
    tid: int, name: str, state: State, *frames: FrameNow, idle: float | None = 2.5, address: int = 0
) -> ThreadNow:
    return ThreadNow(7, tid, name, state, False, address, idle, frames)


NOW = Now(
    ("python", "app.py"),
    "3.12",
    1_700_000_000.0,
    (
        thread(7, "MainThread", State.SLEEP),
        thread(8, "one", State.QUEUE, RUN, WORK, GET, address=99),
        thread(9, "two", State.QUEUE, RUN, WORK, GET, address=98, idle=1.5),
        thread(10, "other", State.LOCK, WORK, idle=None, address=99),
        thread(11, "busy", State.HOLDS_GIL, WORK),
    ),
    ("something is missing",),
)


def test_threads_that_do_the_same_are_one_and_the_busy_come_first():
    assert render_text(NOW, TEXTS) == (
        "python app.py: Python 3.12, 5 threads\n"
        "note: something is missing\n"
        "\n"
        "busy (thread 11): holds the GIL\n"
        "    work (/home/me/app.py:5)\n"
        "        q.get()\n"
        "        n = <Thing␛[31m>\n"
        "\n"
        "MainThread (thread 7): sleeps, for 2.50 s\n"
        "    no Python stack\n"
        "\n"
        "one, two (2 threads): waits for another thread, for 1.50 s\n"
        "    waits for the same as other\n"
        "    Queue.get (/usr/lib/python3.12/queue.py:171)\n"
        "    work (/home/me/app.py:5)\n"
        "        q.get()\n"
        "        n = <Thing␛[31m>\n"
        "    Thread.run (/usr/lib/python3.12/threading.py:1010)\n"
        "\n"
        "other (thread 10): waits for a lock\n"
        "    waits for the same as one\n"
        "    work (/home/me/app.py:5)\n"
        "        q.get()\n"
        "        n = <Thing␛[31m>\n"
    )


def test_a_terminal_shows_the_same_words():
    console = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=40)
    assert render_terminal(NOW, TEXTS, console) == render_text(NOW, TEXTS)


def test_json_has_every_frame_with_its_variables():
    document = json.loads(render_json(NOW))
    assert list(document) == ["version", "command", "python", "at", "threads", "notes"]
    assert document["threads"][3] == {
        "pid": 7,
        "tid": 10,
        "name": "other",
        "state": "lock",
        "timed": False,
        "address": 99,
        "idle": None,
        "frames": [{"function": "work", "path": APP, "line": 5, "locals": {"n": "<Thing\x1b[31m>"}}],
    }
