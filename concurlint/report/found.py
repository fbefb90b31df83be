"""What a run has found, as its reports need it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from concurlint.finding import Finding

if TYPE_CHECKING:
    from concurlint.documents import Cell  # not for a list of rules, which is rendered here too


@dataclass(frozen=True)
class Found:
    """Sorted `findings`; `files`: how many were checked; `seconds`: wall time; `texts`: source by reported path.

    `cells` are those of notebooks by reported path, whose lines are counted through all of them; see `report.cells`.
    `troubles` are one line each for what went wrong inside, so that something may be missing. `properties`, if
    given, are one table for each finding: what else is known of it; and `notes` one line: what was measured of it.
    """

    findings: Sequence[Finding]
    texts: Mapping[str, str] = field(default_factory=dict)
    cells: "Mapping[str, tuple[Cell, ...]]" = field(default_factory=dict)
    files: int = 0
    seconds: float = 0.0
    troubles: Sequence[str] = ()
    properties: Sequence[Mapping[str, object]] = ()
    notes: Sequence[str] = ()
    marks: Sequence[str] = ()

    def digests(self) -> list[str]:
        """For each finding what tells it from the others of its file, and survives lines that move."""
        if self.marks:
            return list(self.marks)
        from concurlint.fingerprint import mark  # not for a list of rules, which is rendered here too

        return [found.digest for found in mark(self.findings, self.texts)]
