"""What every check answers with: findings, where they are, and the chain that proves them."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How sure and how bad: see the table of rules."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Confidence(StrEnum):
    """How sure the inference behind a finding is."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"


class Weight(StrEnum):
    """How much harm what a finding tells of can do."""

    HIGH = "high"
    MIDDLE = "middle"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why something is taken to be so, in words, and how sure that is."""

    because: str
    confidence: Confidence


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text; lines and columns count characters from 1, the end column is exclusive."""

    path: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One link of the chain from a finding to its cause."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Edit:
    """What stands there in the finding's file gives way to `text`; an empty stretch is a place where it is put in."""

    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """What mends a finding, none of the edits over another; `says` is one line for people, to follow "to"."""

    says: str
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One true sentence about one place, with its proof and its remedy."""

    code: str
    name: str
    level: Level
    message: str
    span: Span
    help: str = ""
    trace: tuple[Step, ...] = ()
    fix: Fix | None = None
    confidence: Confidence = Confidence.HIGH
    weight: Weight = Weight.HIGH

    @property
    def fixable(self) -> bool:
        """Whether the tool can mend it."""
        return self.fix is not None

    @property
    def is_pedantic(self) -> bool:
        """Whether only those who want everything want it: it is unsure, or does little harm."""
        return self.confidence is Confidence.LOW or self.weight is Weight.LOW

    @property
    def sort_key(self) -> tuple[Span, str, str]:
        """Path, place, code: the order in which findings are reported."""
        return (self.span, self.code, self.message)
