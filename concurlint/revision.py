"""What changed since a git revision: the files as they were then."""

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from concurlint.trouble import UserError
from concurlint.walking import PYTHON_SUFFIXES


class RevisionError(UserError):
    """A revision cannot be compared with; the text is one line."""


@dataclass(frozen=True, slots=True)
class Changes:
    """Absolute paths and what was there at the revision, None for no file; and what files are called since then."""

    before: Mapping[Path, bytes | None]
    renamed: Mapping[Path, Path]


def changes_since(revision: str, folder: Path) -> Changes:
    """Python files that differ between the revision and the working tree around `folder`, untracked ones too.

    `REV...` is where the branch that is checked out left REV.
    """
    top = Path(_git(folder, "rev-parse", "--show-toplevel").rstrip("\n"))
    commit = _commit(top, revision)
    before: dict[Path, bytes | None] = {}
    renamed: dict[Path, Path] = {}
    wanted: dict[str, Path] = {}
    for old, new in _differences(top, commit):
        if new is not None and _is_python(new):
            before.setdefault(top / new, None)
        if old is not None and _is_python(old):
            wanted[old] = top / old
            if new is not None and new != old:
                renamed[top / old] = top / new
    for name, data in _contents(top, commit, list(wanted)):
        before[wanted[name]] = data
    return Changes(before, renamed)


def _commit(top: Path, revision: str) -> str:
    plain = revision.removesuffix("...")
    try:
        commit = _git(top, "rev-parse", "--verify", "--end-of-options", f"{plain}^{{commit}}").strip()
    except RevisionError as error:
        raise RevisionError(f"--diff: `{plain}` is no revision of {top}") from error
    return commit if plain == revision else _git(top, "merge-base", commit, "HEAD").strip()


def _differences(top: Path, commit: str) -> Iterator[tuple[str | None, str | None]]:
    """The name of each changed file at the revision and now; None where there is no such file."""
    options = ("--name-status", "-z", "--find-renames", "--no-ext-diff", "--ignore-submodules", "--no-relative")
    fields = iter(_git(top, "diff", *options, commit, "--").split("\0")[:-1])
    for status in fields:
        name = next(fields)
        if status.startswith("R"):
            yield name, next(fields)
        elif status.startswith("C"):
            yield None, next(fields)
        else:
            yield None if status == "A" else name, None if status == "D" else name
    for name in _git(top, "ls-files", "-z", "--others", "--exclude-standard").split("\0")[:-1]:
        yield None, name


def _contents(top: Path, commit: str, names: Sequence[str]) -> Iterator[tuple[str, bytes]]:
    """What the files held at the revision; a name with a line end in it is asked for by itself."""
    plain = [name for name in names if "\n" not in name]
    for name in set(names).difference(plain):
        yield name, _run(top, "show", f"{commit}:{name}")
    asked = "".join(f"{commit}:{name}\n" for name in plain)
    answer = _run(top, "cat-file", "--batch", stdin=os.fsencode(asked)) if plain else b""
    at = 0
    for name in plain:
        end = answer.index(b"\n", at)
        header = answer[at:end].split()
        if header[-1] == b"missing":
            at = end + 1
            continue
        size = int(header[-1])
        yield name, answer[end + 1 : end + 1 + size]
        at = end + size + 2


def _is_python(name: str) -> bool:
    return name.endswith(PYTHON_SUFFIXES)


def _git(folder: Path, *arguments: str) -> str:
    return os.fsdecode(_run(folder, *arguments))


def _run(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    # Whoever runs us from a hook has set these for another purpose.
    env = {key: value for key, value in os.environ.items() if key not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_PREFIX")}
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, input=stdin, capture_output=True, check=False, env=env)
    except FileNotFoundError as error:
        raise RevisionError("--diff needs git, and there is none on the PATH") from error
    if done.returncode:
        said = os.fsdecode(done.stderr).strip().splitlines()
        reason = said[0].removeprefix("fatal: ") if said else f"git {arguments[0]} failed"
        raise RevisionError(f"--diff: {reason}")
    return done.stdout
