"""What to show of a file that is being edited: the whole run of a moment ago, corrected by the quick look of now."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from concurlint.config import UNREADABLE
from concurlint.finding import Finding
from concurlint.server.shifting import Shift

_Key = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class Seen:
    """What was found in a text of a file."""

    text: str
    findings: tuple[Finding, ...]

    @property
    def is_readable(self) -> bool:
        """Whether the text is Python; one that is half typed often is not."""
        return not any(finding.code == UNREADABLE for finding in self.findings)


@dataclass(frozen=True, slots=True)
class Known:
    """The last run on the whole project, what the quick look said of the same text, and the quick look since.

    The quick look sees the file and what it calls; the whole run also sees who calls it and what others share with
    it. So what only the whole run says stays until the next one, unless its lines are edited or the quick look has
    changed its mind; and what the quick look alone says of untouched lines has been refuted by the whole run already.
    """

    whole: Seen | None = None
    near_then: Seen | None = None
    near: Seen | None = None
    unreadable: Seen | None = None

    def looked(self, near: Seen) -> "Known":
        """After another quick look. One at a text that is no Python tells only that: what was known stays."""
        return replace(self, unreadable=near) if not near.is_readable else replace(self, near=near, unreadable=None)

    def ran(self, whole: Seen) -> "Known":
        """After another whole run, whose text a quick look may have seen too."""
        if not whole.is_readable:
            return self
        then = self.near if self.near is not None and self.near.text == whole.text else None
        return replace(self, whole=whole, near_then=then)

    def shown(self, text: str) -> tuple[Finding, ...]:
        """The findings for the file as it is now, in order of place."""
        found = {**self._known(text), **_moved(self.unreadable, text)}
        return tuple(sorted(found.values(), key=lambda finding: finding.sort_key))

    def _known(self, text: str) -> Mapping[_Key, Finding]:
        near = _moved(self.near, text)
        if self.whole is None:
            return near
        then = _moved(self.near_then, text) if self.near_then is not None else None
        gone = then.keys() - near.keys() if then is not None else set()
        new = {key: finding for key, finding in near.items() if self._is_new(key, finding, then, text)}
        return {key: finding for key, finding in {**_moved(self.whole, text), **new}.items() if key not in gone}

    def _is_new(self, key: _Key, finding: Finding, then: Mapping[_Key, Finding] | None, text: str) -> bool:
        if then is not None:
            return key not in then
        assert self.whole is not None
        # Without a quick look at the same text, only edited lines are news.
        back = Shift(text, self.whole.text)
        return back.span(finding.span) is None


def _moved(seen: Seen | None, text: str) -> dict[_Key, Finding]:
    """The findings by what and where they are in the text of now, those in edited lines left out."""
    if seen is None:
        return {}
    if seen.text == text:
        return {_key(finding): finding for finding in seen.findings}
    shift = Shift(seen.text, text)
    moved = (shift.finding(finding) for finding in seen.findings)
    return {_key(finding): finding for finding in moved if finding is not None}


def _key(finding: Finding) -> _Key:
    return (finding.code, finding.message, finding.span.line, finding.span.column)
