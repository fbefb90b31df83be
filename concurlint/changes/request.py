"""What a change is asked for: the verdict, what is known of the program, and choices that it leaves open."""

from dataclasses import dataclass, field

from concurlint.changes.edit import Edit
from concurlint.verdicts.case import Case
from concurlint.verdicts.known import Known
from concurlint.verdicts.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Options:
    """Choices within a change; what is empty is left to the libraries, or to the verdict.

    `executor` is the kind, `workers` how many, `chunksize` how many items go to a process at a time, `width` how many
    coroutines wait at once, `interval` the seconds after which a thread gives up the GIL.
    """

    executor: str = ""
    workers: int | None = None
    chunksize: int | None = None
    width: int | None = None
    interval: float | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """One change that is asked for; it is made in `edit`."""

    case: Case
    known: Known
    verdict: Verdict
    edit: Edit
    options: Options = field(default_factory=Options)
