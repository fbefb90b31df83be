"""`concurlint config`: what can be set."""

import json

import click

from concurlint.cli.destinations import Destination, deliver, output_option
from concurlint.keys import KEYS, Key
from concurlint.streams import CLEAN, TROUBLE

_FORMS = ("text", "json", "schema")


@click.command()
@click.argument("names", nargs=-1, metavar="[KEY]...")
@click.option("--format", "form", type=click.Choice(_FORMS), default="text", show_default=True)
@output_option
def config(names: tuple[str, ...], form: str, output: str | None) -> int:
    """List the keys of the table, or tell of some.

    What each is for, its default, and its option. `schema` is the JSON schema of the table, for editors. What holds
    for your files, and where it was set, is told by `concurlint check --show-settings`.
    """
    if form == "schema" and names:
        raise click.UsageError("the schema is of all keys; leave their names out")
    chosen = [_key(name) for name in names] or list(KEYS)
    written = deliver(Destination(form, None if output == "-" else output), _render(form, chosen, full=bool(names)))
    return CLEAN if written else TROUBLE


def _key(name: str) -> Key:
    found = next((key for key in KEYS if key.name == name), None)
    if found is None:
        from difflib import get_close_matches  # only a slip of the pen needs it

        nearest = get_close_matches(name, [key.name for key in KEYS], n=1, cutoff=0)[0]
        raise click.ClickException(f"no such key: {name}; the nearest is `{nearest}`")
    return found


def _render(form: str, keys: list[Key], *, full: bool) -> str:
    if form == "schema":
        from concurlint.report.schema import render

        return render()
    if form == "json":
        return json.dumps([_plain(key) for key in keys], indent=2) + "\n"
    if full:
        return "\n".join(map(_told, keys))
    width = max(len(key.name) for key in keys)
    return "".join(f"{key.name:<{width}}  {key.says}\n" for key in keys)


def _plain(key: Key) -> dict[str, str]:
    return {
        "name": key.name,
        "kind": key.kind.value,
        "default": key.default,
        "option": key.option,
        "section": key.section.value,
        "says": key.says,
    }


def _told(key: Key) -> str:
    """A key on lines of its own, as it would stand in a table."""
    option = f"\nOption: {key.option}" if key.option else ""
    return f"{key.name}\n\n{key.says}\n\nDefault: {key.default}{option}\n"
