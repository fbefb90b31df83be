"""What threads do to the state of the whole process, and to objects that belong to another thread."""

from pathlib import Path

import pytest

from concurlint.effects.threads.confinement import Confinement
from tests.linked import program

HEAD = "import os, signal, sqlite3, threading\n"
MAIN = "def main():\n    for _ in range(3):\n        threading.Thread(target=work).start()\n"


@pytest.mark.parametrize(
    ("work", "expected"),
    [
        ("os.chdir('/srv')", [("work", "os.chdir")]),
        ("by()\ndef by():\n    os.umask(0)", [("by", "os.umask")]),
        ("os.environ['HOME'] = '/srv'", [("work", "os.environ")]),
        ("os.getcwd()\n    os.environ['HOME']", []),
        ("signal.signal(signal.SIGTERM, print)", [("work", "signal.signal")]),
        ("try:\n        signal.signal(signal.SIGTERM, print)\n    except ValueError: ...", []),
        ("if threading.current_thread() is threading.main_thread():\n        os.chdir('/srv')", []),
    ],
    ids=["changes", "changes further down", "stores an item", "reads", "fails", "expects that", "asks for main"],
)
def test_threads_change_what_the_whole_process_shares(tmp_path: Path, work: str, expected: list[tuple[str, str]]):
    found = program(tmp_path, {"app.py": f"{HEAD}def work():\n    {work}\n{MAIN}"})[Confinement].state_changes()
    assert [(trespass.code.name, trespass.name) for trespass in found] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base = sqlite3.connect('a')\ndef work():\n    base.execute('b')\n", ["base"]),
        ("def work():\n    base = sqlite3.connect('a')\n    base.execute('b')\n", []),
        ("base = sqlite3.connect('a', check_same_thread=False)\ndef work():\n    base.execute('b')\n", []),
    ],
    ids=["made by the main thread", "made by the thread", "allowed"],
)
def test_an_object_bound_to_its_thread_is_used_by_another(tmp_path: Path, text: str, expected: list[str]):
    found = program(tmp_path, {"app.py": HEAD + text + MAIN})[Confinement].foreign_objects()
    assert [trespass.name for trespass in found] == expected
