"""Where a place in an older text of a file is in a newer one."""

from dataclasses import replace

from concurlint.finding import Edit, Finding, Fix, Span, Step
from concurlint.source import lines_of


class Shift:
    """From one text to another: lines before the first and after the last difference keep what is said of them."""

    def __init__(self, before: str, after: str) -> None:
        old, new = lines_of(before), lines_of(after)
        same = 0
        while same < min(len(old), len(new)) and old[same] == new[same]:
            same += 1
        tail = 0
        while tail < min(len(old), len(new)) - same and old[-1 - tail] == new[-1 - tail]:
            tail += 1
        self._first = same + 1
        self._last = len(old) - tail
        self._by = len(new) - len(old)

    def line(self, line: int) -> int | None:
        """The line's new number; None where the text was edited there."""
        if line < self._first:
            return line
        return line + self._by if line > self._last else None

    def span(self, span: Span) -> Span | None:
        """The same stretch in the new text; None where a line of it was edited."""
        first, last = self.line(span.line), self.line(span.end_line)
        if first is None or last is None or last - first != span.end_line - span.line:
            return None
        return replace(span, line=first, end_line=last)

    def finding(self, finding: Finding) -> Finding | None:
        """The finding at its new place; None where that was edited. Steps that were edited stay where they were."""
        span = self.span(finding.span)
        if span is None:
            return None
        trace = tuple(self._step(step, span.path) for step in finding.trace)
        return replace(finding, span=span, trace=trace, fix=self._fix(finding.fix))

    def _fix(self, fix: Fix | None) -> Fix | None:
        """The fix at its new place; None where a line of it was edited."""
        edits: list[Edit] = []
        for edit in fix.edits if fix is not None else ():
            first, last = self.line(edit.line), self.line(edit.end_line)
            if first is None or last is None or last - first != edit.end_line - edit.line:
                return None
            edits.append(replace(edit, line=first, end_line=last))
        return replace(fix, edits=tuple(edits)) if fix is not None else None

    def _step(self, step: Step, path: str) -> Step:
        moved = self.span(step.span) if step.span.path == path else None
        return step if moved is None else replace(step, span=moved)
