"""Which findings a comment silences, and which comments silence nothing."""

import io
import re
import tokenize
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from concurlint.config import UNREADABLE
from concurlint.finding import Finding, Span
from concurlint.rulebook import closeness, find_rule

UNUSED = ("CCL002", "unused-suppression")

_CODES = r"(?:[A-Z]+[0-9]+|CCL\b)"
_NAMES = r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+"
_ITEM = rf"(?:{_CODES}|{_NAMES})"
_NOQA = re.compile(
    rf"#\s*noqa(?![\w-])(?P<colon>\s*:\s*(?:(?P<codes>{_ITEM}(?:[,\s]+{_ITEM})*)|(?P<word>\w+))?)?", re.IGNORECASE
)
# flake8 leaves such a file alone, so the plugin could never say what the command line said there.
_FLAKE8 = re.compile(rf"#\s*flake8[:=]\s*noqa(?::\s*(?P<codes>{_CODES}(?:[,\s]+{_CODES})*))?\s*", re.IGNORECASE)
_OURS = re.compile(
    r"#\s*concurlint:\s*ignore(?P<file>-file)?(?![\w-])(?:\s*\[(?P<codes>[^\]]*)\])?(?!\s*\[)", re.IGNORECASE
)
_NAMES_US = re.compile(r"noqa[^\r\n]*ccl|concurlint:")
_LAYOUT = frozenset({tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER})


@dataclass(frozen=True, slots=True)
class Unused:
    """A comment that silences nothing; `codes` are those of its codes and names it names in vain.

    `partly`: others of its codes do silence something. `unknown`: what stands for a code and is none.
    """

    span: Span
    comment: str
    codes: tuple[str, ...]
    partly: bool = False
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Silenced:
    """The findings that stay, in their order, and the comments that silence nothing, by path and place."""

    kept: tuple[Finding, ...]
    unused: tuple[Unused, ...]


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment and the lines it speaks for."""

    text: str
    line: int
    column: int
    lines: range
    alone: bool


@dataclass(slots=True)
class _Directive:
    """What one comment silences; `patterns` None means every rule, `lines` None the whole file."""

    span: Span
    comment: str
    patterns: tuple[str, ...] | None
    lines: range | None
    ours: bool
    unknown: str = ""
    used: set[str] = field(default_factory=set)
    is_used: bool = False

    def covers(self, code: str, name: str, line: int) -> bool:
        if self.lines is not None and (line not in self.lines or code == UNREADABLE):
            return False
        return not self.unknown and (self.patterns is None or closeness(self.patterns, code, name) > 0)

    def reaches(self, finding: Finding) -> bool:
        """Whether it stands where it would silence the finding if it named its rule."""
        return self.lines is None or finding.span.line in self.lines

    def silences(self, finding: Finding) -> bool:
        """Whether it covers the finding; remembers so."""
        if not self.covers(finding.code, finding.name, finding.span.line):
            return False
        self.is_used = True
        for pattern in self.patterns or ():
            if closeness((pattern,), finding.code, finding.name):
                self.used.add(pattern)
        return True

    def idle(self, active: Collection[str] | None, inactive: Collection[str] = ()) -> tuple[str, ...] | None:
        """The codes it names in vain, () for all of a comment without codes, None where there is no fault."""
        if not self.patterns:
            return None if self.is_used or not self.ours else ()
        if closeness(self.patterns, *UNUSED):
            return None
        idle = (pattern for pattern in self.patterns if pattern not in self.used)
        return tuple(pattern for pattern in idle if active is None or _is_asked(pattern, active, inactive)) or None


def silence(
    findings: Sequence[Finding],
    texts: Mapping[str, str],
    active: Collection[str] | None = None,
    inactive: Collection[str] = (),
) -> Silenced:
    """The findings that no comment silences, and the comments in `texts` that silence none.

    `texts` maps the reported names of files to their source. `active` holds codes and names of the rules
    that were asked and `inactive` those of the others; a comment that names one of these may be of use in
    another run, so it is not unused.
    """
    by_path: dict[str, list[Finding]] = {}
    for finding in findings:
        by_path.setdefault(finding.span.path, []).append(finding)
    silenced: set[int] = set()
    unused: list[Unused] = []
    for path, text in texts.items():
        here = by_path.get(path, [])
        directives = _directives(path, text, has_findings=bool(here))
        for finding in here:
            # Every comment is asked, not only the first: all that could silence it are of use.
            if [directive for directive in directives if directive.silences(finding)]:
                silenced.add(id(finding))
        # In a file that could not be parsed no comment had anything to silence.
        if not any(finding.code == UNREADABLE for finding in here):
            unused.extend(_unused([d for d in directives if not d.unknown], active, inactive))
            unused.extend(_misnamed(directives, here))
    kept = tuple(finding for finding in findings if id(finding) not in silenced)
    return Silenced(kept, tuple(sorted(unused, key=lambda found: found.span)))


def _unused(
    directives: Sequence[_Directive], active: Collection[str] | None, inactive: Collection[str]
) -> Iterator[Unused]:
    for directive in directives:
        codes = directive.idle(active, inactive)
        others = (other for other in directives if other is not directive)
        if codes is None or any(other.covers(*UNUSED, directive.span.line) for other in others):
            continue
        yield Unused(directive.span, directive.comment, codes, partly=directive.is_used)


def _misnamed(directives: Sequence[_Directive], findings: Sequence[Finding]) -> Iterator[Unused]:
    """Comments that name no rule and no code where something is found; elsewhere they may be for another tool."""
    for directive in directives:
        if directive.unknown and any(directive.reaches(finding) for finding in findings):
            yield Unused(directive.span, directive.comment, (), unknown=directive.unknown)


def _is_asked(pattern: str, active: Collection[str], inactive: Collection[str]) -> bool:
    """Whether a rule it names was asked; a code that no rule has never silences anything."""
    is_code = pattern.startswith("CCL")

    def names(rules: Collection[str]) -> bool:
        return any(rule == pattern or (is_code and rule.startswith(pattern)) for rule in rules)

    if not is_code and find_rule(pattern) is None:
        return True
    return names(active) or (bool(inactive) and is_code and not names(inactive))


def _directives(path: str, text: str, *, has_findings: bool) -> list[_Directive]:
    lowered = text.lower()
    if "noqa" not in lowered and "concurlint:" not in lowered:
        return []
    if not has_findings and _NAMES_US.search(lowered) is None:
        return []
    return [directive for comment in _comments(text) for directive in _read(path, comment)]


def _read(path: str, comment: _Comment) -> Iterator[_Directive]:
    """What the comment asks for; it may hold a `noqa` and one of ours."""
    span = Span(path, comment.line, comment.column, comment.line, comment.column + len(comment.text))
    ours = _OURS.search(comment.text)
    if ours is not None:
        lines: range | None = comment.lines
        if ours["file"]:
            # Behind code, where hardly anybody looks for it, it must not speak for the whole file.
            lines = None if comment.alone else range(0)
        yield _Directive(span, comment.text, _patterns(ours["codes"]), lines, ours=True)
    noqa = _NOQA.search(comment.text)
    if noqa is not None:
        yield from _of_noqa(span, comment, noqa)
    whole = _FLAKE8.fullmatch(comment.text) if comment.alone else None
    if whole is not None:
        patterns = _patterns(whole["codes"])
        own = None if patterns is None else tuple(pattern for pattern in patterns if pattern.startswith("CCL"))
        if own != ():
            yield _Directive(span, comment.text, own, None, ours=False)


def _of_noqa(span: Span, comment: _Comment, noqa: re.Match[str]) -> Iterator[_Directive]:
    """`# noqa` speaks for every rule, `# noqa: …` for those it names; what names none is never for all."""
    words = _patterns(noqa["codes"]) or ()
    named = tuple(word for word in words if word.startswith("CCL") or find_rule(word) is not None)
    if noqa["colon"] is None or (not words and noqa["word"] is None):
        yield _Directive(span, comment.text, None, comment.lines, ours=False)
    elif named:
        yield _Directive(span, comment.text, named, comment.lines, ours=False)
    elif not any(re.fullmatch(_CODES, word, re.IGNORECASE) for word in words):
        yield _Directive(span, comment.text, (), comment.lines, ours=False, unknown=words[0] if words else noqa["word"])


def _patterns(codes: str | None) -> tuple[str, ...] | None:
    if codes is None:
        return None
    words = re.split(r"[,\s]+", codes.strip(", \t"))
    return tuple(word.upper() if word.upper().startswith("CCL") else word.lower() for word in words if word)


@dataclass(slots=True)
class Row:
    """The lines up to a line end that is no part of a string or a continuation; a statement is rows."""

    first: int
    last: int
    comment: tokenize.TokenInfo | None = None
    has_code: bool = False
    ends: bool = False


def _comments(text: str) -> Iterator[_Comment]:
    """The comments of a file with the lines each speaks for: its own or, at either end, its statement's."""
    statement: list[Row] = []
    for row in rows(text):
        if row.has_code or statement:
            statement.append(row)
            if row.ends:
                yield from _of_statement(statement)
                statement = []
        elif row.comment is not None:
            yield _comment(row.comment, range(row.first, row.last + 1), alone=True)
    # What is left opened a statement that never ends: the file is broken, its comments still count.
    for row in statement:
        if row.comment is not None:
            yield _comment(row.comment, range(row.first, row.last + 1), alone=not row.has_code)


def _of_statement(rows: Sequence[Row]) -> Iterator[_Comment]:
    whole = range(rows[0].first, rows[-1].last + 1)
    for row in rows:
        if row.comment is not None:
            speaks_for_all = row is rows[0] or row is rows[-1]
            lines = whole if speaks_for_all else range(row.first, row.last + 1)
            yield _comment(row.comment, lines, alone=not row.has_code)


def _comment(token: tokenize.TokenInfo, lines: range, *, alone: bool) -> _Comment:
    line, column = token.start
    return _Comment(token.string, line, column + 1, lines, alone)


def rows(text: str) -> Iterator[Row]:
    """The rows of a file, as far as it can be cut into tokens; then its lines that are comments alone."""
    row: Row | None = None
    done = 0
    try:
        for token in tokenize.generate_tokens(io.StringIO(text, newline=None).readline):
            if token.type in _LAYOUT:
                continue
            if row is None:
                row = Row(token.start[0], token.end[0])
            row.last = max(row.last, token.end[0])
            if token.type in (tokenize.NL, tokenize.NEWLINE):
                row.last = token.start[0]
                row.ends = token.type == tokenize.NEWLINE
                yield row
                done, row = row.last, None
            elif token.type == tokenize.COMMENT:
                row.comment = token
            else:
                row.has_code = True
    except (tokenize.TokenError, SyntaxError):
        yield from _lone_comments(text, done)


def _lone_comments(text: str, done: int) -> Iterator[Row]:
    for number, line in enumerate(io.StringIO(text, newline=None), start=1):
        if number > done and line.lstrip().startswith("#"):
            comment = line.strip()
            start = (number, line.index("#"))
            end = (number, start[1] + len(comment))
            token = tokenize.TokenInfo(tokenize.COMMENT, comment, start, end, line)
            yield Row(number, number, token)
