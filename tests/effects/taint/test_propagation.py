"""Where the parts of a command's text come from, shown by what CCL401 and CCL402 say of `os.system`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from concurlint.config import load
from concurlint.effects.taint.domain import SAFE, UNKNOWN, Piece, constant_text, either, is_whole_parameter
from concurlint.linting import lint

Reason = Callable[..., str]
OUTSIDE = Piece("outside", "", "a file")


@pytest.fixture
def reason(tmp_path: Path) -> Reason:
    """What the command in a function body is said to be built from; `""` where nothing is said."""

    def ask(body: str, parameters: str = "x, y", before: str = "", **files: str) -> str:
        lines = "\n".join(f"    {line}" for line in body.splitlines())
        text = f"import os\nimport shlex\n{before}\n\ndef work({parameters}):\n{lines}\n"
        for name, content in {"app": text, **files}.items():
            (tmp_path / f"{name}.py").write_text(content, encoding="utf-8")
        result = lint([tmp_path], load(tmp_path, pedantic=True))
        assert result.troubles == ()
        found = [f.message for f in result.findings if f.code == "CCL401"]
        assert len(found) <= 1
        return found[0].partition(" built ")[2] if found else ""

    return ask


@pytest.mark.parametrize(
    "body",
    [
        "x = shlex.quote(x)\nos.system('ls ' + x)",
        "command = 'ls ' + x\ncommand = 'ls'\nos.system(command + ' | wc')",
        "if y:\n    name = x\nelse:\n    name = 'all'\n    os.system('ls ' + name)",
        "for x in ('a', 'b'):\n    os.system('ls ' + x)",
        "with open(x) as y:\n    y = 'constant'\n    os.system('ls ' + y + '|wc')",
    ],
)
def test_an_assignment_that_is_over_does_not_count(reason: Reason, body: str) -> None:
    assert reason(body) == ""


@pytest.mark.parametrize(
    "body",
    [
        "if y:\n    x = shlex.quote(x)\nos.system('ls ' + x)",
        "name = 'a'\nwhile y:\n    os.system('ls ' + name)\n    name = x",
        "command = 'ls '\nfor name in x:\n    command += name\nos.system(command)",
        "try:\n    name = x.strip()\nexcept AttributeError:\n    name = 'all'\nos.system('ls ' + name)",
        "def inner():\n    os.system('ls ' + x)\nreturn inner",
    ],
)
def test_an_assignment_that_may_still_hold_counts(reason: Reason, body: str) -> None:
    assert reason(body) == "with the parameter `x`"


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("'ls %s' % x", "with the parameter `x`"),
        ("'ls %d' % x", ""),
        ("'ls %(a)s' % {'a': x, 'b': y}", "with the parameter `x`"),
        ("'ls %(b)s' % {'a': x, 'b': 'c'}", ""),
        ("'ls {1}'.format(x, 'c')", ""),
        ("'ls {a}'.format(a=x)", "with the parameter `x`"),
        ("'ls {a}'.format(**x)", "with the parameter `x`"),
        ("f'ls {x:>10}'", "with the parameter `x`"),
        ("f'ls {x:.2f}'", ""),
        ("' '.join(['ls', x])", "with the parameter `x`"),
        ("' '.join(map(shlex.quote, x))", ""),
        ("' '.join(shlex.quote(i) for i in x)", ""),
        ("'ls ' + ('a' if x else 'b')", ""),
        ("'ls ' + (x or 'b')", "with the parameter `x`"),
        ("'ls ' + x.upper().strip()", "with the parameter `x`"),
        ("'ls ' + os.path.join('a', x)", "with the parameter `x`"),
        ("'ls ' + {'a': 'b'}[x]", ""),
        ("'ls ' + str(len(x))", ""),
        ("'ls \"' + x.replace('\"', '') + '\"'", ""),
        ("'ls ' + os.environ['HOME']", "from the environment"),
        ("'ls ' + os.listdir('.')[0]", "from file names"),
        ("'ls ' + open('f').read()", "from a file"),
        ("'ls ' + unknown(x)", ""),
        ("x", ""),
    ],
)
def test_expressions(reason: Reason, expression: str, expected: str) -> None:
    assert reason(f"os.system({expression})") == expected


@pytest.mark.parametrize(
    "condition",
    ["x in ('a', 'b')", "x in NAMES", "x == 'a'", "x.isdigit()", "x.isalnum() and y", "re.fullmatch('[a-z]+', x)"],
)
def test_a_value_that_was_checked_is_harmless(reason: Reason, condition: str) -> None:
    before = "import re\nNAMES = {'a': 1, 'b': 2}\n"
    assert reason(f"if {condition}:\n    os.system('ls ' + x)", before=before) == ""
    assert reason(f"if not ({condition}):\n    return\nos.system('ls ' + x)", before=before) == ""
    assert reason(f"if not ({condition}):\n    os.system('ls ' + x)", before=before) == "with the parameter `x`"


def test_a_value_checked_against_something_unknown_is_not(reason: Reason) -> None:
    assert reason("if x in y:\n    os.system('ls ' + x)") == "with the parameter `x`"


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ("x: int", ""),
        ("x: float | None", ""),
        ("x: Literal['a', 'b']", ""),
        ("x: str", "with the parameter `x`"),
        ("x='a'", "with the parameter `x`"),
        ("x=80", ""),
    ],
)
def test_what_a_parameter_may_be(reason: Reason, parameters: str, expected: str) -> None:
    found = reason("os.system(f'ls {x}')", parameters, "from typing import Literal\n")
    assert found == expected


def test_what_pytest_passes_is_made_by_the_project(reason: Reason) -> None:
    before = "import pytest\n\ndef test_it(folder):\n    os.system('ls ' + folder)\n\n"
    before += "@pytest.fixture\ndef made(folder):\n    os.system('ls ' + folder)\n"
    assert reason("pass", before=before) == ""


def test_a_function_is_followed_with_what_this_call_passes(reason: Reason) -> None:
    before = (
        "def line(verb, name='all'):\n    return f'{verb} {name} | wc'\n\n"
        "def pair(name):\n    return 'ls', name\n\n"
        "def safe(name):\n    if os.name == 'nt':\n        return '\"' + name + '\"'\n    return shlex.quote(name)\n"
    )
    assert reason("os.system(line('ls'))\nline(x)", before=before) == ""
    assert reason("os.system(line('ls', y))", before=before) == "with the parameter `y`"
    assert reason("verb, name = pair(x)\nos.system(verb + ' | wc')", before=before) == ""
    assert reason("verb, name = pair(x)\nos.system('ls ' + name)", before=before) == "with the parameter `x`"
    assert reason("os.system('ls ' + safe(x))", before=before) == ""


def test_attributes_of_objects_and_modules_are_followed(reason: Reason) -> None:
    before = (
        "import settings\n\nclass Job:\n    folder = 'a'\n\n    def __init__(self, name):\n        self.name = name\n\n"
        "    @property\n    def path(self):\n        return '/srv/' + self.name\n"
    )
    settings = "import sys\n\nFOLDER = 'a'\nNAME = sys.argv[1]\n"
    assert reason("os.system('ls ' + settings.FOLDER)", before=before, settings=settings) == ""
    assert reason("os.system('ls ' + settings.NAME)", before=before, settings=settings) == "from the command line"
    assert reason("job = Job(x)\nos.system('ls ' + job.path)", before=before) == "with the parameter `x`"
    assert reason("job = Job('a')\nos.system('ls ' + job.path + job.folder)", before=before) == ""


def test_a_thread_passes_arguments_like_a_call(reason: Reason) -> None:
    before = "import threading\n\nthreading.Thread(target=lambda: work('a', 'b')).start()\n"
    before += "threading.Thread(target=show, args=('a',)).start()\n\ndef show(name):\n    os.system('ls ' + name)\n"
    assert reason("pass", before=before) == ""


def test_one_of_several_texts_is_constant_only_if_they_are_the_same() -> None:
    ls, wc = (Piece("constant", "ls"),), (Piece("constant", "wc"),)
    assert either([ls, ls]) == ls
    assert constant_text(either([ls, wc])) is None
    assert [p.status for p in either([ls, (OUTSIDE,)])] == ["safe", "outside"]
    assert either([]) == (UNKNOWN,)


def test_a_parameter_is_whole_unless_it_was_put_together_with_something() -> None:
    parameter = Piece("outside", "", "the parameter `x`", (), is_parameter=True)
    part = Piece("outside", "", "the parameter `x`", (), is_parameter=True, is_part=True)
    assert is_whole_parameter((parameter, SAFE))
    assert not is_whole_parameter((part, SAFE))
    assert not is_whole_parameter((OUTSIDE,))
    assert not is_whole_parameter((SAFE,))


@pytest.mark.parametrize("text", ["x + ' > log 2>&1'", "f'{x} | wc'", "'%s &' % x", "x.strip() + ' -v'"])
def test_fixed_words_after_a_command_line_leave_it_the_callers_business(reason: Reason, text: str) -> None:
    assert reason(f"os.system({text})") == ""


@pytest.mark.parametrize("text", ["x + '.txt'", "f'\"{x}\" | wc'", "'%s %s' % (x, y)", "x + ' ' + y"])
def test_other_texts_with_a_parameter_in_front_are_built_here(reason: Reason, text: str) -> None:
    assert reason(f"os.system({text})") == "with the parameter `x`"
