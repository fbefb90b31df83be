"""The last runs, kept without being asked for: the last one and the one before it."""

import contextlib
import os
from pathlib import Path

from platformdirs import user_state_path

from concurlint.runtime.profile import Profile
from concurlint.runtime.saved import ProfileError, load, to_json

LAST, PREVIOUS = "last", "previous"
"""What they are called where a file could be named."""


def keep(profile: Profile) -> None:
    """Make this the last run; where nothing can be written, nothing is kept."""
    last, previous = _path(LAST), _path(PREVIOUS)
    with contextlib.suppress(OSError):
        last.parent.mkdir(parents=True, exist_ok=True)
        # Under a name of its own first: whoever reads meanwhile reads a whole run.
        fresh = last.with_name(f"{os.getpid()}.json")
        fresh.touch(mode=0o600)
        fresh.write_text(to_json(profile), encoding="utf-8")
        if last.exists():
            last.replace(previous)
        fresh.replace(last)


def load_run(name: str) -> Profile:
    """The run in the file of that name, or the kept one that is called so. ProfileError if there is none."""
    path = Path(name)
    if name not in (LAST, PREVIOUS) or path.exists():
        return load(path)
    kept = _path(name)
    if not kept.exists():
        raise ProfileError(f"there is no {name} run; `concurlint profile` keeps one")
    return load(kept)


def _path(name: str) -> Path:
    return user_state_path("concurlint", appauthor=False) / "runs" / f"{name}.json"
