"""Where the comment goes that silences a finding."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from concurlint.config import UNREADABLE
from concurlint.finding import Finding
from concurlint.source import lines_of
from concurlint.suppress import rows, silence

_NOQA = re.compile(r"(#\s*noqa\s*:\s*(?:[A-Z]+[0-9]+[,\s]+)*[A-Z]+[0-9]+)", re.IGNORECASE)
_OURS = re.compile(r"#\s*concurlint:\s*ignore\s*\[[^\]]*(?=\])", re.IGNORECASE)
_OPENING = re.compile(r"#!|#.*coding[:=]")


@dataclass(frozen=True, slots=True)
class Insertion:
    """Text to be put in; line and column count characters from 1."""

    line: int
    column: int
    text: str


def silence_line(text: str, line: int, code: str, reason: str = "") -> Insertion | None:
    """What silences a rule on a line: `# noqa: CODE` at its end, or the code in a comment that is there.

    In a statement of several lines it goes where the line really ends: not into a string, not after a backslash.
    None for a line that holds nothing.
    """
    for row in rows(text):
        if row.first <= line <= row.last and (row.has_code or row.comment is not None):
            return _in_row(lines_of(text), row.last, row.comment.string if row.comment else "", code, reason)
    return None


def silence_file(text: str, code: str) -> Insertion:
    """What silences a rule in a whole file: a comment on a line of its own, below what must stand first."""
    line = 1
    for written in lines_of(text)[:2]:
        if not _OPENING.match(written):
            break
        line += 1
    return Insertion(line, 1, f"# concurlint: ignore-file[{code}]\n")


def _in_row(lines: list[str], line: int, comment: str, code: str, reason: str) -> Insertion:
    written = lines[line - 1].rstrip()
    start = len(written) - len(comment.rstrip()) if comment else 0
    for pattern, joint in ((_NOQA, ", "), (_OURS, ", ")):
        found = pattern.search(comment)
        if found is not None:
            return Insertion(line, start + found.end() + 1, f"{joint}{code}")
    says = f"  # noqa: {code}" + (f" - {reason}" if reason else "")
    return Insertion(line, len(written) + 1, says)


def silence_findings(text: str, findings: Iterable[Finding], reason: str = "") -> tuple[str, tuple[Finding, ...]]:
    """The text with a comment for each finding, and those for which none helps: where Python cannot read the file."""
    left: list[Finding] = []
    for finding in findings:
        edit = None if finding.code == UNREADABLE else silence_line(text, finding.span.line, finding.code, reason)
        changed = text if edit is None else _inserted(text, edit)
        if edit is None or silence([finding], {finding.span.path: changed}).kept:
            left.append(finding)
        else:
            text = changed
    return text, tuple(left)


def _inserted(text: str, edit: Insertion) -> str:
    lines = lines_of(text)
    line = lines[edit.line - 1]
    lines[edit.line - 1] = line[: edit.column - 1] + edit.text + line[edit.column - 1 :]
    return "".join(lines)
