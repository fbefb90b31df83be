"""The workers of a Dask cluster, as an executor: `--scheduler`, with the extra `concurlint[dask]`."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

import click

_PATIENCE = 10
"""Seconds until a scheduler that does not answer is taken not to be there."""


@contextmanager
def executor_of(scheduler: str | None) -> Iterator[Executor | None]:
    """An executor of the cluster at that address; None without one. ClickException where it cannot be had."""
    if scheduler is None:
        yield None
        return
    import logging

    try:
        from distributed import Client
    except ImportError as error:
        raise click.ClickException("--scheduler needs Dask; install `concurlint[dask]`") from error
    # What it logs while it looks for a scheduler, or loses a worker, says nothing that this run does not say itself.
    logging.getLogger("distributed").setLevel(logging.CRITICAL)
    try:
        client = Client(scheduler, timeout=_PATIENCE, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:
        raise click.ClickException(f"--scheduler: nobody answers at {scheduler}") from error
    with client, client.get_executor() as executor:
        yield executor
