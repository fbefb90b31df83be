"""A rule: its code, name and level, and the question it puts to a subject."""

from collections.abc import Callable, Iterable, Iterator
from typing import Generic, TypeVar

from concurlint.finding import Confidence, Finding, Level, Span, Step, Weight

Subject = TypeVar("Subject")
Check = Callable[[Subject], Iterator[Finding]]


class Entry:
    """What every rule has, whatever it is put to: a code, a name, a level.

    `worst` is given where single findings may be graver than the rule's own level. `fixable`: some of what it finds
    the tool can mend. `anywhere` is set where the rule also speaks of files with no trace of concurrency. `in_use`:
    what it finds does harm where the program is used, and none in a test, an example, a benchmark, a build or a
    chore, where its developers look on.
    """

    def __init__(
        self,
        code: str,
        name: str,
        level: Level,
        *,
        worst: Level | None = None,
        fixable: bool = False,
        anywhere: bool = False,
        in_use: bool = False,
    ) -> None:
        self.code = code
        self.name = name
        self.level = level
        self.worst = worst or level
        self.fixable = fixable
        self.anywhere = anywhere
        self.in_use = in_use

    def finding(
        self,
        span: Span,
        message: str,
        *,
        help: str,
        trace: Iterable[Step] = (),
        level: Level | None = None,
        confidence: Confidence = Confidence.HIGH,
        weight: Weight = Weight.HIGH,
    ) -> Finding:
        """A finding of this rule at `span`; `level` only where the target changes it."""
        return Finding(
            code=self.code,
            name=self.name,
            level=level or self.level,
            message=message,
            span=span,
            help=help,
            trace=tuple(trace),
            confidence=confidence,
            weight=weight,
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.code} {self.name})"


class Rule(Entry, Generic[Subject]):
    """One rule of the catalogue; `check` is attached by the decorator of that name."""

    _check: Check[Subject] | None = None

    def check(self, function: Check[Subject]) -> Check[Subject]:
        """Make `function` this rule's question; it takes the subject and yields findings."""
        self._check = function
        return function

    def ask(self, subject: Subject) -> Iterator[Finding]:
        """Put the question to `subject`; a rule without a check has nothing to say."""
        if self._check is not None:
            yield from self._check(subject)
