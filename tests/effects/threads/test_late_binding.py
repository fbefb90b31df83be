"""Work that reads a loop variable when it runs, not when it is handed over."""

from pathlib import Path

import pytest

from concurlint.effects.threads.late_binding import LateBinding
from tests.linked import program

HEAD = """import threading
from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor()
"""


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("threading.Thread(target=lambda: print(name)).start()", [("name", True)]),
        ("threading.Thread(target=lambda name=name: print(name)).start()", []),
        ("threading.Thread(target=print, args=(name,)).start()", []),
        ("size = len(name)\n        threading.Thread(target=lambda: print(size)).start()", [("size", False)]),
        ("def work():\n            print(name)\n        pool.submit(work)", [("name", True)]),
        ("pool.submit(lambda: print(name)).result()", []),
        ("threading.Thread(target=lambda: print(name)).start()\n        break", []),
        ("t = threading.Thread(target=lambda: print(name))\n        t.start()\n        t.join()", []),
        ("list(pool.map(lambda n: print(n, name), 'ab'))", []),
    ],
    ids=["target", "default", "argument", "made in the turn", "function", "asked", "left", "joined", "used up"],
)
def test_work_in_a_loop_reads_what_the_loop_binds_anew(tmp_path: Path, body: str, expected: list[tuple[str, bool]]):
    text = f"{HEAD}def main(names):\n    for name in names:\n        {body}\n"
    found = program(tmp_path, {"app.py": text})[LateBinding].all()
    assert [(capture.name, capture.is_target) for capture in found] == expected


def test_a_loop_of_one_turn_binds_nothing_anew(tmp_path: Path):
    text = f"{HEAD}def main():\n    for name in ['a']:\n        threading.Thread(target=lambda: print(name)).start()\n"
    assert list(program(tmp_path, {"app.py": text})[LateBinding].all()) == []
