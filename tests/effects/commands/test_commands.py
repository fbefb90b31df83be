"""Commands: which call decides about the text, whether a shell reads it, and what the findings say."""

from collections.abc import Callable
from pathlib import Path

import pytest

from concurlint.config import load
from concurlint.finding import Finding
from concurlint.linting import lint

Project = Callable[..., list[Finding]]


@pytest.fixture
def findings(tmp_path: Path) -> Project:
    """Checks a project of the given files (module name → text) and gives the findings of family 4."""

    def check(table: str = "", **files: str) -> list[Finding]:
        (tmp_path / "pyproject.toml").write_text(f"[tool.concurlint]\npedantic = true\n{table}\n", encoding="utf-8")
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        result = lint([tmp_path], load(tmp_path))
        assert result.troubles == ()
        return [finding for finding in result.findings if finding.code.startswith("CCL4")]

    return check


def codes(found: list[Finding]) -> list[tuple[str, int]]:
    return [(finding.code, finding.span.line) for finding in found]


RUN = "import subprocess\n\n\ndef run(*args, **options):\n    return subprocess.run(*args, **options)\n\n\n"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("run('git status')", ["CCL404"]),
        ("run('git status', shell=True)", ["CCL402"]),
        ("run('git status | cat', shell=True)", []),
        ("run(['git', 'status'], shell=True)", ["CCL403"]),
        ("run(['git', 'status'])", []),
        ("run(input(), shell=True)", ["CCL401"]),
    ],
)
def test_a_wrapper_that_hands_everything_on_is_reported_at_its_callers(
    findings: Project, call: str, expected: list[str]
) -> None:
    assert codes(findings(app=RUN + call + "\n")) == [(code, 8) for code in expected]


def test_the_flag_may_come_from_the_caller_or_from_the_default(findings: Project) -> None:
    found = findings(
        app="import subprocess\n\n\ndef run(command, shell=True):\n    subprocess.run(command, shell=shell)\n\n\n"
        "run('ls -l')\nrun('ls -l', shell=False)\nrun('ls -l', False)\nrun('ls -l | wc')\n"
    )
    assert codes(found) == [("CCL402", 8), ("CCL404", 9), ("CCL404", 10)]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ("options['shell'] = True", ["CCL402"]),
        ("options.update(shell=True, text=True)", ["CCL402"]),
        ("options['text'] = True", ["CCL404"]),
        ("options['shell'] = False", ["CCL404"]),
        ("options.update(other)", []),
        ("options[name] = True", []),
        ("options.setdefault('shell', True)", []),
        ("if name: options['shell'] = True", []),
        ("options['shell'] = True; options['shell'] = name", []),
        ("options['shell'] = True; options.pop('shell')", []),
    ],
)
def test_options_that_are_changed_later_are_known_where_each_run_sets_them_once(
    findings: Project, changed: str, expected: list[str]
) -> None:
    found = findings(app=f"import subprocess\n\noptions = {{}}\n{changed}\nsubprocess.run('ls -l', **options)\n")
    assert codes(found) == [(code, 5) for code in expected]


def test_options_that_are_changed_after_the_call_are_not_known(findings: Project) -> None:
    found = findings(
        app="import subprocess\n\noptions = {}\nsubprocess.run('ls -l', **options)\noptions['shell'] = True\n"
    )
    assert codes(found) == []


def test_a_command_kept_in_an_attribute_is_reported_where_the_object_is_made(findings: Project) -> None:
    found = findings(
        app="import subprocess\n\n\nclass Step:\n    def __init__(self, line):\n        self.line = line\n\n"
        "    def run(self):\n        subprocess.run(self.line, shell=True)\n\n\n"
        "class Quiet(Step):\n    def run(self):\n        subprocess.run([self.line])\n\n\n"
        "def steps(name):\n    return Step('make ' + name), Step('make all'), Quiet('make ' + name), Quiet('ls')\n"
    )
    assert codes(found) == [("CCL401", 18), ("CCL402", 18)]


def test_a_command_that_is_a_parameter_as_a_whole_is_the_callers_business(findings: Project) -> None:
    found = findings(
        app="import subprocess\n\n\ndef each(commands):\n    for command in commands:\n"
        "        subprocess.run(command.strip(), shell=True)\n\n\n"
        "def joined(words):\n    subprocess.run(' '.join(words), shell=True)\n"
    )
    assert codes(found) == [("CCL401", 10)]


@pytest.mark.parametrize(
    "list_",
    ["['sh', '-c', 'ls ' + x]", "['/bin/bash', '-lc', 'ls ' + x]", "['cmd.exe', '/C', 'dir ' + x]"],
)
def test_a_list_may_name_the_shell_itself(findings: Project, list_: str) -> None:
    found = findings(app=f"import subprocess\n\n\ndef show(x):\n    subprocess.run({list_})\n")
    assert codes(found) == [("CCL401", 5)]
    assert found[0].help.startswith("run the program itself")


@pytest.mark.parametrize("shell", ["fish -c", "bash -ic", "zsh -c"])
def test_a_shell_that_reads_the_users_settings_may_be_needed(findings: Project, shell: str) -> None:
    program, option = shell.split()
    found = findings(app=f"import subprocess\n\nsubprocess.run(['{program}', '{option}', 'functions'])\n")
    assert codes(found) == []


@pytest.mark.parametrize(
    ("line", "help_"),
    [
        ("os.system('ls ' + x)", "use `subprocess.run([…])` without a shell, or quote each value with `shlex.quote`"),
        (
            "subprocess.check_output('ls ' + x, shell=True)",
            "use `subprocess.check_output([…])` without a shell, or quote each value with `shlex.quote`",
        ),
        (
            "asyncio.create_subprocess_shell('ls ' + x)",
            "use `asyncio.create_subprocess_exec(…)` without a shell, or quote each value with `shlex.quote`",
        ),
        ("os.system('make all')", 'use `subprocess.run(["make", "all"])` without a shell'),
        (
            "asyncio.create_subprocess_shell('make all')",
            'use `asyncio.create_subprocess_exec("make", "all")` without a shell',
        ),
        ("subprocess.call('make all')", 'use `subprocess.call(["make", "all"])`'),
        ("subprocess.call('make ' + x)", "use `subprocess.call([…])` with each word as an item of its own"),
        ("subprocess.call('ls | wc')", "take the words apart into a list, or give it to a shell if it needs one"),
        (
            "subprocess.call(['make', x], shell=True)",
            "use `subprocess.call([…])` without a shell, or pass one string if the shell is needed",
        ),
    ],
)
def test_the_help_names_the_call_that_needs_no_shell(findings: Project, line: str, help_: str) -> None:
    found = findings(app=f"import asyncio\nimport os\nimport subprocess\n\n\ndef show(x):\n    return {line}\n")
    assert [finding.help for finding in found] == [help_]
    assert all(len(finding.message) <= 100 for finding in found)


def test_messages_name_the_call_as_it_is_written(findings: Project) -> None:
    found = findings(app="import subprocess as sp\n\n\ndef ping(host):\n    sp.call('ping ' + host, shell=True)\n")
    assert [f.message for f in found] == ["`sp.call` has a shell read a text built with the parameter `host`"]


def test_on_windows_a_string_needs_no_shell_and_a_list_may_have_one(findings: Project) -> None:
    text = "import subprocess\n\nsubprocess.run('net start')\nsubprocess.run(['npm', 'ci'], shell=True)\n"
    assert codes(findings(app=text)) == [("CCL403", 4)]
    text = text.replace("net start", "git status")
    assert codes(findings(app=text)) == [("CCL404", 3), ("CCL403", 4)]
    assert codes(findings("target-platform = 'windows'", app=text)) == []


def test_shells_of_other_machines_are_left_alone(findings: Project) -> None:
    found = findings(
        app="import fabric\nimport paramiko\nimport subprocess\n\n\ndef show(host, path):\n"
        "    fabric.Connection(host).run('ls ' + path)\n"
        "    client = paramiko.SSHClient()\n    client.exec_command('ls ' + path)\n"
        "    fabric.Connection(host).local('ls ' + path)\n"
    )
    assert codes(found) == [("CCL401", 10)]


def test_what_a_mock_was_called_with_starts_nothing(findings: Project) -> None:
    found = findings(
        test_app="import subprocess\nfrom unittest import mock\nfrom unittest.mock import MagicMock, call\n\n\n"
        "def check(folder):\n    run = MagicMock()\n    with mock.patch.object(subprocess, 'run') as other:\n"
        "        run('make ' + folder, shell=True)\n        other('make ' + folder, shell=True)\n"
        "    other.assert_called_with('make ' + folder, shell=True)\n"
        "    assert run.mock_calls == [call('make ' + folder, shell=True)]\n"
    )
    assert codes(found) == []
