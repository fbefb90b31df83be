"""What stands beside other tools' options in `benchmarks/ecosystem.toml` is there."""

import re
from importlib import import_module

import click
import pytest

import ecosystem
from concurlint.cli.front import COMMANDS, concurlint

WORDS = re.compile(r"`([^`]+)`")
# What is named in the words beside, and is no option of ours.
OTHERS = {"--fix", "--hide", "--profile-only", "--profile-all", "--stacks", "--async", "--memory", "--cpu-only"}


def options(command: str) -> set[str]:
    """All names of the options of a command of ours."""
    made: click.Command = concurlint
    if command:
        module, _, attribute = COMMANDS[command][0].partition(":")
        made = getattr(import_module(module), attribute)
    found = {name for param in made.params for name in (*param.opts, *param.secondary_opts)}
    return found | {"-h", "--help", "-m"}


@pytest.mark.parametrize("command", ecosystem.HELP)
def test_what_is_ours_is_there(command: str):
    for option, says in ecosystem.ours()[command].items():
        if not says.startswith("`"):
            continue
        named = WORDS.findall(says)
        words = named[0].split()
        of = words[0] if words[0] in COMMANDS else ""
        mentioned = [word for text in named for word in text.split() if word.startswith("--") and word != "--"]
        assert [word for word in mentioned if word not in options(of) | OTHERS] == [], option
        assert of or words[0] in {"--version", "Profiler()"}, option


def test_the_page_holds_every_row():
    page = ecosystem.TABLE.read_text(encoding="utf-8")
    rows = [f"| `{option}` | {says} |" for of in ecosystem.ours().values() for option, says in of.items()]
    assert [row for row in rows if row not in page] == []
    assert page.count("\n| `") == len(rows)
