"""Records the workloads' profiles anew: `python benchmarks/record.py [NAME …]` on an otherwise idle machine.

What is recorded is what the tests of the verdicts judge. Paths are made those of any checkout.
"""

import json
import os
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path

from concurlint.runtime.join import join
from concurlint.runtime.launch import BOOTSTRAP, start_script
from concurlint.runtime.profile import Profile, make_profile
from concurlint.runtime.saved import to_json
from concurlint.runtime.stacks import StackRecorder
from concurlint.runtime.states import Sampler

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = (ROOT / "fixtures" / "workloads", ROOT / "fixtures" / "workloads" / "variants")
SECONDS = 2.0
CROWDED = 0.05
TRIES = 5
ENOUGH = 130
"""Looks with which shares are known to within nine points."""
HANGS, HUNG = "HANGS = True", 4.0
"""What a script says that never ends, and the seconds after which it is left."""
LIBRARY = "/usr/lib/python3.{}"


def measure(script: Path, *arguments: str, python: str = sys.executable) -> Profile:
    """One run of the script, its children included."""
    with start_script(str(script), arguments, python=python) as program:
        sampler = Sampler(program.pid)
        recorder = StackRecorder(program.pid, children=True)
        recorder.start()
        sampler.start()
        started = time.time()
        program.go()
        hangs = program.wait(HUNG if HANGS in script.read_text("utf-8") else 60) is None
        if hangs:
            sampler.note_standstill()
            program.take_along(sampler.processes)
        else:
            sampler.wait(3)
        states = sampler.stop()
        recording = recorder.stop()
        version = program.interpreter.version if program.interpreter else sys.version_info[:3]
    joined = join(states, recording.stacks, frozenset({str(BOOTSTRAP)}), recording.doubt)
    return make_profile(
        joined,
        states,
        command=[str(script), *arguments],
        python=".".join(map(str, version)),
        platform=sys.platform,
        cores=len(os.sched_getaffinity(0)),
        started=started,
        notes=[recording.trouble] if recording.trouble else [],
        ended="goes on" if hangs else "by itself",
    )


def calm(script: Path) -> Profile:
    """The run that other programs disturbed least, of a few; a full machine is what some scripts are about."""
    seconds = SECONDS
    runs = [measure(script, f"{seconds:g}")]
    while len(runs) < TRIES and (is_disturbed(runs[-1], script) or is_thin(runs[-1])):
        # A busy machine leaves fewer looks: a longer run has enough of them.
        seconds *= 2 if is_thin(runs[-1]) else 1
        runs.append(measure(script, f"{seconds:g}"))
    return min([run for run in runs if not is_thin(run)] or runs, key=disturbed)


def is_disturbed(profile: Profile, script: Path) -> bool:
    """Whether other programs got in the way of a script that is not about them."""
    return disturbed(profile) > CROWDED and "CCL911" not in script.read_text("utf-8")


def is_thin(profile: Profile) -> bool:
    """Whether there are too few looks for a run of its kind: a script may be about short runs."""
    return profile.run.samples < ENOUGH and profile.run.seconds > SECONDS / 2


def disturbed(profile: Profile) -> float:
    """CPU time that threads had to wait for, by CPU time they got."""
    cpu = sum(thread.cpu_seconds for thread in profile.threads)
    return sum(thread.queue_seconds for thread in profile.threads) / max(0.05, cpu)


def portable(text: str) -> str:
    """The saved profile with our folders called as anybody's might be, and no more digits than were measured."""
    text = text.replace(f"{ROOT}/", "")
    for folder in {sysconfig.get_path("stdlib"), str(Path(sysconfig.get_path("stdlib")).resolve())}:
        text = text.replace(folder, LIBRARY.format(sys.version_info[1]))
    return json.dumps(_rounded(json.loads(text)), separators=(",", ":")) + "\n"


def _rounded(value: object) -> object:
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, list):
        return [_rounded(of) for of in value]
    if isinstance(value, dict):
        return {key: _rounded(of) for key, of in value.items()}
    return value


def scripts(names: list[str]) -> Iterator[Path]:
    """Those asked for, else all."""
    for folder in FOLDERS:
        for script in sorted(folder.glob("*.py")):
            if not names or script.stem in names:
                yield script


def main() -> None:
    """Record and save beside the scripts."""
    for script in scripts(sys.argv[1:]):
        profile = calm(script)
        target = script.parent / "recorded" / f"{script.stem}.json"
        target.parent.mkdir(exist_ok=True)
        text = portable(to_json(profile))
        target.write_text(text, encoding="utf-8")
        print(f"{script.stem}: {profile.run.seconds:.2f} s, {profile.run.samples} looks, {len(text) // 1024} KB")


if __name__ == "__main__":
    main()
