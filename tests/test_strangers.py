"""Findings on packages of strangers are counted by half, by rule and by package, as readers judged them."""

from collections import Counter

import pytest

from precision import STRANGERS, Found, JudgmentError, Key
from strangers import (
    PACKAGES,
    Judgment,
    Outcome,
    Stranger,
    by_line,
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
"""


def key(package: str, text: str = "self.n += 1", code: str = "CCL301") -> Key:
    return Key(package, f"{package}/a.py", code, text, 1)


def outcome(name: str, lines: int, *keys: Key) -> Outcome:
    half = "first" if name == "honcho" else half_of(name)
    return Outcome(Stranger(name, "1.0", half), lines, tuple(Found(one, 1, "m", ()) for one in keys))


def test_judgments_are_read_with_their_reason():
    assert read_judgments(ENTRY) == {key("honcho"): Judgment("pedantic", "a counter for the log")}


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
    halves = Counter(one.half for one in {one.name: one for one in strangers}.values())
    assert (60, {"first", "tuning", "proof"}) == (halves["first"], set(halves))
    assert halves["tuning"] + halves["proof"] == 60
    with pytest.raises(ValueError, match="honcho belongs to the half tuning"):
        read_strangers('[[stranger]]\nname = "honcho"\nversion = "2.0.0"\nhalf = "proof"\n')


def test_a_judgment_stays_with_its_line_while_other_findings_come_and_go(tmp_path):
    (tmp_path / "honcho").mkdir()
    (tmp_path / "honcho" / "a.py").write_text("self.n += 1\nx = 1\n    self.n += 1\n")
    assert by_line(Found(key("honcho"), 3, "m", ()), tmp_path).key.ordinal == 2


def test_the_section_counts_by_half_by_rule_and_by_package():
    judgments = {
        key("honcho"): Judgment("pedantic", "a counter"),
        key("wsgidav"): Judgment("true", "data lost"),
        key("wsgidav", "x += 1", "CCL302"): Judgment("true", "data lost"),
        key("pypiserver"): Judgment("false", "one thread"),
    }
    outcomes = [
        outcome("honcho", 1000, key("honcho")),
        outcome("distmqtt", 2000),
        outcome("wsgidav", 50_000, key("wsgidav"), key("wsgidav", "x += 1", "CCL302"), key("wsgidav", "y += 1")),
        outcome("pypiserver", 1000, key("pypiserver")),
    ]
    lines = section(outcomes, judgments).splitlines()
    assert "Not judged yet: 1." in lines
    assert "| tuning, first sixty | 1000 | 0 | 1 | 0 | 0 % | 0 % | 0.0 |" in lines
    assert "| tuning | 2000 | 0 | 0 | 0 | 0 % | 0 % | 0.0 |" in lines
    assert "| proof | 51000 | 2 | 0 | 1 | 67 % | 33 % | 3.9 |" in lines
    assert "| CCL301 | 0 / 1 / 0 | – | 1 / 0 / 1 |" in lines
    assert "| CCL302 | – | – | 1 / 0 / 0 |" in lines
    assert "| wsgidav 1.0 | proof | 50000 | 2 | 0 | 0 |" in lines
    assert "Renew with `python benchmarks/strangers.py first tuning proof --write`." in lines


def test_a_half_that_was_not_checked_is_shown_as_not_read():
    lines = section([outcome("honcho", 1000), outcome("distmqtt", 2000)], {}).splitlines()
    assert "| proof | not read yet | – | – | – | – | – | – |" in lines
    assert "| code | tuning, first sixty | tuning |" in lines
    assert "Renew with `python benchmarks/strangers.py first tuning --write`." in lines


def test_only_its_own_part_of_the_page_is_written():
    assert with_section(f"# Precision\n\n{STRANGERS}\n\nold\n", f"{STRANGERS}\n\nnew\n") == (
        f"# Precision\n\n{STRANGERS}\n\nnew\n"
    )
