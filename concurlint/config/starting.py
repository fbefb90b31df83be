"""A table to start from: every key with its default, all but what must be set behind a `#`."""

import json
from collections.abc import Iterator

from concurlint.keys import KEYS, Kind

_HEADING = "[tool.concurlint]"
_OPENING = """\
# Each key with what holds without it: take away the `#` to change one.
# `concurlint config KEY` tells what a key is for, `concurlint rules` lists the rules."""
_APART = (Kind.CALLS, Kind.ROLES)
_EXAMPLES = {
    Kind.CALLS: '# [tool.concurlint.calls]\n# "ourlib.client.fetch" = { effect = "block_net" }',
    Kind.ROLES: '# [tool.concurlint.roles]\n# "ourlib.jobs.job" = { on = "thread", many = true }',
}


def starting_table(python: str, *, in_pyproject: bool, extends: str = "") -> str:
    """The text of a table for code that is for this Python; in a file of our own it has no heading of its own."""
    lines = [_HEADING] if in_pyproject else []
    lines += [_OPENING, *_keys(python, extends)]
    lines += ["", "# What calls of your own libraries do, and who runs your functions:"]
    examples = "\n".join(_EXAMPLES[kind] for kind in _APART)
    lines.append(examples if in_pyproject else examples.replace("tool.concurlint.", ""))
    return "\n".join(lines) + "\n"


def _keys(python: str, extends: str) -> Iterator[str]:
    if extends:
        yield f"extend = {json.dumps(extends)}"
    shown = [key for key in KEYS if key.kind not in _APART and not (extends and key.name == "extend")]
    defaults = {key.name: json.dumps(python) if key.kind is Kind.PYTHON else key.default for key in shown}
    width = max(len(f"{name} = {default}") for name, default in defaults.items())
    for key in shown:
        yield f"# {f'{key.name} = {defaults[key.name]}':<{width}}  # {key.says}"
