"""Rules as the user names them: by code, the beginning of a code, or name."""

from collections.abc import Sequence

import click

from concurlint.rulebook import catalogue, closeness, nearest_rule


def know(codes: Sequence[str], where: str) -> None:
    """Refuse a code or name that is no rule's; `where` it was given opens the message."""
    for code in codes:
        if not any(closeness([code], rule.code, rule.name) for rule in catalogue()):
            raise click.ClickException(f"{where}: {unknown(code)}")


def unknown(code: str) -> str:
    """What to say of a code or name that is no rule's."""
    nearest = nearest_rule(code)
    hint = f"the nearest is `{nearest}`" if nearest else "`concurlint rules` lists all"
    return f"no rule is called `{code}`; {hint}"
