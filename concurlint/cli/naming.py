"""What to say of a rule that nobody knows."""

from concurlint.rulebook import nearest_rule


def unknown(code: str) -> str:
    """What to say of a code or name that is no rule's."""
    nearest = nearest_rule(code)
    hint = f"the nearest is `{nearest}`" if nearest else "`concurlint rules` lists all"
    return f"no rule is called `{code}`; {hint}"
