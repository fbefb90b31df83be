"""A rule's Markdown page: find it, read it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent
# In an installed wheel the pages lie inside the package, in a checkout beside it.
_FOLDERS = (_PACKAGE / "rules", _PACKAGE.parent / "rules")

_CODE = re.compile(r"CCL[0-9]{3}")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")


@dataclass(frozen=True)
class Page:
    """What a rule's page says: `title` is its first heading, `summary` its first paragraph on one line."""

    code: str
    name: str
    title: str
    summary: str
    text: str
    fixable: bool


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
    prose = list(_prose(text))
    title = next((line.removeprefix("# ").strip() for line in prose if line.startswith("# ")), f"{code} {name}")
    fixable = any(line.rstrip() == "## Fix" for line in prose)
    return Page(code, name, title, _first_paragraph(prose), text, fixable)


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
