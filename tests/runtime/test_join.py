"""States and stacks joined: clocks aligned, threads paired, lines given their states."""

import random
from itertools import pairwise

import pytest

from concurlint.runtime.join import Joined, JoinedThread, join
from concurlint.runtime.pairing import pair_threads
from concurlint.runtime.samples import Frame, Stacks, State, ThreadStacks
from tests.runtime.made import MS, PID, stacks, states, thread_stacks, thread_states

MAIN = Frame("<module>", "/home/me/app.py", 30)
SPIN = (MAIN, Frame("spin", "/home/me/app.py", 5))
DOZE = (MAIN, Frame("doze", "/home/me/app.py", 9))
GET = (
    MAIN,
    Frame("Queue.get", "/usr/lib/python3.12/queue.py", 171),
    Frame("Condition.wait", "/usr/lib/python3.12/threading.py", 355),
)


def seconds(thread: JoinedThread) -> dict[tuple[str, State], float]:
    """Function at the leaf and state → seconds."""
    return {(of.frames[-1].function if of.frames else "", of.state): of.ns / 1e9 for of in thread.spent}


def only(joined: Joined) -> JoinedThread:
    """The one thread there is."""
    (thread,) = joined.threads
    return thread


def test_each_state_goes_to_the_line_of_that_time():
    joined = join(
        states(thread_states(PID, (0, 600, State.HOLDS_GIL), (600, 1000, State.SLEEP))),
        stacks(thread_stacks(PID, (0, 600, SPIN), (600, 1000, DOZE), name="MainThread")),
    )
    assert only(joined).name == "MainThread"
    assert seconds(only(joined)) == {("spin", State.HOLDS_GIL): 0.6, ("doze", State.SLEEP): 0.4}


def test_a_line_that_is_in_two_states_keeps_both():
    joined = join(
        states(
            thread_states(
                PID,
                *(
                    (i * 100 + a, i * 100 + b, s)
                    for i in range(20)
                    for a, b, s in ((0, 50, State.HOLDS_GIL), (50, 100, State.GIL_WAIT))
                ),
            )
        ),
        stacks(thread_stacks(PID, (0, 2000, SPIN))),
    )
    assert seconds(only(joined)) == {("spin", State.HOLDS_GIL): 1.0, ("spin", State.GIL_WAIT): 1.0}


def test_a_wait_is_named_by_the_frames_it_is_in():
    joined = join(
        states(thread_states(PID, (0, 1000, State.LOCK))),
        stacks(thread_stacks(PID, (0, 1000, GET))),
    )
    assert seconds(only(joined)) == {("Condition.wait", State.QUEUE): 1.0}
    assert {piece.state for piece in only(joined).pieces} == {State.QUEUE}


def test_a_thread_without_stacks_keeps_its_states():
    joined = join(states(thread_states(PID, (0, 300, State.LOCK), name="worker")), stacks())
    assert only(joined).name == "worker"
    assert seconds(only(joined)) == {("", State.LOCK): 0.3}
    assert joined.with_stacks == 0


def test_time_before_the_stacks_began_and_after_they_ended_has_no_line():
    joined = join(
        states(thread_states(PID, (0, 1000, State.HOLDS_GIL))),
        stacks(thread_stacks(PID, (400, 600, SPIN))),
    )
    spent = seconds(only(joined))
    assert spent[("spin", State.HOLDS_GIL)] == pytest.approx(0.2, abs=0.02)
    assert sum(spent.values()) == pytest.approx(1.0)


def test_stacks_of_a_thread_that_is_gone_count_only_while_it_lived():
    joined = join(
        states(thread_states(PID, (0, 100, State.HOLDS_GIL))),
        stacks(thread_stacks(PID, (0, 60_000, SPIN))),
    )
    assert seconds(only(joined)) == {("spin", State.HOLDS_GIL): 0.1}
    assert only(joined).pieces[-1].end == 100 * MS


def test_frames_of_what_started_the_script_are_left_out():
    hidden = Frame("main", "/usr/share/concurlint/bootstrap.py", 3)
    joined = join(
        states(thread_states(PID, (0, 100, State.HOLDS_GIL))),
        stacks(thread_stacks(PID, (0, 100, (hidden, *SPIN)))),
        hidden=frozenset({hidden.path}),
    )
    assert {of.frames for of in only(joined).spent} == {SPIN}


def cycles(
    late: float,
    *,
    seed: int = 1,
    computing: int = 12,
    doze: tuple[Frame, ...] = DOZE,
    waits: State = State.SLEEP,
    doubt: int = 4,
) -> Joined:
    """A thread that computes 12 ms of each 20 and sleeps the rest, looked at as the two recorders do: states every
    5 ms, stacks at random moments, 10 ms apart on average, by a clock that is `late` ms behind."""
    chance = random.Random(seed)

    def computes(at: float) -> bool:
        return at % 20 < computing

    ticks = [5.0 * i + chance.uniform(0, 4.9) for i in range(600)]
    half_way = [(a + b) / 2 for a, b in pairwise(ticks)]
    seen = [
        (a, b, State.HOLDS_GIL if computes(at) else waits)
        for at, (a, b) in zip(ticks[1:], pairwise(half_way), strict=False)
    ]
    looks = [0.0]
    while looks[-1] < 3000:
        looks.append(looks[-1] + 2 + chance.expovariate(1 / 8))
    lines = [(a - late, b - late, SPIN if computes(a) else doze) for a, b in pairwise(looks)]
    merged: list[tuple[float, float, tuple[Frame, ...]]] = []
    for start, end, frames in lines:
        if merged and merged[-1][2] == frames:
            merged[-1] = (merged[-1][0], end, frames)
        else:
            merged.append((start, end, frames))
    return join(states(thread_states(PID, *seen)), stacks(thread_stacks(PID, *merged)), doubt=doubt * MS)


@pytest.mark.parametrize("late", [-3, 0, 3])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_states_shorter_than_the_samples_find_their_lines(late: float, seed: int):
    spent = seconds(only(cycles(late, seed=seed)))
    total = sum(spent.values())
    assert spent[("spin", State.HOLDS_GIL)] / total == pytest.approx(0.6, abs=0.05)
    assert spent[("doze", State.SLEEP)] / total == pytest.approx(0.4, abs=0.05)
    wrong = spent.get(("spin", State.SLEEP), 0.0) + spent.get(("doze", State.HOLDS_GIL), 0.0)
    assert wrong / total < 0.05


def test_the_clocks_stay_where_nothing_tells_them_apart():
    joined = join(
        states(thread_states(PID, (0, 1000, State.HOLDS_GIL))),
        stacks(thread_stacks(PID, *((i * 10, i * 10 + 10, SPIN if i % 2 else DOZE) for i in range(100)))),
    )
    assert joined.offset == 0


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_line_that_can_only_wait_tells_the_clocks_apart_where_all_else_fits_both_ways(seed: int):
    """10 ms each by turns, and the clock 10 ms late: computing and waiting exchanged would look as orderly."""
    waiter = (Frame("Condition.wait", "/usr/lib/python3.12/threading.py", 359),)
    spent = seconds(only(cycles(10, seed=seed, computing=10, doze=waiter, waits=State.LOCK, doubt=12)))
    total = sum(spent.values())
    assert spent[("spin", State.HOLDS_GIL)] / total == pytest.approx(0.5, abs=0.05)
    assert spent[("Condition.wait", State.QUEUE)] / total == pytest.approx(0.5, abs=0.05)


def test_a_wait_for_the_gil_stays_on_the_line_it_came_on():
    """After each sleep the thread waits for the GIL, still inside the call that slept."""
    row = [
        (i * 100 + a, i * 100 + b, state)
        for i in range(20)
        for a, b, state in ((0, 60, State.SLEEP), (60, 95, State.GIL_WAIT), (95, 100, State.HOLDS_GIL))
    ]
    lines = [(i * 100 + a, i * 100 + b, frames) for i in range(20) for a, b, frames in ((0, 95, DOZE), (95, 100, SPIN))]
    spent = seconds(only(join(states(thread_states(PID, *row)), stacks(thread_stacks(PID, *lines)))))
    assert spent[("doze", State.SLEEP)] == pytest.approx(1.2, abs=0.06)
    assert spent[("doze", State.GIL_WAIT)] == pytest.approx(0.7, abs=0.06)


def test_the_pieces_tell_the_whole_life_in_order():
    thread = only(cycles(0))
    assert all(one.end == other.start for one, other in pairwise(thread.pieces))
    assert sum(piece.end - piece.start for piece in thread.pieces) == pytest.approx(
        sum(of.ns for of in thread.spent), abs=1000
    )


# Which thread is which


def names(found: dict[tuple[int, int], ThreadStacks]) -> dict[int, str]:
    return {tid: of.name for (_, tid), of in found.items()}


def paired(kernel: list[tuple[int, str]], spied: Stacks) -> dict[int, str]:
    """OS thread id → name py-spy has for it."""
    ours = [thread_states(tid, (0, 100, State.SLEEP), name=name) for tid, name in kernel]
    return names(dict(pair_threads(ours, spied.threads)))


def test_os_thread_ids_pair_threads():
    spied = stacks(thread_stacks(9, (0, 1, SPIN), name="b"), thread_stacks(PID, (0, 1, SPIN), name="MainThread"))
    assert paired([(PID, ""), (8, ""), (9, "")], spied) == {PID: "MainThread", 9: "b"}


def test_pthread_ids_are_paired_by_name_and_the_main_thread_by_being_it():
    spied = stacks(
        thread_stacks(0x7F01, (0, 1, SPIN), name="b"),
        thread_stacks(0x7F02, (0, 1, SPIN), name="a"),
        thread_stacks(0x7F03, (0, 1, SPIN), name="MainThread"),
    )
    assert paired([(PID, "python"), (8, "a"), (9, "b")], spied) == {PID: "MainThread", 8: "a", 9: "b"}


def test_nameless_pthread_ids_are_paired_by_age():
    """py-spy reads the youngest thread first at each look."""
    spied = stacks(
        thread_stacks(0x7F05, (500, 900, SPIN), name="fourth"),
        thread_stacks(0x7F04, (10.02, 900, SPIN), name="third"),
        thread_stacks(0x7F03, (10.03, 900, SPIN), name="second"),
        thread_stacks(0x7F02, (10.04, 900, SPIN), name="MainThread"),
    )
    kernel = [(PID, "python"), (8, "python"), (9, "python"), (10, "python")]
    assert paired(kernel, spied) == {PID: "MainThread", 8: "second", 9: "third", 10: "fourth"}


def test_a_thread_first_seen_without_its_name_is_the_one_that_has_its_id_next():
    spied = stacks(
        thread_stacks(0x7F02, (0, 10, SPIN)),
        thread_stacks(0x7F03, (5, 10, SPIN)),
        thread_stacks(0x7F02, (10, 90, DOZE), name="MainThread"),
        thread_stacks(0x7F03, (10, 50, DOZE), name="first"),
        thread_stacks(0x7F03, (60, 90, DOZE), name="second"),
    )
    ours = [thread_states(tid, (0, 100, State.SLEEP)) for tid in (PID, 8, 9)]
    found = dict(pair_threads(ours, spied.threads))
    assert names(found) == {PID: "MainThread", 8: "first", 9: "second"}
    assert [len(found[PID, tid].stretches) for tid in (PID, 8, 9)] == [2, 2, 1]


def test_threads_that_cannot_be_told_apart_are_not_paired():
    spied = stacks(thread_stacks(0x7F01, (0, 1, SPIN), name="a"))
    assert paired([(8, "python"), (9, "python")], spied) == {}


def test_a_thread_that_was_renamed_is_one_thread():
    spied = stacks(thread_stacks(8, (0, 100, SPIN), name="Thread-1"), thread_stacks(8, (100, 200, DOZE), name="worker"))
    joined = join(states(thread_states(8, (0, 100, State.HOLDS_GIL), (100, 200, State.SLEEP))), spied)
    assert only(joined).name == "worker"
    assert seconds(only(joined)) == {("spin", State.HOLDS_GIL): 0.1, ("doze", State.SLEEP): 0.1}


def test_the_same_id_in_another_process_is_another_thread():
    spied = stacks(thread_stacks(8, (0, 100, SPIN), pid=99))
    joined = join(states(thread_states(8, (0, 100, State.HOLDS_GIL))), spied)
    assert seconds(only(joined)) == {("", State.HOLDS_GIL): 0.1}
