"""A test of shared state and the act that relies on it, with no lock around both."""

from collections.abc import Iterator
from itertools import chain

from concurlint.effects.locks.foreign_release import ForeignReleases
from concurlint.effects.program import Program
from concurlint.effects.races.grading import RaceGrading
from concurlint.effects.races.presence import PresenceTests
from concurlint.effects.races.publication import Publications
from concurlint.effects.races.updates import Races
from concurlint.finding import Confidence, Finding, Level, Weight
from concurlint.remedies.targets import race_level
from concurlint.rule import Rule

rule = Rule[Program]("CCL303", "check-then-act-unlocked", Level.WARNING, worst=Level.ERROR, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    grading = program[RaceGrading]
    told: set[int] = set()
    for gap in chain(program[Races].unlocked_checks(), program[PresenceTests].all()):
        if id(gap.test) in told:
            continue
        told.add(id(gap.test))
        yield rule.finding(
            gap.code.span(gap.test.at),
            f"`{gap.shown}` may change in another thread between this test and what relies on it",
            help=gap.remedy,
            trace=gap.steps(),
            level=race_level(program.config),
            confidence=grading.confidence(gap.run, gap.location)
            if gap.location is not None
            else gap.run.dispatch.confidence,
            weight=grading.weight(gap.location)
            if gap.location is not None and gap.weight is Weight.HIGH
            else gap.weight,
        )
    for early in program[Publications].too_early():
        shown = early.store.location.shown
        yield rule.finding(
            early.store.code.span(early.store.place),
            f"`{shown}` is stored before it is set up, and others see it without the lock",
            help="set it up in a local name, and store it last",
            trace=early.steps(),
            level=race_level(program.config),
            confidence=grading.confidence(early.run, early.store.location),
        )
    for release in program[ForeignReleases].all():
        shown = release.lock.spelling
        yield rule.finding(
            release.code.span(release.site.call.at),
            f"`{shown}.locked()` does not tell who holds it: this may take the lock from another thread",
            help=f"release only what this thread has taken: `with {shown}:` around what needs it",
            trace=release.steps(),
            level=race_level(program.config),
            confidence=Confidence.MIDDLE,
        )
