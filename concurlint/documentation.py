"""The pages on which a project is described: its README, its documentation, what it says as a package."""

from pathlib import Path

_PAGES = (
    "README*", "docs/**/*.rst", "docs/**/*.md", "doc/**/*.rst", "*.dist-info/METADATA", "PKG-INFO", "*/README*",
)  # fmt: skip
"""Also those of what lies beside each other in one folder, as released sources do."""
_MOST = 300


def pages_of(root: Path) -> list[Path]:
    """The first of them, in order; all that an analysis may read besides code."""
    while (root / "__init__.py").is_file() and root != root.parent:
        root = root.parent  # a package alone is described beside it
    pages = [path for pattern in _PAGES for path in sorted(root.glob(pattern))]
    return pages[:_MOST]
