"""Commands that are Python itself are known by name or by their first line; all others are left as they are."""

from pathlib import Path

import pytest

from concurlint.runtime.commands import PythonCommand, is_entry_stub, read_command


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("python app.py a -b", PythonCommand("python", (), "script", "app.py", ("a", "-b"))),
        ("/x/python3.12 -u -X dev app.py", PythonCommand("/x/python3.12", ("-u", "-X", "dev"), "script", "app.py", ())),
        ("python3 -Wd -m pkg -m", PythonCommand("python3", ("-Wd",), "module", "pkg", ("-m",))),
        ("python3 -um pkg", PythonCommand("python3", ("-u",), "module", "pkg", ())),
        ("python3 -mpkg a", PythonCommand("python3", (), "module", "pkg", ("a",))),
        ("python3.13t -c 1/0 a", PythonCommand("python3.13t", (), "code", "1/0", ("a",))),
    ],
)
def test_a_command_that_is_python_is_read_as_python_reads_it(words: str, expected: PythonCommand):
    assert read_command(words.split()) == expected


@pytest.mark.parametrize(
    "words",
    ["", "python", "python -", "python -i app.py", "python -V", "python --version", "python -m", "sleep 1", "./no"],
)
def test_what_cannot_be_held_is_left_as_it_is(words: str):
    assert read_command(words.split()) is None


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        ("#!/x/bin/python3", ("/x/bin/python3", ())),
        ("#! /x/bin/python3 -E", ("/x/bin/python3", ("-E",))),
        ("#!/usr/bin/env python3", ("python3", ())),
        ("#!/usr/bin/env -S python3 -u", ("python3", ("-u",))),
        ("#!/bin/sh", None),
        ("#!/usr/bin/env node", None),
        ("print()", None),
        ("", None),
    ],
)
def test_a_script_is_run_by_what_its_first_line_names(
    tmp_path: Path, first: str, expected: tuple[str, tuple[str, ...]] | None
):
    tool = tmp_path / "tool"
    tool.write_text(f"{first}\n", encoding="utf-8")
    tool.chmod(0o755)
    found = read_command([str(tool), "-m"])
    assert (found and (found.python, found.options, found.kind, found.target, found.arguments)) == (
        expected and (*expected, "script", str(tool), ("-m",))
    )


def test_a_stub_is_a_small_file_beside_its_python(tmp_path: Path):
    for name, text in {"python3": "", "tool": "main()", "large": "#" * 4000, "app.py": "main()"}.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "tool").write_text("main()", encoding="utf-8")
    names = ["tool", "large", "app.py", "other/tool", "missing"]
    assert [name for name in names if is_entry_stub(str(tmp_path / name))] == ["tool"]
