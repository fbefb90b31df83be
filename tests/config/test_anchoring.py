"""A pattern means the same files, whichever folder it is written for."""

from pathlib import Path

import pytest

from concurlint.config.anchoring import reanchored

HERE = Path("/src/here")


@pytest.mark.parametrize("root", [HERE, HERE / "a", HERE.parent, Path("/elsewhere")])
@pytest.mark.parametrize("pattern", ["*.py", "build/", "!keep.py", "**/gen/*.py"])
def test_what_is_tied_to_no_folder_stays(pattern: str, root: Path):
    assert reanchored(pattern, HERE, root) == pattern


@pytest.mark.parametrize(
    ("pattern", "root", "expected"),
    [
        ("a/b.py", HERE, "a/b.py"),
        ("a/b.py", HERE.parent, "/here/a/b.py"),
        ("/b.py", HERE.parent, "/here/b.py"),
        ("!a/b.py", HERE.parent, "!/here/a/b.py"),
        ("a/b.py", HERE / "a", "/b.py"),
        ("/a/b.py", HERE / "a", "/b.py"),
        ("*/b.py", HERE / "a", "/b.py"),
        ("a/**/b.py", HERE / "a" / "c", "**/b.py"),
        ("a/tests/", HERE / "a", "/tests/"),
        ("/a/", HERE / "a", "**"),
        ("/a", HERE / "a", "**"),
        ("/a/", HERE / "a" / "c", "**"),
        ("a/c", HERE / "a" / "c", "**"),
        ("b/c.py", HERE / "a", None),
        ("a/b.py", Path("/elsewhere"), None),
        ("/src/here/a/b.py", HERE, "/a/b.py"),
        ("/src/here/a/b.py", HERE / "a", "/b.py"),
    ],
)
def test_a_pattern_with_a_slash_goes_up_and_down(pattern: str, root: Path, expected: str | None):
    assert reanchored(pattern, HERE, root) == expected
