"""What needs a shell, and the list that stands for a command line."""

import pytest

from concurlint.effects.commands.shell import has_arguments, is_plain_shell, needs_shell, shown_items
from concurlint.effects.taint.domain import SAFE, UNKNOWN, Piece


@pytest.mark.parametrize("text", ["ls -l", "git commit -m 'a message'", "git log --pretty=format:%h", "make"])
def test_plain_words_need_no_shell(text: str) -> None:
    assert not needs_shell(text)


@pytest.mark.parametrize(
    "text",
    [
        "ls | wc", "ls > out", "ls *.py", "echo $HOME", "a && b", "a; b", "A=1 make", "cd build", "dir", "echo %PATH%",
        "ls ~", "ls 'unclosed", "", "# nothing", "ls `pwd`", "a\nb", "source env.sh",
    ],
)  # fmt: skip
def test_features_of_shells_need_one(text: str) -> None:
    assert needs_shell(text)


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("ls -l", '"ls", "-l"'),
        ("git commit -m 'two words'", '"git", "commit", "-m", "two words"'),
        ("say 'a \"b\"'", '"say", \'a "b"\''),
        ("a b c d e f g", '"a", "b", "c", "d", "e", "f", …'),
    ],
)
def test_a_command_line_is_shown_as_the_items_of_a_list(text: str, items: str) -> None:
    assert shown_items(text) == items


OUTSIDE = Piece("outside", "", "a file")


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ((Piece("constant", "ls -l"),), True),
        ((Piece("constant", "ls "), OUTSIDE), True),
        ((Piece("constant", "ls"), OUTSIDE), False),
        ((Piece("constant", " ls "),), False),
        ((OUTSIDE, Piece("constant", " -l")), False),
        ((UNKNOWN,), False),
        ((SAFE, Piece("constant", " -l")), False),
        ((Piece("constant", "/Applications/Some App"),), False),
        ((Piece("constant", "C:\\Program Files\\x.exe"),), False),
        ((Piece("constant", "TASKKILL /PID "), SAFE), False),
        ((Piece("constant", "cmd.exe /c dir"),), False),
        ((), False),
    ],
)
def test_a_program_with_arguments_is_told_from_a_path(pieces: tuple[Piece, ...], expected: bool) -> None:
    assert has_arguments(pieces) is expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [("sh -c", True), ("/bin/bash -c", True), ("bash -lc", False), ("fish -c", False), ("cmd /c", False)],
)
def test_a_plain_shell_reads_no_settings(words: str, expected: bool) -> None:
    assert is_plain_shell(words) is expected
