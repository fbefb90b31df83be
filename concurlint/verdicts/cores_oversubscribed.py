"""Native libraries start threads for all cores in each of several workers: they hold each other up."""

from collections.abc import Iterator

from concurlint.finding import Level
from concurlint.runtime.predict import Prediction, Tool
from concurlint.verdicts.case import Case
from concurlint.verdicts.judgement import Judgement
from concurlint.verdicts.measured import RUNNABLE, exactly, ratio
from concurlint.verdicts.oversubscribing import Oversubscribed, oversubscribed
from concurlint.verdicts.verdict import Verdict

rule = Judgement("CCL916", "cores-oversubscribed", Level.WARNING)


@rule.question
def question(case: Case) -> Iterator[Verdict]:
    found = oversubscribed(case)
    if found is None:
        return
    cores = case.profile.run.cores
    names = " and ".join(library.name for library in found.libraries) or "native libraries"
    settings = " ".join(f"{library.variable}=1" for library in found.libraries) or "OMP_NUM_THREADS=1"
    threads = len(found.threads)
    most = len(case.profile.threads)
    yield rule.verdict(
        case,
        case.first(RUNNABLE),
        f"{found.wanting:.0f} threads want {cores} cores at once: {threads} of them are threads of {names}",
        figures=(
            ratio(case.profile, "threads that want to compute at once", found.wanting, 1.0, most),
            exactly("cores", cores),
            exactly("threads of libraries", threads),
            exactly("processes with such threads", found.processes),
        ),
        instead="one native thread in each worker",
        why=f"Each of {found.processes} processes has threads of {names} for all cores, which wait for each other at "
        "the end of each step, and spin meanwhile: while one of them waits for a core, all wait. With one thread in "
        "each worker the workers share the cores, and nobody waits for anybody.",
        help=f"set `{settings}` before the library is imported, or take fewer workers (`threadpoolctl` does it inside)",
        predictions=[_prediction(case, found, cores) for cores in case.cores],
        saves=(0.0, found.window / 2),
    )


def _prediction(case: Case, found: Oversubscribed, cores: int) -> Prediction:
    """At least as long as all that was computed, the spinning left out, takes on all cores; at most as long as now."""
    rest = max(0.0, case.seconds - found.window)
    low = rest + min(found.window, found.computed / found.wanting / max(1, cores))
    middle = rest + min(found.window, found.computed / max(1, cores) / 2)
    assumes = (
        "half of the native threads' CPU time is spinning and moving from core to core",
        f"the workers keep all {cores} cores busy",
    )
    return Prediction(Tool.ONE_THREAD_EACH, cores, max(low, middle), low, case.seconds, case.seconds, assumes)
