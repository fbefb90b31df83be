"""What `--fix` writes: the findings it mends are gone, nothing new is found, the text is Python; all or nothing."""

import ast
import contextlib
from collections import Counter
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from concurlint.config import load
from concurlint.finding import Edit, Fix
from concurlint.fixes.applying import applied
from concurlint.fixes.making import FIXERS
from concurlint.linting import Result, lint
from concurlint.registry import RULES
from concurlint.repairing import Repaired, repair
from tests.linked import write
from tests.pages import Example, read_page, rule_pages, write_example

FEWEST = {
    "CCL202": 19,
    "CCL207": 13,
    "CCL208": 12,
    "CCL307": 9,
    "CCL308": 7,
    "CCL402": 6,
    "CCL403": 4,
    "CCL404": 6,
    "CCL501": 30,
    "CCL503": 28,
    "CCL504": 14,
    "CCL506": 1,
}
"""How many of the findings on the examples are mended, so that no fix is lost unseen."""


def mended(folder: Path) -> Repaired:
    """What `--fix` would write in a folder."""
    with contextlib.chdir(folder):
        settings = load(folder)
        return repair(lambda changed: lint([folder], settings, unsaved=changed))


def flagged(code: str) -> list[Example]:
    """The examples of a rule that are flagged."""
    page = next(page for path in rule_pages() if (page := read_page(path)).code == code)
    return [example for example in page.examples if example.heading == "Flagged"]


@pytest.mark.parametrize("code", sorted(FIXERS))
def test_what_is_mended_in_the_examples_is_gone_and_nothing_new_is_found(code: str, tmp_path: Path):
    count = 0
    for number, example in enumerate(flagged(code)):
        folder = tmp_path / str(number)
        folder.mkdir()
        write_example(example, folder)
        with contextlib.chdir(folder):
            settings = replace(load(folder), pedantic=True)  # what is held back while others are shown counts too
            before = lint([folder], settings)
            done = repair(lambda changed, folder=folder, settings=settings: lint([folder], settings, unsaved=changed))
            for path, (_, after) in done.files.items():
                ast.parse(after)
                path.write_bytes(after)
            left = lint([folder], settings)
        assert done.refused == (), example.name
        assert counted(before) - counted(left) == Counter(done.fixed), example.name
        assert counted(left) - counted(before) == Counter(), example.name
        count += done.fixed.get(code, 0)
    assert count >= FEWEST[code]


def counted(result: Result) -> Counter[str]:
    """How often each rule speaks."""
    return Counter(finding.code for finding in result.findings)


def test_the_rules_that_say_so_are_those_that_have_fixes():
    assert {rule.code for rule in RULES if rule.fixable} == set(FIXERS) == set(FEWEST)


def one(folder: Path, before: str) -> str:
    """A file before and after."""
    write(folder, {"example.py": dedent(before)})
    done = mended(folder)
    return next((after.decode() for _, after in done.files.values()), "")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            '''\
            """What it does."""

            from __future__ import annotations

            import requests


            async def load(url):
                return requests.get(
                    url,
                    timeout=5,
                ).json()
            ''',
            '''\
            """What it does."""

            from __future__ import annotations

            import asyncio

            import requests


            async def load(url):
                return (await asyncio.to_thread(requests.get,
                    url,
                    timeout=5,
                )).json()
            ''',
        ),
        (
            """\
            import asyncio


            async def ring(bell):
                asyncio.create_task(bell.ring())
                task = 1
                return task
            """,
            """\
            import asyncio

            _background_tasks: set[asyncio.Task] = set()


            async def ring(bell):
                kept = asyncio.create_task(bell.ring())
                _background_tasks.add(kept)
                kept.add_done_callback(_background_tasks.discard)
                task = 1
                return task
            """,
        ),
        (
            """\
            from threading import Thread


            def ring(bells):
                for bell in bells:
                    def job():
                        print(bell)

                    Thread(target=job).start()
            """,
            """\
            from threading import Thread


            def ring(bells):
                for bell in bells:
                    def job(bell=bell):
                        print(bell)

                    Thread(target=job).start()
            """,
        ),
        (
            """\
            import threading

            lock = threading.Lock()


            def put(path, text):
                if text:
                    lock.acquire()  # for the file

                    with open(path, "a") as file:
                        file.write(text)

                    lock.release()
            """,
            """\
            import threading

            lock = threading.Lock()


            def put(path, text):
                if text:
                    with lock:  # for the file

                        with open(path, "a") as file:
                            file.write(text)
            """,
        ),
    ],
    ids=["over several lines", "a name that is taken", "a function in a loop", "a comment and empty lines"],
)
def test_a_fix_keeps_the_form_of_the_text(before: str, after: str, tmp_path: Path):
    assert one(tmp_path, before) == dedent(after)


@pytest.mark.parametrize(
    "text",
    [
        """\
        import requests


        def pages(url):
            yield requests.get(url).text


        async def show(url):
            for page in pages(url):
                print(page)
        """,
        """\
        import subprocess

        subprocess = subprocess


        def update(os):
            os.system("git fetch --all")
        """,
        '''\
        import threading

        lock = threading.Lock()


        def put(file):
            lock.acquire()
            file.write("""
        text
        """)
            lock.release()
        ''',
        """\
        import asyncio


        async def work():
            await asyncio.sleep(1)


        async def main():
            asyncio.gather(work(), work())
            await asyncio.sleep(5)
        """,
        """\
        import threading

        ready, items = threading.Condition(), []


        def take(wait=True):
            with ready:
                if wait:
                    ready.wait()
                return items.pop()
        """,
        """\
        import threading

        lock = threading.Lock()


        def put(path):
            try:
                lock.acquire()
                open(path).close()
                lock.release()
            except OSError:
                lock.release()
        """,
        """\
        import threading

        lock = threading.Lock()


        def give_back(held):
            held.release()


        def put(path):
            lock.acquire()
            if path is None:
                give_back(lock)
                return
            open(path).close()
            lock.release()
        """,
        """\
        import threading


        def fetch_all(fetch):
            for _ in range(3):
                work = threading.Thread(target=lambda: fetch(work))
                work.start()
        """,
        """\
        class Worker:
            running = True

            async def consume(self):
                while self.running:
                    await self.step()

            async def step(self):
                print("step")

            async def start(self):
                self.consume()
        """,
        """\
        import contextvars
        import time

        user = contextvars.ContextVar("user")


        def enter(name):
            time.sleep(1)
            user.set(name)


        async def handle(name):
            enter(name)
        """,
        """\
        import requests


        async def lines(url):
            for line in requests.get(url, stream=True).iter_lines():
                print(line)
        """,
        """\
        import subprocess

        subprocess.run(["ls", "*.py"], shell=True)
        subprocess.run(["echo $0", "a"], shell=True)
        """,
        """\
        import subprocess

        subprocess.run(
            "git fetch --all",
            # the oldest servers need one
            shell=True,
        )
        """,
        """\
        import os
        import subprocess


        def update(subprocess):
            os.system("git fetch --all")
        """,
    ],
    ids=[
        "a generator",
        "a name that is something else",
        "a text over several lines",
        "a gather",
        "a test that nobody can change",
        "a lock given back elsewhere too",
        "a lock handed on",
        "a variable bound by what it is given to",
        "a coroutine that goes on",
        "a context variable",
        "an answer that comes bit by bit",
        "words for a shell",
        "a comment that would get lost",
        "a parameter of that name",
    ],
)
def test_what_would_mean_something_else_is_left(text: str, tmp_path: Path):
    assert one(tmp_path, text) == ""


def test_fixes_that_touch_the_same_text_wait_for_each_other():
    first = Fix("one", (Edit(1, 1, 1, 3, "AB"), Edit(2, 1, 2, 1, "new\n")))
    second = Fix("other", (Edit(1, 2, 1, 4, "XY"),))
    third = Fix("third", (Edit(1, 5, 1, 6, "Z"), Edit(2, 1, 2, 1, "new\n")))
    assert applied("abc de\nend\n", [first, second, third]) == ("ABc Ze\nnew\nend\n", (first, third))


def test_a_fix_beyond_the_last_line_ends_it_first():
    assert applied("a", [Fix("more", (Edit(2, 1, 2, 1, "\nb"),))]) == (
        "a\nb",
        (Fix("more", (Edit(2, 1, 2, 1, "\nb"),)),),
    )


def test_a_file_keeps_its_encoding_mark_and_line_ends(tmp_path: Path):
    text = '# coding: latin-1\r\nimport os\r\n\r\nos.system("git fetch gr\u00fcn")\r\n'
    (tmp_path / "old.py").write_bytes(text.encode("latin-1"))
    done = mended(tmp_path)
    assert [after.decode("latin-1") for _, after in done.files.values()] == [
        '# coding: latin-1\r\nimport os\r\nimport subprocess\r\n\r\nsubprocess.run(["git", "fetch", "gr\u00fcn"])\r\n'
    ]


def test_a_fix_that_would_bring_something_else_is_refused(tmp_path: Path):
    text = "import os\n\nos.system('git fetch --all')\n"
    write(tmp_path, {"example.py": text})
    with contextlib.chdir(tmp_path):
        settings = load(tmp_path)
        looks = iter([text, "import subprocess\n\nsubprocess.run(['ls'], shell=True)\n", text, text])
        path = tmp_path / "example.py"
        done = repair(lambda _: lint([path], settings, unsaved={path: next(looks).encode()}))
    assert (done.files, done.fixed) == ({}, {})
    assert [finding.code for finding in done.refused] == ["CCL402"]


def test_a_fix_that_spoils_its_file_keeps_no_other_back(tmp_path: Path):
    good = "import os\n\nos.system('git fetch --all')\nos.system('git gc --auto')\n"
    write(tmp_path, {"example.py": good + "import threading\n\nthreading.Thread((print)).start()\n"})
    done = mended(tmp_path)
    assert done.fixed == {"CCL402": 2}
    assert [finding.code for finding in done.refused] == ["CCL207"]


def test_lines_are_put_in_below_what_runs_a_file_and_names_its_encoding(tmp_path: Path):
    head = "#!/usr/bin/env python3\n# coding: utf-8\n"
    body = "def update():\n    import os\n\n    while True:\n        os.system('git fetch')\n"
    after = one(tmp_path, head + body)
    assert after.startswith(head + "import subprocess\n\ndef update")


def test_a_set_of_tasks_names_no_class_that_is_imported_below_it(tmp_path: Path):
    before = """\
        import os
        os.environ["X"] = "1"
        import asyncio


        async def ring(bell):
            asyncio.create_task(bell.ring())
        """
    assert "\n_background_tasks = set()\n\nos.environ" in one(tmp_path, before)


def test_files_above_the_current_folder_are_mended(tmp_path: Path):
    write(tmp_path, {"example.py": "import os\n\nos.system('git fetch --all')\n", "below/x.py": ""})
    with contextlib.chdir(tmp_path / "below"):
        settings = load(tmp_path)
        done = repair(lambda changed: lint([Path("..")], settings, unsaved=changed))
    assert (done.fixed, done.refused) == ({"CCL402": 1}, ())
