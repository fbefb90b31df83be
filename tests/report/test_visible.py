"""What has no shape of its own is shown by a sign, one for one; all else is left alone."""

import sys
import unicodedata

from concurlint.report.visible import visible


def test_ordinary_text_of_any_script_is_left_alone():
    text = "`a[b]` – naïve, 宽字符, e\u0301, 👩\u200d💻, עברית"
    assert visible(text) == text


def test_controls_become_pictures_of_themselves():
    assert visible("\x00\t\n\r\x1b\x7f") == "␀␉␊␍␛␡"


def test_what_turns_a_line_round_or_ends_it_unseen_is_replaced():
    assert visible("\u202ereversed\u202c \u2028 \x85 \udc80") == "�reversed� � � �"


def test_no_control_and_no_half_character_is_left_and_lengths_are_kept():
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    shown = visible(every)
    assert len(shown) == len(every)
    assert {char for char in shown if unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp")} == set()
