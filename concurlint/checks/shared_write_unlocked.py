"""State that is read, changed and written back by several threads with no common lock."""

from collections.abc import Iterator

from concurlint.effects.contexts.callers import is_by_callers
from concurlint.effects.processes.shared_memory import SharedMemory
from concurlint.effects.program import Program
from concurlint.effects.races.grading import RaceGrading
from concurlint.effects.races.updates import Races
from concurlint.finding import Finding, Level
from concurlint.remedies.targets import bare_update, race_level
from concurlint.rule import Rule

rule = Rule[Program]("CCL301", "shared-write-unlocked", Level.WARNING, worst=Level.ERROR, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    grading = program[RaceGrading]
    for race in program[Races].unlocked_updates():
        touch = race.touch
        how = "another thread can write between its read and its write"
        if not touch.torn:
            how = bare_update(program.config)
        says = f"`{touch.location.shown}` is changed by several threads without a lock"
        if is_by_callers(race.run.dispatch):
            says = f"`{touch.location.shown}` is changed without a lock, and several threads may do so at once"
        help_ = f"{how}: guard every change with one `threading.Lock`"
        if race.is_carried:
            says = f"`{touch.location.shown}` is read back later, when another thread may have set it"
            help_ = "keep the value in a local name, or in `threading.local()` where another function needs it"
        if touch.lent is not None:
            says = f"`{touch.location.shown}` is set for a while and put back, for all threads at once"
            help_ = "give each its own: a `contextvars.ContextVar`, or `threading.local()`"
        yield rule.finding(
            touch.code.span(touch.lent or touch.place),
            says,
            help=help_,
            trace=race.steps(),
            level=race_level(program.config),
            confidence=grading.confidence(race.run, touch.location),
            weight=grading.weight(touch.location),
        )
    for change in program[SharedMemory].changes():
        if not change.is_lost:
            yield rule.finding(
                change.code.span(change.at),
                f"`{change.shown}` is changed by several processes without a lock",
                help="another process can write between its read and its write: hold the `get_lock()` of a value or an "
                "array, or one `Lock` handed to all",
                trace=change.steps(),
            )
