"""A call in C sleeps or waits and keeps the GIL, so that no other thread runs."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.samples import State
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import exactly, key, length, outside, parts, spent, union
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL908", "gil-held-while-blocked", Level.WARNING)

_HELD = frozenset({State.HELD_BLOCKED})


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    for thread in sorted(case.profile.threads, key=lambda thread: -spent(thread, _HELD)):
        held = parts(case.profile, _HELD, {key(thread)})
        others = {key(t) for t in case.profile.threads if t.pid == thread.pid and t is not thread}
        wanted = parts(case.profile, {State.GIL_WAIT}, others)
        lost = length(union(wanted)) - length(outside(wanted, held))
        if not case.matters(spent(thread, _HELD)) or not case.matters(lost):
            continue
        place = case.first(_HELD, {key(thread)})
        share = case.share("holding the GIL while blocked", spent(thread, _HELD))
        yield rule.verdict(
            case,
            place,
            f"a call in C blocks with the GIL held for {share.value:.0%} of the run, and all threads with it",
            figures=(
                share,
                case.share("others want the GIL meanwhile", lost),
                exactly("calls", len(held)),
                exactly("longest", max((end - start for start, end in held), default=0.0), "seconds"),
            ),
            instead="a call that gives the GIL up",
            why="`ctypes.PyDLL` and extension modules without `Py_BEGIN_ALLOW_THREADS` keep the GIL while they wait. "
            "`ctypes.CDLL` gives it up, and so does a process of its own for a library that cannot be changed.",
            help="call through `ctypes.CDLL`, release the GIL in the extension, or make the call in another process",
            saves=(0.0, lost),
            trace=[case.step(place, f"{place.seconds:.2f} s in this call")] if place is not None else [],
        )
        return
