"""Rules as a user names them, and what to say of a name that is none."""

import re
from collections.abc import Sequence

import click

from concurlint.rulebook import Named, catalogue, closeness, nearest_rule


def named_rules(names: Sequence[str]) -> list[Named]:
    """The rules of these codes, beginnings of codes and names, with commas between or not, each once, in that order."""
    found: dict[str, Named] = {}
    for name in (part for text in names for part in re.split(r"[,\s]+", text) if part):
        rules = [rule for rule in catalogue() if closeness([name], rule.code, rule.name)]
        if not rules:
            raise click.ClickException(unknown(name))
        found |= {rule.code: rule for rule in rules}
    return list(found.values())


def unknown(code: str) -> str:
    """What to say of a code or name that is no rule's."""
    nearest = nearest_rule(code)
    hint = f"the nearest is `{nearest}`" if nearest else "`concurlint rules` lists all"
    return f"no rule is called `{code}`; {hint}"
