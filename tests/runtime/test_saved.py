"""Profiles saved as JSON and read back."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from concurlint.runtime.profile import LineTime, ProcessTimes, Profile, Row, StackTime
from concurlint.runtime.samples import Frame, State
from concurlint.runtime.saved import ProfileError, from_json, load, save, to_json
from concurlint.runtime.standing import Moment, Stand
from tests.runtime.made import PID, profile, thread_times

MAIN, SPIN = Frame("<module>", "/home/me/app.py", 3), Frame("späte — \ud800", "/home/me/a\nb.py", 9)


@pytest.fixture
def full() -> Profile:
    """A profile with something in every field."""
    made = profile(
        2.0,
        thread_times(PID, {State.HOLDS_GIL: 1.1, State.SLEEP: 0.1 + 0.2}, name="MainThread"),
        rows=[Row(PID, PID, ((0.0, 1.1, State.HOLDS_GIL), (1.1, 1.4, State.SLEEP)))],
    )
    return Profile(
        made.run,
        made.threads,
        (LineTime(SPIN.path, SPIN.line, SPIN.function, PID, PID, State.HOLDS_GIL, 1.1, 220),),
        (
            StackTime(PID, PID, (MAIN, SPIN), {State.HOLDS_GIL: 1.1}, 220),
            StackTime(PID, PID, (MAIN,), {State.SLEEP: 0.1 + 0.2}, 60),
            StackTime(PID, PID, (), {State.LOCK: 1e-9}, 0),
        ),
        made.timeline,
        (ProcessTimes(PID, 1, ("python", "app.py"), True, 0.0, 2.0, 1.1, ("OpenBLAS",)),),
        Moment(1.5, (Stand(PID, PID, "MainThread", State.LOCK, (MAIN, SPIN), 4096, False, 0.5),)),
    )


def changed(made: Profile, *path: str | int, to: object) -> str:
    """The saved text with one value replaced."""
    data: Any = json.loads(to_json(made))
    place = data
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return json.dumps(data)


def test_a_profile_read_back_is_the_same(full: Profile):
    assert from_json(to_json(full)) == full


def test_a_profile_saved_in_a_file_is_the_same(full: Profile, tmp_path: Path):
    save(full, tmp_path / "run.json")
    assert load(tmp_path / "run.json") == full


def test_a_profile_saved_before_something_was_measured_lacks_only_that(full: Profile):
    data = json.loads(to_json(full))
    for later in ("processes", "standstill"):
        del data[later]
    del data["run"]["ended"]
    assert from_json(json.dumps(data)) == replace(full, processes=(), standstill=None)


def test_the_text_has_its_version_and_each_frame_once(full: Profile):
    data = json.loads(to_json(full))
    assert data["version"] == 1
    assert data["frames"] == [["<module>", "/home/me/app.py", 3], [SPIN.function, SPIN.path, 9]]
    assert data["stacks"][0]["frames"] == [0, 1]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not a saved profile: "),
        ("{", "not a saved profile: "),
        ("[]", "not a saved profile: it has no version"),
        ('{"name": "x"}', "not a saved profile: it has no version"),
        ('{"version": 2}', "a profile of version 2; only 1 can be read"),
        ('{"version": "1"}', "a profile of version '1'; only 1 can be read"),
        ('{"version": 1}', "a damaged profile: Profile lacks or does not know: lines, run, stacks, threads"),
    ],
)
def test_text_that_is_no_profile_is_told_in_one_line(text: str, says: str):
    with pytest.raises(ProfileError, match=f"^{says}") as told:
        from_json(text)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    ("path", "to"),
    [
        (("run", "cores"), "two"),
        (("run", "cores"), True),
        (("run", "seconds"), None),
        (("run", "command"), "app.py"),
        (("run", "colour"), 1),
        (("threads",), {}),
        (("threads", 0), []),
        (("threads", 0, "states"), {"dreaming": 1.0}),
        (("threads", 0, "states"), []),
        (("lines", 0, "state"), "dreaming"),
        (("stacks", 0, "frames"), [0, 99]),
        (("stacks", 0, "frames"), [-1]),
        (("stacks", 0, "frames"), ["<module>"]),
        (("timeline", 0, "stretches"), [[0.0, 1.0]]),
        (("frames",), [["f", "/a.py"]]),
        (("frames",), 3),
    ],
)
def test_a_damaged_profile_is_told_in_one_line(full: Profile, path: tuple[str | int, ...], to: object):
    with pytest.raises(ProfileError, match=r"^a damaged profile: ") as told:
        from_json(changed(full, *path, to=to))
    assert "\n" not in str(told.value)


def test_whole_numbers_stand_for_seconds_too(full: Profile):
    assert from_json(changed(full, "run", "seconds", to=2)) == full


def test_files_that_cannot_be_read_or_written_are_named(full: Profile, tmp_path: Path):
    with pytest.raises(ProfileError, match=r"absent\.json: cannot be read: No such file"):
        load(tmp_path / "absent.json")
    with pytest.raises(ProfileError, match="cannot be written"):
        save(full, tmp_path / "absent" / "run.json")
    (tmp_path / "binary.json").write_bytes(b"\xff\xfe")
    with pytest.raises(ProfileError, match=r"binary\.json: not a saved profile: not UTF-8"):
        load(tmp_path / "binary.json")
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(ProfileError, match=r"other\.json: not a saved profile: it has no version"):
        load(tmp_path / "other.json")
