"""Text that is safe to show: what would move the cursor or hide a part of the line becomes a sign."""

import re

# C0, DEL and C1 controls; marks that reorder a line (a known way to hide code); line ends that only some
# programs see; halves of surrogate pairs, by which Python spells file names that are not UTF-8.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_PICTURES = 0x2400
_DELETE = "\x7f"


def visible(text: str) -> str:
    """`text` on one line, with one sign for each character that has no shape of its own."""
    return _UNSEEN.sub(_sign, text)


def _sign(match: re.Match[str]) -> str:
    char = match[0]
    if char < " ":
        return chr(_PICTURES + ord(char))
    return "\N{SYMBOL FOR DELETE}" if char == _DELETE else "\N{REPLACEMENT CHARACTER}"
