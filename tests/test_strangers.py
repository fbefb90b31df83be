"""Findings on packages of strangers are counted by half, by rule and by package, as readers judged them."""

import pytest

from precision import STRANGERS, Found, JudgmentError, Key
from strangers import (
    PACKAGES,
    Judgment,
    Outcome,
    Stranger,
    half_of,
    read_judgments,
    read_strangers,
    section,
    with_section,
)

ENTRY = """
[[judgment]]
package = "honcho"
path = "honcho/a.py"
code = "CCL301"
text = "self.n += 1"
verdict = "pedantic"
reason = "a counter for the log"
before = true
"""


def key(package: str, text: str = "self.n += 1", code: str = "CCL301") -> Key:
    return Key(package, f"{package}/a.py", code, text, 1)


def outcome(name: str, lines: int, *keys: Key) -> Outcome:
    return Outcome(Stranger(name, "1.0", half_of(name)), lines, tuple(Found(one, 1, "m", ()) for one in keys))


def test_judgments_are_read_with_their_reason_and_time():
    assert read_judgments(ENTRY) == {key("honcho"): Judgment("pedantic", "a counter for the log", before=True)}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ENTRY + ENTRY, "judged twice"),
        (ENTRY.replace('"pedantic"', '"maybe"'), "one of true, pedantic, false"),
        (ENTRY.replace('"a counter for the log"', '" "'), "with a reason"),
    ],
)
def test_a_judgment_that_cannot_be_used_is_refused(text, reason):
    with pytest.raises(JudgmentError, match=reason):
        read_judgments(text)


def test_a_name_alone_decides_the_half():
    strangers = read_strangers(PACKAGES.read_text(encoding="utf-8"))
    assert (60, {"tuning", "proof"}) == (len({one.name for one in strangers}), {one.half for one in strangers})
    with pytest.raises(ValueError, match="honcho belongs to the half tuning"):
        read_strangers('[[stranger]]\nname = "honcho"\nversion = "2.0.0"\nhalf = "proof"\n')


def test_the_section_counts_by_half_by_rule_and_by_package():
    judgments = {
        key("honcho"): Judgment("pedantic", "a counter", before=True),
        key("honcho", "gone = 1"): Judgment("false", "one thread", before=True),
        key("wsgidav"): Judgment("true", "data lost"),
        key("wsgidav", "x += 1", "CCL302"): Judgment("true", "data lost"),
    }
    outcomes = [
        outcome("honcho", 1000, key("honcho")),
        outcome("wsgidav", 50_000, key("wsgidav"), key("wsgidav", "x += 1", "CCL302"), key("wsgidav", "y += 1")),
    ]
    lines = section(outcomes, judgments).splitlines()
    assert "Not judged yet: 1." in lines
    assert "| tuning, before | 1000 | 0 | 1 | 1 | 0 % | 50 % | 0.0 |" in lines
    assert "| tuning, now | 1000 | 0 | 1 | 0 | 0 % | 0 % | 0.0 |" in lines
    assert "| proof | 50000 | 2 | 0 | 0 | 100 % | 0 % | 4.0 |" in lines
    assert "| CCL301 | 0 / 1 / 1 | 0 / 1 / 0 | 1 / 0 / 0 |" in lines
    assert "| CCL302 | – | – | 1 / 0 / 0 |" in lines
    assert "| wsgidav 1.0 | proof | 50000 | 2 | 0 | 0 |" in lines


def test_only_its_own_part_of_the_page_is_written():
    assert with_section(f"# Precision\n\n{STRANGERS}\n\nold\n", f"{STRANGERS}\n\nnew\n") == (
        f"# Precision\n\n{STRANGERS}\n\nnew\n"
    )
