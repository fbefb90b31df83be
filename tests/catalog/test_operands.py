"""Which commands take many operands: the table's lines, and the words that lead to them."""

import tomllib
from pathlib import Path

import pytest

import concurlint.catalog
from concurlint.catalog.operands import takes_many

LINES = tomllib.loads((Path(concurlint.catalog.__file__).parent / "operands.toml").read_text("utf-8"))["commands"]


def test_a_line_has_known_words_and_flags_that_look_like_flags() -> None:
    wrong = [
        name
        for name, line in LINES.items()
        if not set(line) <= {"flags", "whole", "skips"}
        or not all(flag[0] in "-+" for flag in line.get("flags", ()))
        or not 1 <= len(name.split()) <= 3
    ]
    assert wrong == []


@pytest.mark.parametrize("name", LINES)
def test_each_command_is_found_with_all_its_flags(name: str) -> None:
    words = [*name.split(), *LINES[name].get("flags", ()), *["0"] * LINES[name].get("skips", 0)]
    found = takes_many(words)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["rm"], "rm"),
        (["/bin/rm", "-rf"], "rm"),
        (["sudo", "rm", "--"], "rm"),
        (["git", "add", "-f"], "git add"),
        ([None, "-m", "pip", "install", "-U"], "pip install"),
        (["python3", "-m", "black"], "black"),
        (["chown", None], "chown"),
        (["docker", "volume", "rm"], "docker volume rm"),
        (["pip", "install", "-r"], ""),
        (["pip", "install", "--index-url", "https://example.org"], ""),
        (["git", "-C", "here", "add"], ""),
        (["git", None], ""),
        (["chmod"], ""),
        (["rm", "always-this"], ""),
        (["node", "-m", "black"], ""),
        ([None], ""),
        ([], ""),
        (["unheard-of"], ""),
    ],
)
def test_the_words_before_an_operand_tell_whether_it_is_one_of_many(words: list[str | None], command: str) -> None:
    found = takes_many(words)
    assert (found.name if found is not None else "") == command
