"""The pages on which a project is described: its README, its documentation, what it says as a package."""

from pathlib import Path

_PAGES = ("README*", "docs/**/*.rst", "docs/**/*.md", "doc/**/*.rst", "*.dist-info/METADATA")
_MOST = 300


def pages_of(root: Path) -> list[Path]:
    """The first of them, in order; all that an analysis may read besides code."""
    pages = [path for pattern in _PAGES for path in sorted(root.glob(pattern))]
    return pages[:_MOST]
