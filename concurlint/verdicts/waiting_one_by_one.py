"""One thread asks somebody outside, waits, asks again, waits again."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Plan, Tool
from concurlint.runtime.samples import State
from concurlint.verdicts.asking import client_at
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import key, spent
from concurlint.verdicts.splitting import split
from concurlint.verdicts.verdict import Verdict
from concurlint.verdicts.waiting import Waits, askers, counted, disk_cpu, disk_threads, waits

rule = Judgement("CCL902", "waiting-one-by-one", Level.ADVICE)

_WORDS = {State.NETWORK: "the network", State.DISK: "the disk"}
_AT_ONCE = {State.NETWORK: 10, State.DISK: 4}
"""What the far side is taken to bear: a server ten requests, a disk the few that its queue sorts best."""
_UNSAID = "The figures do not say whether a question needs the answer before it."


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    for state, word in _WORDS.items():
        found = _asked(case, state)
        if not found.is_one_by_one or not case.matters(found.alone):
            continue
        threads = [thread for thread in case.profile.threads if key(thread) in found.threads]
        count = _AT_ONCE[state] if found.is_repeated else found.count
        plan = Plan(concurrency=max(1, min(_AT_ONCE[state], count)))
        client = client_at(case, state, found.threads)
        tool = Tool.ASYNCIO if client.has_async and state is State.NETWORK else Tool.THREADS
        predictions = case.predictions(tool, plan, case.narrowed(threads))
        if not case.is_worth(predictions[0]):
            continue
        share = case.share(f"waiting for {word}", found.alone)
        work = split(case, max(threads, key=lambda thread: spent(thread, found.states)), found.states)
        yield rule.verdict(
            case,
            client.place,
            f"the run waits {share.value:.0%} of its time for {word}, one answer after another",
            figures=(
                share,
                *counted(found),
            ),
            instead="asyncio" if tool is Tool.ASYNCIO else "ThreadPoolExecutor",
            why=f"{client.says} {work.says if work.is_seen else _UNSAID}",
            help=client.help,
            example=work.gathered() if tool is Tool.ASYNCIO else work.example("ThreadPoolExecutor"),
            predictions=predictions,
            saves=(0.0, max(0.0, predictions[0].now - predictions[0].low)),
            trace=[
                case.step(of, f"{of.seconds:.2f} s of waiting") for of in case.places(found.states, found.threads)[:3]
            ],
        )


def _asked(case: Case, state: State) -> Waits:
    if state is not State.DISK or disk_cpu(case) == 0:
        return waits(case, {state}, askers(case, {state}))
    # The kernel computes for a disk that lies in memory; it is the disk's time nevertheless.
    return waits(case, {state, State.COMPUTES}, disk_threads(case))
