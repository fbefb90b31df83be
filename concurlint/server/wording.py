"""Findings in the protocol's words: diagnostics, hovers, code actions."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path
from pygls.workspace import PositionCodec

from concurlint.config import UNREADABLE
from concurlint.finding import Finding, Level, Span
from concurlint.rulebook import Page, find_rule, read_page
from concurlint.silencing import Insertion, silence_file, silence_line
from concurlint.source import lines_of
from concurlint.suppress import UNUSED

SOURCE = "concurlint"
PAGES = "https://github.com/concurlint/concurlint/blob/main/rules/"
_SEVERITIES = {
    Level.ERROR: types.DiagnosticSeverity.Error,
    Level.WARNING: types.DiagnosticSeverity.Warning,
    Level.ADVICE: types.DiagnosticSeverity.Information,
}
_WORD = re.compile(r"[\w-]+")
_WHY = re.compile(r"^## Why\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)

LinesOf = Callable[[str], Sequence[str]]
"""The lines of a file by its absolute path, as the editor has them; none where it cannot be read."""


class Places:
    """Spans of ours, in characters, as ranges of the editor's own units, and back."""

    def __init__(self, codec: PositionCodec, lines: LinesOf) -> None:
        self._codec = codec
        self._lines = lines

    def range(self, span: Span) -> types.Range:
        """The range of a span; a line that is gone has none of its characters."""
        return self._codec.range_to_client_units(
            self._lines(span.path),
            types.Range(
                types.Position(span.line - 1, span.column - 1), types.Position(span.end_line - 1, span.end_column - 1)
            ),
        )

    def point(self, path: str, line: int, column: int) -> types.Range:
        """The empty range before a character."""
        return self.range(Span(path, line, column, line, column))

    def position(self, path: str, position: types.Position) -> tuple[int, int]:
        """Line and column of ours."""
        found = self._codec.position_from_client_units(list(self._lines(path)), position)
        return found.line + 1, found.character + 1

    def text(self, path: str) -> str:
        """What stands in the file."""
        return "".join(self._lines(path))


def diagnostic(finding: Finding, places: Places, *, related: bool) -> types.Diagnostic:
    """The finding, its remedy below the message, and its chain as related information where the editor shows that."""
    chain = [
        types.DiagnosticRelatedInformation(types.Location(uri(step.span.path), places.range(step.span)), step.message)
        for step in finding.trace
    ]
    message = f"{finding.message}\nhelp: {finding.help}" if finding.help else finding.message
    return types.Diagnostic(
        range=places.range(finding.span),
        message=message,
        severity=_SEVERITIES[finding.level],
        code=finding.code,
        code_description=types.CodeDescription(f"{PAGES}{finding.code}-{finding.name}.md"),
        source=SOURCE,
        tags=[types.DiagnosticTag.Unnecessary] if finding.code == UNUSED[0] else None,
        related_information=chain if related and chain else None,
    )


def uri(path: str) -> str:
    """The URI of a file."""
    return from_fs_path(path) or Path(path).as_uri()


def hover(findings: Sequence[Finding], path: str, position: types.Position, places: Places) -> types.Hover | None:
    """Why what stands there is wrong: of the findings that cover the place, or of the rule whose name it is."""
    line, column = places.position(path, position)
    parts = [_told(finding) for finding in findings if _covers(finding.span, line, column)]
    if not parts:
        parts = [_paged(page) for page in _named_at(places, path, line, column)]
    if not parts:
        return None
    return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, "\n\n---\n\n".join(parts)))


def actions(
    findings: Sequence[Finding], path: str, wanted: types.Range, places: Places, *, related: bool
) -> Iterator[types.CodeAction]:
    """What can be done about the findings that touch a range: mend them, silence each on its line or in the file."""
    text = places.text(path)
    for finding in findings:
        here = places.range(finding.span)
        if here.end < wanted.start or here.start > wanted.end or finding.code == UNREADABLE:
            continue
        about = diagnostic(finding, places, related=related)
        if finding.fix is not None:
            edits = [
                types.TextEdit(places.range(Span(path, e.line, e.column, e.end_line, e.end_column)), e.text)
                for e in finding.fix.edits
            ]
            yield _action(f"{finding.code}: {finding.fix.says}", about, path, edits, preferred=True)
        on_line = silence_line(text, finding.span.line, finding.code)
        if on_line is not None:
            yield _action(f"Silence {finding.code} on this line", about, path, [_inserted(path, on_line, places)])
        in_file = silence_file(text, finding.code)
        yield _action(f"Silence {finding.code} in this file", about, path, [_inserted(path, in_file, places)])


def _inserted(path: str, insertion: Insertion, places: Places) -> types.TextEdit:
    return types.TextEdit(places.point(path, insertion.line, insertion.column), insertion.text)


def _action(
    title: str, about: types.Diagnostic, path: str, edits: list[types.TextEdit], *, preferred: bool = False
) -> types.CodeAction:
    return types.CodeAction(
        title=title,
        kind=types.CodeActionKind.QuickFix,
        diagnostics=[about],
        edit=types.WorkspaceEdit(changes={uri(path): edits}),
        is_preferred=preferred or None,
    )


def _covers(span: Span, line: int, column: int) -> bool:
    return (span.line, span.column) <= (line, column) <= (span.end_line, span.end_column)


def _told(finding: Finding) -> str:
    chain = [f"- `{Path(step.span.path).name}:{step.span.line}` {step.message}" for step in finding.trace]
    page = _page(finding.code)
    lines = [f"**{finding.code}** {finding.name}: {finding.message}"]
    lines += ["\n".join(chain)] if chain else []
    lines += [f"**Help:** {finding.help}"] if finding.help else []
    lines += [page.summary, _why(page)] if page is not None else []
    return "\n\n".join(lines)


def _paged(page: Page) -> str:
    return "\n\n".join([f"**{page.code}** {page.name}", page.summary, _why(page)])


def _why(page: Page) -> str:
    found = _WHY.search(page.text)
    return found[1].strip() if found else ""


def _named_at(places: Places, path: str, line: int, column: int) -> Iterator[Page]:
    """The page of a rule whose code or name stands at the place: in a comment, or in a list of settings."""
    lines = lines_of(places.text(path))
    written = lines[line - 1] if line <= len(lines) else ""
    for word in _WORD.finditer(written):
        if word.start() < column <= word.end() + 1 and find_rule(word[0]) is not None:
            rule = find_rule(word[0])
            page = _page(rule.code) if rule is not None else None
            if page is not None:
                yield page


@cache
def _page(code: str) -> Page | None:
    try:
        return read_page(code)
    except OSError:
        return None
