"""One thread asks somebody outside, waits, asks again, waits again."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Prediction, Tool
from concurlint.runtime.samples import State
from concurlint.verdicts.asking import client_at
from concurlint.verdicts.case import Case
from concurlint.verdicts.children import children_in_turn
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.loops import InTurn, in_turn
from concurlint.verdicts.measured import CPU, exactly, key, length, parts, ratio, spent, union, within
from concurlint.verdicts.splitting import split
from concurlint.verdicts.verdict import Seconds, Verdict
from concurlint.verdicts.waiting import Waits, askers, counted, disk_cpu, disk_threads, waits

rule = Judgement("CCL902", "waiting-one-by-one", Level.ADVICE)

_WORDS = {State.NETWORK: "the network", State.DISK: "the disk"}
_AT_ONCE = {State.NETWORK: 10, State.DISK: 4}
"""What the far side is taken to bear: a server ten requests, a disk the few that its queue sorts best."""
_UNSAID = "The figures do not say whether a question needs the answer before it."
_LEAST = 0.5
"""Of what is taken to be borne at once: the high end of a prediction."""


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    on_loop = in_turn(case)
    if on_loop is not None and children_in_turn(case) is None:
        yield from _on_loop(case, on_loop)
    for state in _WORDS:
        found = _asked(case, state)
        # The workers of a loop that awaits them in turn are told at the loop.
        if found.is_one_by_one and case.matters(found.alone) and (on_loop is None or state is State.DISK):
            yield from _in_threads(case, state, found)


def _in_threads(case: Case, state: State, found: Waits) -> Iterator[Verdict]:
    threads = [thread for thread in case.profile.threads if key(thread) in found.threads]
    count = _AT_ONCE[state] if found.is_repeated else min(_AT_ONCE[state], found.count)
    client = client_at(case, state, found.threads)
    tool = Tool.ASYNCIO if client.has_async and state is State.NETWORK else Tool.THREADS
    busy = length(within(parts(case.profile, CPU, found.threads), _span(case, found)))
    predictions = [_overlapped(case, tool, cores, found.alone, busy, max(1, count)) for cores in case.cores]
    if not case.is_worth(predictions[0]):
        return
    share = case.share(f"waiting for {_WORDS[state]}", found.alone)
    work = split(case, max(threads, key=lambda thread: spent(thread, found.states)), found.states)
    yield rule.verdict(
        case,
        client.place,
        f"the run waits {share.value:.0%} of its time for {_WORDS[state]}, one answer after another",
        figures=(share, *counted(found)),
        instead=client.instead,
        why=f"{client.says} {work.says if work.is_seen else _UNSAID}",
        help=client.help,
        predictions=predictions,
        saves=(0.0, max(0.0, predictions[0].now - predictions[0].low)),
        trace=[case.step(of, f"{of.seconds:.2f} s of waiting") for of in case.places(found.states, found.threads)[:3]],
    )


def _asked(case: Case, state: State) -> Waits:
    if state is not State.DISK or disk_cpu(case) == 0:
        return waits(case, {state}, askers(case, {state}))
    # The kernel computes for a disk that lies in memory; it is the disk's time nevertheless.
    return waits(case, {state, State.COMPUTES}, disk_threads(case))


def _span(case: Case, found: Waits) -> list[tuple[Seconds, Seconds]]:
    """From the first wait to the last: what is computed between them goes on while others wait."""
    waited = union(parts(case.profile, found.states, found.threads))
    return [(waited[0][0], waited[-1][1])] if waited else []


def _overlapped(case: Case, tool: Tool, cores: int, alone: Seconds, busy: Seconds, at_once: int) -> Prediction:
    """So many waits at once, beside what is computed between them; the rest of the run stays as it is."""
    rest = max(0.0, case.seconds - alone)
    beside = min(rest, busy)
    best = rest - beside + max(beside, alone / at_once)
    worst = rest + alone / max(1.0, at_once * _LEAST)
    assumes = (
        f"the far side bears {at_once} waits at once, and none needs another's answer",
        "what is computed in Python goes on one at a time",
    )
    return Prediction(tool, cores, best, best, max(best, min(case.seconds, worst)), case.seconds, assumes)


def _on_loop(case: Case, found: InTurn) -> Iterator[Verdict]:
    thread = found.idle.thread
    busy = spent(thread, CPU)
    at_once = _AT_ONCE[State.NETWORK]
    predictions = [_overlapped(case, Tool.ASYNCIO, cores, found.alone, busy, at_once) for cores in case.cores]
    if not case.is_worth(predictions[0]):
        return
    share = case.share("the loop idle, and nothing computed", found.alone)
    asked = (
        [ratio(case.profile, "answers waited for at once", found.idle.at_once, 1.0, 10)] if found.idle.asking else []
    )
    queued = (
        f"`{found.by}` lets one coroutine through at a time, and the others wait for it."
        if found.by
        else ("Each `await` comes back before the next begins, so the loop has one thing to wait for, as without it.")
    )
    help_ = (
        f"let more through at once: `asyncio.Semaphore(10)` in place of `{found.by}`"
        if found.by
        else "start them together and await all: `asyncio.gather(…)`, or tasks of an `asyncio.TaskGroup`"
    )
    yield rule.verdict(
        case,
        found.place,
        f"the event loop is idle {share.value:.0%} of the run: one await after another",
        figures=(share, *asked, exactly("wake-ups of the loop", thread.turns)),
        instead="a larger semaphore" if found.by else "asyncio.gather",
        why=f"{queued} {_UNSAID}",
        help=help_,
        predictions=predictions,
        saves=(0.0, max(0.0, predictions[0].now - predictions[0].low)),
        trace=[case.step(found.place, "awaited in turn here")],
    )
