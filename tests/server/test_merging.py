"""What is shown of a file between two whole runs."""

from concurlint.finding import Finding, Level, Span
from concurlint.server.merging import Known, Seen

OLD = "one\ntwo\nthree\nfour\n"
EDITED = "one\nTWO\nthree\nfour\n"
LONGER = "zero\none\ntwo\nthree\nfour\n"


def at(line: int, code: str = "CCL301") -> Finding:
    """A finding on a line."""
    return Finding(code, "a-name", Level.WARNING, f"{code} is here", Span("a.py", line, 1, line, 4))


def places(findings: tuple[Finding, ...]) -> list[tuple[str, int]]:
    """What is said where."""
    return [(finding.code, finding.span.line) for finding in findings]


def test_before_the_first_whole_run_the_quick_look_is_shown():
    assert places(Known(near=Seen(OLD, (at(2),))).shown(OLD)) == [("CCL301", 2)]


def test_what_only_the_whole_run_sees_stays_and_moves_with_the_text():
    known = Known(whole=Seen(OLD, (at(3),)), near_then=Seen(OLD, ()), near=Seen(LONGER, ()))
    assert places(known.shown(LONGER)) == [("CCL301", 4)]


def test_what_the_whole_run_refutes_is_not_shown():
    known = Known(whole=Seen(OLD, ()), near_then=Seen(OLD, (at(3),)), near=Seen(LONGER, (at(4),)))
    assert places(known.shown(LONGER)) == []


def test_what_the_quick_look_sees_anew_is_shown_at_once():
    known = Known(whole=Seen(OLD, ()), near_then=Seen(OLD, ()), near=Seen(EDITED, (at(2, "CCL501"), at(3))))
    assert places(known.shown(EDITED)) == [("CCL501", 2), ("CCL301", 3)]


def test_what_the_quick_look_no_longer_sees_goes_at_once():
    known = Known(whole=Seen(OLD, (at(3), at(4))), near_then=Seen(OLD, (at(3),)), near=Seen(EDITED, ()))
    assert places(known.shown(EDITED)) == [("CCL301", 4)]


def test_findings_of_edited_lines_go_unless_they_are_found_again():
    whole, then = Seen(OLD, (at(2), at(2, "CCL501"))), Seen(OLD, (at(2, "CCL501"),))
    assert places(Known(whole, then, Seen(EDITED, (at(2, "CCL501"),))).shown(EDITED)) == [("CCL501", 2)]


def test_a_text_that_is_half_typed_keeps_what_was_known_and_says_that_it_cannot_be_read():
    known = Known(near=Seen(OLD, (at(3),))).looked(Seen(EDITED, (at(2, "CCL001"),)))
    assert places(known.shown(EDITED)) == [("CCL001", 2), ("CCL301", 3)]
    assert known.ran(Seen(EDITED, (at(2, "CCL001"),))) == known
    assert places(known.looked(Seen(OLD, ())).shown(OLD)) == []


def test_a_whole_run_takes_the_quick_look_at_the_same_text_with_it():
    known = Known().looked(Seen(OLD, (at(3),))).ran(Seen(OLD, ()))
    assert known == Known(whole=Seen(OLD, ()), near_then=Seen(OLD, (at(3),)), near=Seen(OLD, (at(3),)))
    assert known.looked(Seen(EDITED, ())).ran(Seen(OLD, ())).near_then is None


def test_without_a_quick_look_at_the_same_text_only_edited_lines_are_news():
    known = Known(whole=Seen(OLD, ()), near=Seen(EDITED, (at(2), at(3))))
    assert places(known.shown(EDITED)) == [("CCL301", 2)]


def test_a_quick_look_that_is_behind_is_moved_as_well():
    known = Known(whole=Seen(OLD, ()), near_then=Seen(OLD, ()), near=Seen(OLD, (at(3),)))
    assert places(known.shown(LONGER)) == [("CCL301", 4)]
