"""What a real git repository says of its files at a revision."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from concurlint.revision import Changes, RevisionError, changes_since

Git = Callable[..., str]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Git:
    """Run git in a repository of its own, which nobody's settings have a say in."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "x")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "x@example.org")

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    return git


def commit(git: Git, folder: Path, **files: str) -> str:
    """Commit Python files by their stems."""
    for stem, text in files.items():
        (folder / f"{stem}.py").write_text(text, encoding="utf-8", newline="")
    git("add", "-A")
    git("commit", "-q", "-m", "x")
    return git("rev-parse", "HEAD")


LONG = "".join(f"line{number} = {number}\n" for number in range(20))


def test_changed_new_removed_renamed_and_untracked_files_are_known(git: Git, tmp_path: Path):
    first = commit(git, tmp_path, same="a = 1\n", changed="b = 1\r\n", gone="c = 1\n", old=LONG, odd="größe = 1\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "changed.py").write_text("b = 2\n", encoding="utf-8")
    (tmp_path / "odd.py").write_text("größe = 2\n", encoding="utf-8")
    (tmp_path / "sub" / "staged.py").write_text("d = 1\n", encoding="utf-8")
    git("mv", "old.py", "new.py")
    git("rm", "-q", "gone.py")
    git("add", "-A")
    (tmp_path / "new.py").write_text(LONG + "more = 1\n", encoding="utf-8")
    (tmp_path / "un tracked\n.py").write_text("e = 1\n", encoding="utf-8")
    (tmp_path / "notes.txt").write_text("no Python\n", encoding="utf-8")
    expected = Changes(
        before={
            tmp_path / "changed.py": b"b = 1\r\n",
            tmp_path / "gone.py": b"c = 1\n",
            tmp_path / "old.py": LONG.encode(),
            tmp_path / "new.py": None,
            tmp_path / "odd.py": "größe = 1\n".encode(),
            tmp_path / "sub" / "staged.py": None,
            tmp_path / "un tracked\n.py": None,
        },
        renamed={tmp_path / "old.py": tmp_path / "new.py"},
    )
    assert changes_since("HEAD", tmp_path) == expected
    assert changes_since(first[:12], tmp_path / "sub") == expected


def test_a_name_with_a_line_end_is_read_too(git: Git, tmp_path: Path):
    name = "a\nb"
    commit(git, tmp_path, **{name: "x = 1\n", "other": "y = 1\n"})
    (tmp_path / f"{name}.py").write_text("x = 2\n", encoding="utf-8")
    (tmp_path / "other.py").unlink()
    assert changes_since("HEAD", tmp_path).before == {
        tmp_path / f"{name}.py": b"x = 1\n",
        tmp_path / "other.py": b"y = 1\n",
    }


def test_three_dots_are_where_the_branch_began(git: Git, tmp_path: Path):
    commit(git, tmp_path, a="1\n", b="1\n")
    git("checkout", "-q", "-b", "topic")
    commit(git, tmp_path, a="2\n")
    git("checkout", "-q", "main")
    commit(git, tmp_path, b="3\n")
    git("checkout", "-q", "topic")
    assert changes_since("main...", tmp_path).before == {tmp_path / "a.py": b"1\n"}
    assert changes_since("main", tmp_path).before == {tmp_path / "a.py": b"1\n", tmp_path / "b.py": b"3\n"}


def test_no_change_is_no_file(git: Git, tmp_path: Path):
    commit(git, tmp_path, a="1\n")
    assert changes_since("HEAD", tmp_path) == Changes({}, {})


def test_git_in_a_hook_is_not_led_astray(git: Git, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    commit(git, tmp_path, a="1\n")
    (tmp_path / "a.py").write_text("2\n", encoding="utf-8")
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert changes_since("HEAD", tmp_path).before == {tmp_path / "a.py": b"1\n"}


@pytest.mark.parametrize("revision", ["none", "--help", "", "HEAD^{tree}x"])
def test_what_is_no_revision_is_told_in_one_line(git: Git, tmp_path: Path, revision: str):
    commit(git, tmp_path, a="1\n")
    with pytest.raises(RevisionError) as caught:
        changes_since(revision, tmp_path)
    assert str(caught.value) == f"--diff: `{revision}` is no revision of {tmp_path}"


def test_a_folder_outside_of_any_repository_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RevisionError, match="--diff: not a git repository"):
        changes_since("HEAD", tmp_path)
