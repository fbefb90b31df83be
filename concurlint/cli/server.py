"""`concurlint server`: the language server, for editors."""

import sys

import click

from concurlint.streams import CLEAN


@click.command()
@click.option("--stdio", is_flag=True, help="Speak through standard input and output, as without it.")
@click.option("--tcp", metavar="PORT", type=click.IntRange(1, 65535), help="Wait for an editor at this port instead.")
def server(stdio: bool, tcp: int | None) -> int:
    """Give an editor findings while the code is written.

    It speaks the Language Server Protocol: diagnostics, hovers, code actions.
    """
    if stdio and tcp is not None:
        raise click.UsageError("--stdio and --tcp exclude each other")
    try:
        from concurlint.server.app import make_server
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("pygls", "lsprotocol"):
            raise
        raise click.ClickException("the server needs pygls: `pip install 'concurlint[server]'`") from None
    if sys.stdin.isatty() and tcp is None:
        raise click.ClickException("nobody types the protocol by hand: have an editor start `concurlint server`")
    made = make_server()
    if tcp is not None:
        made.start_tcp("127.0.0.1", tcp)
    else:
        made.start_io()
    return CLEAN
