"""How much a race matters, by what reads the state."""

from pathlib import Path

import pytest

from concurlint.effects.races.grading import RaceGrading
from concurlint.effects.races.updates import Races
from concurlint.finding import Confidence, Weight
from tests.linked import program


@pytest.mark.parametrize(
    ("reads", "expected"),
    [
        ("def __repr__(self):\n        return str(self._done)", Weight.LOW),
        ("def show(self):\n        logging.info('%s', self._done)", Weight.LOW),
        ("def left(self):\n        return 9 - self._done", Weight.HIGH),
    ],
    ids=["shown", "logged", "reckoned with"],
)
def test_a_number_that_is_only_shown_weighs_little(tmp_path: Path, reads: str, expected: Weight):
    text = f"""import logging, threading
class Crew:
    def __init__(self):
        self._done = 0
    def start(self):
        for _ in range(3):
            threading.Thread(target=self.work).start()
    def work(self):
        self._done += 1
    {reads}
"""
    found = program(tmp_path, {"app.py": text})
    [race] = found[Races].unlocked_updates()
    assert found[RaceGrading].weight(race.touch.location) is expected


def test_threads_that_the_program_starts_are_sure(tmp_path: Path):
    text = "import threading\ntotal = 0\ndef work():\n    global total\n    total += 1\ndef main():\n"
    text += "    for _ in range(3):\n        threading.Thread(target=work).start()\n"
    found = program(tmp_path, {"app.py": text})
    [race] = found[Races].unlocked_updates()
    assert found[RaceGrading].confidence(race.run, race.touch.location) is Confidence.HIGH
