"""A thread sleeps, looks whether something has happened, and sleeps again, while nothing else goes on."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.polling import Polled, polled
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL917", "polled-with-sleep", Level.WARNING)

_BETTER = (
    (
        ("empty", "qsize", "get_nowait", "full"),
        "take items with a blocking `get()`: it comes back as soon as one is there",
    ),
    (("is_set",), "wait with `Event.wait()`: it comes back as soon as it is set"),
    (("is_alive", "exitcode"), "wait with `join()`: it comes back as soon as the other has ended"),
    (("poll", "waitpid", "returncode"), "wait with `Popen.wait()` or `communicate()`, or by a read that blocks"),
    (("done", "running", "ready", "successful"), "wait for the result: `Future.result()`, `concurrent.futures.wait`"),
    (
        ("exists", "is_file", "isfile", "is_dir", "isdir"),
        "let whoever writes the file say so: a pipe, a socket, `inotify`",
    ),
)
_ELSE = "wait for a `threading.Event` or `Condition` that is set where the change is made"


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = polled(case)
    if found is None:
        return
    share = case.share("only that sleep goes on", found.lost)
    name = found.place.name
    yield rule.verdict(
        case,
        found.place,
        f"`{name}` sleeps and looks again: for {share.value:.0%} of the run nothing else goes on",
        figures=(share, case.share("others wait meanwhile", found.waiting * found.lost, found.lost)),
        instead="a wait that is woken",
        why=f"The loop looks at `{found.asked[:60]}` once in each sleep, so what happens is seen half a sleep later on "
        "average, and whoever waits for the answer loses that time each time. A shorter sleep costs the processor.",
        help=_help(found),
        saves=(0.0, found.lost),
        trace=[case.step(found.place, f"{found.place.seconds:.2f} s of sleep")],
    )


def _help(found: Polled) -> str:
    for names, better in _BETTER:
        if any(f".{name}(" in found.asked or found.asked.startswith(f"{name}(") for name in names):
            return better
    return _ELSE
