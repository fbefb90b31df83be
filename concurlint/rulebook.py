"""The rules' Markdown pages: find them by code or name, read them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from concurlint.finding import Level

_PACKAGE = Path(__file__).resolve().parent
# In an installed wheel the pages lie inside the package, in a checkout beside it.
_FOLDERS = (_PACKAGE / "rules", _PACKAGE.parent / "rules")

_CODE = re.compile(r"CCL[0-9]{3}")
_LEVEL = re.compile(r"Level: \*\*(error|warning|advice)\*\*")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True, slots=True)
class Named:
    """A rule by its code and its name: what its page is called."""

    code: str
    name: str


_MENDED = "`concurlint check --fix`"
"""What a page names whose findings the tool can mend."""


@dataclass(frozen=True)
class Page:
    """What a rule's page says: `title` is its first heading, `summary` its first paragraph on one line."""

    code: str
    name: str
    level: Level
    title: str
    summary: str
    text: str
    fixable: bool


def closeness(patterns: Iterable[str], code: str, name: str) -> int:
    """How closely one of the patterns names the rule: 0 not at all, 3 by `CCL` … 6 by its code or name."""
    found = [0]
    for pattern in patterns:
        if pattern == name:
            found.append(len(code))
        elif code.startswith(pattern.upper()):
            found.append(len(pattern))
    return max(found)


@cache
def catalogue() -> tuple[Named, ...]:
    """All that have a page, rules and verdicts, in code order; no page is read for it."""
    stems = {page.stem for folder in _FOLDERS for page in folder.glob("CCL*.md")}
    parted = (stem.partition("-") for stem in sorted(stems))
    return tuple(Named(code, name) for code, _, name in parted if _CODE.fullmatch(code))


def find_rule(code_or_name: str) -> Named | None:
    """The rule of that code (any case) or name, None if there is none."""
    for rule in catalogue():
        if code_or_name.upper() == rule.code or code_or_name == rule.name:
            return rule
    return None


def nearest_rule(text: str) -> str:
    """The code or name most like `text`, `""` if nothing is."""
    from difflib import get_close_matches  # only a slip of the pen needs it

    words = [word for rule in catalogue() for word in (rule.code, rule.name)]
    found = get_close_matches(text if text.islower() else text.upper(), words, n=1, cutoff=0.5)
    return found[0] if found else ""


def page_path(code: str) -> Path | None:
    """The page of the rule with this code, in any case of letters; None where there is none."""
    code = code.upper()
    if _CODE.fullmatch(code) is None:
        return None
    pages = (page for folder in _FOLDERS for page in sorted(folder.glob(f"{code}-*.md")))
    return next(pages, None)


def read_page(code: str) -> Page | None:
    """The page of the rule with this code, None where there is none; OSError where it cannot be read."""
    path = page_path(code)
    if path is None:
        return None
    return parse_page(path.stem, path.read_text(encoding="utf-8"))


def parse_page(stem: str, text: str) -> Page:
    """The page whose file is called `stem`: code, hyphen, name."""
    code, _, name = stem.partition("-")
    # What is read of a page stands before its first section, all but the question whether it has a fix.
    opening = list(_prose(text.partition("\n## ")[0]))
    title = next((line.removeprefix("# ").strip() for line in opening if line.startswith("# ")), f"{code} {name}")
    level = next((found[1] for line in opening if (found := _LEVEL.match(line))), Level.WARNING)
    fixable = any(_MENDED in line for line in _prose(text))
    return Page(code, name, Level(level), title, _first_paragraph(opening), text, fixable)


def _prose(text: str) -> Iterator[str]:
    """The lines outside of fenced blocks: a comment in an example may look like a heading."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" " + fence[0]):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            yield line


def _first_paragraph(lines: list[str]) -> str:
    paragraph: list[str] = []
    for line in lines:
        if line.strip() and not line.startswith("#"):
            paragraph.append(line.strip())
        elif paragraph:
            break
    return " ".join(paragraph)
