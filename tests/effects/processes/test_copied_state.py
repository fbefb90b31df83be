"""Writes of workers to their own copy, which the parent looks for in its own."""

from pathlib import Path

import pytest

from concurlint.effects.processes.copied_state import CopiedState
from tests.linked import program

HEAD = "import threading\nfrom multiprocessing import Manager, Pool, Process\n"


@pytest.mark.parametrize(
    ("work", "main", "expected"),
    [
        ("done.append(n)", "p.join()\n    print(done)", [("work", "done", "main")]),
        ("put(n)\ndef put(n):\n    done.append(n)", "p.join()\n    print(done)", [("put", "done", "main")]),
        ("done.append(n)", "p.join()\n    show()\ndef show():\n    print(done)", [("work", "done", "show")]),
        ("done.append(n)", "p.join()", []),
        ("done.append(n)", "threading.Thread(target=work, args=(2,)).start()\n    print(done)", []),
        ("done.append(n)", "done.append(0)\n    print(done)", []),
        ("done.append(n)\n    print(done)", "p.join()", []),
    ],
    ids=["read", "written further down", "read further down", "never read", "a thread too", "both write", "own read"],
)
def test_what_only_workers_write_is_not_there_for_the_parent(
    tmp_path: Path, work: str, main: str, expected: list[tuple[str, str, str]]
):
    text = f"""{HEAD}done = []
def work(n):
    {work}
def main():
    p = Process(target=work, args=(1,))
    p.start()
    {main}
if __name__ == "__main__":
    main()
"""
    found = program(tmp_path, {"app.py": text})[CopiedState].all()
    assert [(lost.touch.code.name, lost.touch.location.shown, lost.reader.name) for lost in found] == expected


def test_what_a_manager_holds_is_the_same_for_all(tmp_path: Path):
    text = f"""{HEAD}def work(done, n):
    done.append(n)
def main():
    done = Manager().list()
    p = Process(target=work, args=(done, 1))
    p.start()
    p.join()
    print(done)
"""
    assert list(program(tmp_path, {"app.py": text})[CopiedState].all()) == []
