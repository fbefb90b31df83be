"""Options in sections, and those that say the same as a key of the table."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import click

from concurlint.keys import ASSUMED, KEYS, Key, Kind
from concurlint.streams import Colour, choose_colour

_Decorated = TypeVar("_Decorated", bound=Callable[..., Any])
_METAVARS = {
    Kind.CODES: "CODES",
    Kind.GLOBS: "PATTERNS",
    Kind.IGNORES: "PATTERN:CODES",
    Kind.PYTHON: "3.X",
    Kind.PLATFORM: "PLATFORM",
    Kind.FILE: "FILE",
}
_REST = "Options"


class Sectioned(click.Command):
    """A command whose help has its options under headings, in the order they were written down."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx) if isinstance(param, click.Option) else None
            if record is not None:
                sections.setdefault(getattr(param, "section", _REST), []).append(record)
        # What has no heading of its own stands first.
        for heading in sorted(sections, key=lambda heading: heading != _REST):
            with formatter.section(heading):
                formatter.write_dl(sections[heading])


class SectionOption(click.Option):
    """An option that belongs under a heading."""

    def __init__(self, *names: Any, section: str, **rest: Any) -> None:
        super().__init__(*names, **rest)
        self.section = section


def colour_option(function: _Decorated) -> _Decorated:
    """`--color`, which holds for all that is printed from then on."""

    def choose(context: click.Context, param: click.Parameter, value: str) -> None:  # noqa: ARG001 - click's signature
        choose_colour(Colour(value))

    return click.option(
        "--color",
        type=click.Choice([colour.value for colour in Colour]),
        default=Colour.AUTO.value,
        show_default=True,
        expose_value=False,
        callback=choose,
        help="Colours and code frames.",
    )(function)


def setting_options(function: _Decorated) -> _Decorated:
    """An option for each key of the table that has one."""
    for key in reversed(KEYS):
        if key.option:
            function = _option(key)(function)
    return function


def split_settings(options: Mapping[str, Any]) -> tuple[dict[str, object], dict[str, Any]]:
    """The options that are settings, by their keys, None where one is not given; and all others."""
    names = {_parameter(key): key.name for key in KEYS if key.option}
    settings = {names[name]: (None if value == () else value) for name, value in options.items() if name in names}
    return settings, {name: value for name, value in options.items() if name not in names}


def _option(key: Key) -> Callable[[_Decorated], _Decorated]:
    if key.kind is Kind.THREADS:
        return click.option(
            key.option,
            _parameter(key),
            cls=SectionOption,
            section=key.section.value,
            flag_value=ASSUMED,
            default=None,
            help=key.says,
        )
    names = [f"{key.option}/--no-{key.option.removeprefix('--')}"] if key.kind is Kind.FLAG else [key.option]
    multiple = key.kind in (Kind.CODES, Kind.GLOBS, Kind.IGNORES)
    return click.option(
        *names,
        _parameter(key),
        cls=SectionOption,
        section=key.section.value,
        multiple=multiple,
        default=None,
        metavar=_METAVARS.get(key.kind),
        help=key.says,
    )


def _parameter(key: Key) -> str:
    return f"set_{key.name.replace('-', '_')}"
