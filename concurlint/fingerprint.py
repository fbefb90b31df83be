"""What tells a finding from all others and stays the same when lines above it come, go or move."""

import hashlib
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from concurlint.finding import Finding, Span

_HEADER = re.compile(r"\s*(?:async\s+def|def|class)\s+(\w+)")
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Mark:
    """A rule, the function or class it speaks of, what is written there, and which one of several such it is."""

    code: str
    scope: str
    written: str
    number: int

    @property
    def digest(self) -> str:
        """The mark as 32 hexadecimal digits; the same on every machine."""
        parts = "\0".join((self.code, self.scope, self.written, str(self.number)))
        return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def mark(findings: Sequence[Finding], texts: Mapping[str, str]) -> list[Mark]:
    """One mark for each of `findings`, which differs from those of all others in its file.

    `texts` maps reported paths to source. A finding in a file that is not there is known by its message.
    """
    lines: dict[str, list[str]] = {}
    seen: Counter[tuple[str, str, str, str]] = Counter()
    marks: dict[int, Mark] = {}
    for index in sorted(range(len(findings)), key=lambda index: findings[index].sort_key):
        finding = findings[index]
        path = finding.span.path
        if path not in lines:
            lines[path] = _LINE_END.split(texts[path]) if path in texts else []
        scope = _scope(lines[path], finding.span.line)
        written = _written(lines[path], finding.span) or finding.message
        seen[path, finding.code, scope, written] += 1
        marks[index] = Mark(finding.code, scope, written, seen[path, finding.code, scope, written])
    return [marks[index] for index in range(len(findings))]


def _written(lines: Sequence[str], span: Span) -> str:
    """The first line of the span, as if it had been typed without spare blanks."""
    if not 1 <= span.line <= len(lines):
        return ""
    line = lines[span.line - 1]
    end = span.end_column - 1 if span.end_line == span.line else len(line)
    return " ".join(line[span.column - 1 : max(end, span.column)].split())


def _scope(lines: Sequence[str], line: int) -> str:
    """The dotted name of the function or class around a line, by indentation alone: the file may be broken."""
    if not 1 <= line <= len(lines):
        return ""
    names: list[str] = []
    inside = _indent(lines[line - 1])
    for above in reversed(lines[: line - 1]):
        if inside == 0:
            break
        # The end of a bracket stands further left than what it closes, and opens nothing.
        if above.strip() and not above.lstrip().startswith((")", "]", "}")) and _indent(above) < inside:
            header = _HEADER.match(above)
            inside = _indent(above)
            if header is not None:
                names.append(header[1])
    return ".".join(reversed(names))


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
