"""Chrome traces as py-spy writes them, and what their events say of each thread."""

import json
from pathlib import Path

import pytest

from concurlint.runtime.chrometrace import read_events, stacks_of
from concurlint.runtime.samples import Frame, StackStretch, ThreadStacks

RECORDED = Path(__file__).parent / "recorded"
US = 1000


def event(ph: str, ts: int, name: str, *, pid: int = 7, slot: int = 1, path: str = "", line: int = 0) -> object:
    """One record of a trace."""
    args = {"filename": path, "line": line}
    return {"args": args, "cat": "py-spy", "name": name, "ph": ph, "pid": pid, "tid": slot, "ts": ts}


def stacks(*records: object, started: int = 0, cwd: str = "") -> tuple[ThreadStacks, ...]:
    """What a trace of these records says."""
    events, trouble = read_events(json.dumps(records), cwd)
    assert trouble == ""
    return stacks_of(events, started)


def recorded(name: str) -> tuple[ThreadStacks, ...]:
    """What a trace says that py-spy 0.4.3 wrote."""
    events, trouble = read_events((RECORDED / name).read_text(encoding="utf-8"))
    assert trouble == ""
    return stacks_of(events, 0)


def test_events_of_one_moment_are_one_stack_and_last_until_the_next():
    found = stacks(
        event("B", 10, "thread (12): worker"),
        event("B", 10, "main", path="/a.py", line=3),
        event("B", 10, "work", path="/a.py", line=8),
        event("E", 25, "work", path="/a.py", line=8),
        event("B", 25, "work", path="/a.py", line=9),
        event("E", 40, "work", path="/a.py", line=9),
        event("E", 40, "main", path="/a.py", line=3),
        event("E", 40, "thread (12): worker"),
        started=1_000_000,
    )
    main, eight, nine = Frame("main", "/a.py", 3), Frame("work", "/a.py", 8), Frame("work", "/a.py", 9)
    assert found == (
        ThreadStacks(
            7,
            12,
            "worker",
            (
                StackStretch(1_000_000 + 10 * US, 1_000_000 + 25 * US, (main, eight)),
                StackStretch(1_000_000 + 25 * US, 1_000_000 + 40 * US, (main, nine)),
            ),
        ),
    )


def test_a_pthread_id_used_again_is_another_thread():
    found = stacks(
        event("B", 10, "thread (12): first"),
        event("B", 10, "run", path="/a.py", line=1),
        event("E", 20, "run", path="/a.py", line=1),
        event("E", 20, "thread (12): first"),
        event("B", 20, "thread (13): second"),
        event("B", 20, "run", path="/a.py", line=1),
        event("E", 30, "run", path="/a.py", line=1),
        event("E", 30, "thread (13): second"),
    )
    run = (Frame("run", "/a.py", 1),)
    assert found == (
        ThreadStacks(7, 12, "first", (StackStretch(10 * US, 20 * US, run),)),
        ThreadStacks(7, 13, "second", (StackStretch(20 * US, 30 * US, run),)),
    )


def test_processes_that_share_a_slot_are_told_apart():
    found = stacks(
        event("B", 10, "thread (7): MainThread", pid=7),
        event("B", 10, "wait", pid=7, path="/a.py", line=1),
        event("E", 11, "wait", pid=8, path="/a.py", line=1),
        event("E", 11, "thread (7): MainThread", pid=8),
        event("B", 11, 'process 8:"python"', pid=8),
        event("B", 11, "thread (8): MainThread", pid=8),
        event("B", 11, "spin", pid=8, path="/a.py", line=2),
        event("E", 20, "spin", pid=7, path="/a.py", line=2),
        event("E", 20, "thread (8): MainThread", pid=7),
        event("E", 20, 'process 8:"python"', pid=7),
        event("B", 20, "thread (7): MainThread", pid=7),
        event("B", 20, "wait", pid=7, path="/a.py", line=1),
    )
    assert [(of.pid, of.tid, [s.frames[-1].function for s in of.stretches]) for of in found] == [
        (7, 7, ["wait"]),
        (8, 8, ["spin"]),
    ]


def test_relative_paths_start_at_the_target_s_folder():
    found = stacks(
        event("B", 1, "thread (7): MainThread"),
        event("B", 1, "<module>", path="app.py", line=1),
        event("B", 1, "f", path="<string>", line=1),
        event("E", 2, "f", path="<string>", line=1),
        cwd="/home/me",
    )
    assert [frame.path for frame in found[0].stretches[0].frames] == ["/home/me/app.py", "<string>"]


def test_pthread_ids_and_names_with_anything_in_them_are_read():
    found = stacks(
        event("B", 1, "thread (0x7FE5C57AE6C0): pool (1): a"),
        event("B", 1, "f", path="/a.py", line=1),
        event("B", 1, "g", slot=2, path="/a.py", line=1),
        event("E", 2, "f", path="/a.py", line=1),
    )
    assert [(of.tid, of.name) for of in found] == [(0x7FE5C57AE6C0, "pool (1): a")]


def test_a_recording_of_3_12_has_every_thread_by_its_os_id():
    found = {of.name: of for of in recorded("convoy-3.12.json")}
    assert set(found) == {"MainThread", "sleeper", "spinner"}
    assert found["MainThread"].pid == found["MainThread"].tid
    assert [s.frames[-1] for s in found["sleeper"].stretches] == [Frame("doze", "/home/me/convoy.py", 34)]
    assert {s.frames[-1].line for s in found["spinner"].stretches} == {25, 26, 27}


def test_a_recording_of_3_8_has_pthread_ids():
    found = recorded("lock-3.8.json")
    assert [of.name for of in found] == ["comer-2", "comer-1", "keeper", "MainThread"]
    assert all(of.tid > 1 << 22 for of in found)


def test_a_recording_of_a_fork_has_two_main_threads():
    found = {of.name: of for of in recorded("fork-3.11.json")}
    assert set(found) == {"MainThread", "forked"}
    assert found["MainThread"].pid != found["forked"].pid
    assert {s.frames[-1].function for s in found["MainThread"].stretches} == {"main"}
    assert {s.frames[-1].function for s in found["forked"].stretches} == {"spin"}


@pytest.mark.parametrize("name", ["convoy-3.12.json", "lock-3.8.json", "fork-3.11.json"])
def test_stretches_of_a_thread_come_in_order_and_do_not_overlap(name: str):
    for of in recorded(name):
        moments = [moment for stretch in of.stretches for moment in (stretch.start, stretch.end)]
        assert moments == sorted(moments)
        assert all(stretch.start < stretch.end for stretch in of.stretches)


def test_a_trace_cut_short_gives_what_was_written_and_says_so():
    text = (RECORDED / "convoy-3.12.json").read_text(encoding="utf-8")
    compact = json.dumps(json.loads(text), separators=(",", ":"))
    whole, _ = read_events(compact)
    events, trouble = read_events(compact[: len(compact) // 2])
    assert trouble == "py-spy's output is damaged: its end is missing"
    assert events == whole[: len(events)]
    assert len(whole) // 3 < len(events) < len(whole)


@pytest.mark.parametrize(
    ("text", "trouble"),
    [
        ("", "py-spy's output is empty"),
        ("\n", "py-spy's output is empty"),
        ("[]", "py-spy saw no stacks"),
        ("{}", "py-spy's output is damaged: it is not a list of events"),
        ("nonsense", "py-spy's output is damaged: its end is missing"),
        ('[{"ph": "B"}, 3, null]', "py-spy saw no stacks"),
        ('[{"ph": "M", "name": "thread_name", "pid": 1, "tid": 0, "ts": 0, "args": {}}]', "py-spy saw no stacks"),
    ],
)
def test_text_that_is_no_trace_is_told_in_one_line(text: str, trouble: str):
    assert read_events(text) == ([], trouble)
