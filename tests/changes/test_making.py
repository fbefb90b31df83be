"""A change is made where it means the same, and only there."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.changes.made import changed

WORK = "def work(n):\n    total = 0\n    for i in range(n):\n        total += i * i\n    return total\n\n\n"
LOOP = (
    f"{WORK}def main(sizes):\n    total = 0\n"
    "    for size in sizes:\n        total += work(size)\n    print(total)\n\n\n"
)
GUARDED = f'{LOOP}if __name__ == "__main__":\n    main([5, 6, 7])\n'
CALLS = [("<module>", "    main("), ("main", "total += work"), ("work", "total += i")]


def output(folder: Path, text: str) -> str:
    """What the program prints; it has to end well."""
    (folder / "runs.py").write_text(text, encoding="utf-8")
    done = subprocess.run([sys.executable, "runs.py"], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_loop_is_shared_out_and_means_the_same(tmp_path: Path):
    after = changed(tmp_path, "CCL903", GUARDED, *CALLS, instead="ProcessPoolExecutor")
    assert after is not None
    assert after["app.py"] == GUARDED.replace(
        "    for size in sizes:\n        total += work(size)\n",
        "    with ProcessPoolExecutor() as pool:\n"
        "        for result in pool.map(work, sizes):\n            total += result\n",
    ).replace("def work", "from concurrent.futures import ProcessPoolExecutor\n\ndef work", 1)
    assert output(tmp_path, after["app.py"]) == output(tmp_path, GUARDED) == "176\n"


def test_a_script_without_a_guard_gets_one_from_the_line_that_begins_the_work(tmp_path: Path):
    text = f"{LOOP}sizes = [5, 6]\nmain(sizes)\nprint('done')\n"
    text = text.replace("def main(sizes):", "def main(sizes, _=0):")
    calls = [("<module>", "main(sizes)"), *CALLS[1:]]
    after = changed(tmp_path, "CCL903", text, *calls, instead="ProcessPoolExecutor")
    assert after is not None
    assert after["app.py"].endswith(
        "sizes = [5, 6]\nif __name__ == \"__main__\":\n    main(sizes)\n    print('done')\n"
    )
    assert output(tmp_path, after["app.py"]) == "85\ndone\n"


def test_threads_become_processes_in_every_place_that_uses_them(tmp_path: Path):
    text = (
        f"import threading\n\n\n{WORK}def main():\n"
        "    threads = [threading.Thread(target=work, args=(9,)) for _ in range(2)]\n"
        "    for thread in threads:\n        thread.start()\n    for thread in threads:\n        thread.join()\n\n\n"
        'if __name__ == "__main__":\n    main()\n'
    )
    after = changed(tmp_path, "CCL901", text, ("work", "total += i"), thread=True)
    assert after is not None
    assert after["app.py"] == text.replace("import threading", "import multiprocessing").replace(
        "threading.Thread", "multiprocessing.Process"
    )


def test_an_executor_is_exchanged_with_its_import_and_without_what_only_threads_have(tmp_path: Path):
    text = (
        f"from concurrent.futures import ThreadPoolExecutor\n\n\n{WORK}def main():\n"
        '    with ThreadPoolExecutor(2, thread_name_prefix="w") as pool:\n'
        "        print(sum(pool.map(work, [5, 6])))\n\n\n"
        'if __name__ == "__main__":\n    main()\n'
    )
    after = changed(tmp_path, "CCL901", text, ("work", "total += i"), thread=True)
    assert after is not None
    assert after["app.py"] == text.replace("ThreadPoolExecutor", "ProcessPoolExecutor").replace(
        ', thread_name_prefix="w"', ""
    )
    assert output(tmp_path, after["app.py"]) == "85\n"


@pytest.mark.parametrize(
    ("work", "why"),
    [
        ("    print(n)\n", "it says something in its turn"),
        ("    SEEN.append(n)\n", "it changes what others see"),
        ("    SEEN[0] = n\n", "it changes what others see"),
        ("    global LAST\n    LAST = n\n", "it changes what others see"),
        ("    with LOCK:\n        pass\n", "it takes a lock"),
        ("    random.random()\n", "it draws from a sequence"),
        ("    open('x', 'w').close()\n", "it writes a file"),
        ("    unknown(n)\n", "nobody knows what it does"),
        ("    return (i for i in range(n))\n", "a generator cannot be pickled"),
    ],
)
def test_work_that_must_keep_its_turn_is_left_alone(tmp_path: Path, work: str, why: str):
    head = "import random\nimport threading\n\nSEEN = [0]\nLAST = 0\nLOCK = threading.Lock()\n\n\n"
    text = GUARDED.replace("    total = 0\n    for i", f"{work}    total = 0\n    for i", 1)
    assert changed(tmp_path, "CCL903", head + text, *CALLS, instead="ProcessPoolExecutor") is None, why


@pytest.mark.parametrize(
    "loop",
    [
        "    for size in sizes:\n        total += work(total + size)\n",
        "    for size in sizes:\n        total += work(size)\n        if total > 9:\n            break\n",
        "    for size in sizes:\n        if size > 5:\n            total += work(size)\n",
        "    while sizes:\n        total += work(sizes.pop())\n",
        "    for size in sizes:\n        sizes.append(9)\n        total += work(size)\n        sizes.clear()\n",
        "    for size in iter(sizes):\n        total += work(size)\n",
    ],
)
def test_a_loop_whose_turns_need_each_other_is_left_alone(tmp_path: Path, loop: str):
    text = GUARDED.replace("    for size in sizes:\n        total += work(size)\n", loop)
    assert changed(tmp_path, "CCL903", text, *CALLS, instead="ProcessPoolExecutor") is None


def test_work_that_reads_what_the_loop_changes_is_left_alone(tmp_path: Path):
    text = (
        "scale = 1\nfound = []\n\n\ndef work(n):\n    return sum(i * scale for i in range(n))\n\n\n"
        "for size in [5, 6]:\n    found.append(work(size))\n    scale += 1\n"
    )
    calls = [("<module>", "append(work"), ("work", "return sum")]
    assert changed(tmp_path, "CCL902", text, *calls, instead="ThreadPoolExecutor") is None
    after = changed(tmp_path, "CCL902", text.replace("    scale += 1\n", ""), *calls, instead="ThreadPoolExecutor")
    assert after is not None


def test_a_guard_that_would_hide_what_the_work_reads_is_not_put_up(tmp_path: Path):
    text = (
        "def work(n):\n    return sum(i * scale for i in range(n))\n\n\nscale = int('2')\n"
        "total = sum([work(size) for size in [5, 6]])\nscale = 3\nprint(total)\n"
    )
    calls = [("<module>", "total = sum"), ("work", "return sum")]
    assert changed(tmp_path, "CCL903", text, *calls, instead="ProcessPoolExecutor") is None
    after = changed(tmp_path, "CCL903", text.replace("scale = 3\n", ""), *calls, instead="ProcessPoolExecutor")
    assert after is not None
    assert output(tmp_path, after["app.py"]) == output(tmp_path, text)


def test_awaits_one_by_one_are_gathered(tmp_path: Path):
    text = (
        "import asyncio\n\n\nasync def ask(n):\n    await asyncio.sleep(0)\n    return n\n\n\nasync def main():\n"
        "    total = 0\n    for n in range(5):\n        total += await ask(n)\n    print(total)\n\n\n"
        "asyncio.run(main())\n"
    )
    after = changed(tmp_path, "CCL902", text, ("main", "await ask"), ("ask", "asyncio.sleep"), instead="asyncio")
    assert after is not None
    assert after["app.py"] == text.replace(
        "for n in range(5):", "for result in await asyncio.gather(*(ask(n) for n in range(5))):"
    ).replace("await ask(n)", "result").replace("total += result", "total += result")
    assert output(tmp_path, after["app.py"]) == output(tmp_path, text) == "10\n"


def test_a_sleep_on_the_loop_is_awaited_and_other_calls_go_to_a_thread(tmp_path: Path):
    text = (
        "import asyncio\nimport time\n\n\ndef work(n):\n    return sum(range(n))\n\n\nasync def main():\n"
        "    time.sleep(0.01)\n    found = work(9)\n    print(found)\n\n\nasyncio.run(main())\n"
    )
    slept = changed(tmp_path, "CCL909", text, ("main", "time.sleep"))
    assert slept == {"app.py": text.replace("    time.sleep", "    await asyncio.sleep").replace("import time\n", "")}
    worked = changed(tmp_path, "CCL909", text, ("main", "found = work"), ("work", "return sum"))
    assert worked == {"app.py": text.replace("work(9)", "await asyncio.to_thread(work, 9)")}
    assert changed(tmp_path, "CCL909", text, ("main", "found = work"), ("work", "return sum"), python="3.8.1") is None


def test_commands_run_together_if_they_say_nothing_on_their_own(tmp_path: Path):
    text = (
        "import subprocess\n\n\ndef main(names):\n    for name in names:\n"
        '        subprocess.run(["gzip", name], check=True)\n\n\nif __name__ == "__main__":\n    main(["a", "b"])\n'
    )
    calls = [("<module>", '    main(["a'), ("main", "subprocess.run")]
    after = changed(tmp_path, "CCL905", text, *calls)
    assert after is not None
    assert (
        "    with ThreadPoolExecutor(os.cpu_count()) as pool:\n"
        '        futures = [pool.submit(subprocess.run, ["gzip", name], check=True) for name in names]\n'
        "        for future in futures:\n            future.result()\n"
    ) in after["app.py"]
    assert changed(tmp_path, "CCL905", text.replace("gzip", "make"), *calls) is None
    captured = text.replace("gzip", "make").replace("check=True", "capture_output=True")
    assert changed(tmp_path, "CCL905", captured, *calls) is not None


def test_the_switch_interval_is_set_in_the_guard_or_where_it_is_set_already(tmp_path: Path):
    text = 'import sys\n\n\ndef main():\n    pass\n\n\nif __name__ == "__main__":\n    main()\n'
    after = changed(tmp_path, "CCL907", text, ("<module>", "    main()"))
    assert after == {"app.py": text.replace("    main()\n", "    sys.setswitchinterval(0.0005)\n    main()\n")}
    set_already = text.replace("    pass", "    sys.setswitchinterval(0.02)")
    after = changed(tmp_path, "CCL907", set_already, ("<module>", "    main()"))
    assert after == {"app.py": set_already.replace("0.02", "0.0005")}


def test_a_library_that_calls_python_keeps_the_gil(tmp_path: Path):
    text = "import ctypes\n\nlibrary = ctypes.PyDLL(None)\nlibrary.usleep(9)\n"
    after = changed(tmp_path, "CCL908", text, ("<module>", "usleep"))
    assert after == {"app.py": text.replace("PyDLL", "CDLL")}
    assert (
        changed(tmp_path, "CCL908", text.replace("usleep(9)", "PyRun_SimpleString(b'1')"), ("<module>", "PyRun"))
        is None
    )
