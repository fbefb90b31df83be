"""The table of calls that only ask: each line is of a call that waits for the network, and fits its form."""

import pytest

from concurlint.catalog.effects import EffectKind, Effects
from concurlint.catalog.roles import Roles
from concurlint.catalog.tables import of_package, packages_with
from concurlint.remedies.mapped_calls import async_form

LINES = [name for package in packages_with("reads") for name in of_package("roles", package)["reads"]]


@pytest.mark.parametrize("name", LINES)
def test_a_line_is_of_a_call_that_waits_for_the_network(name: str):
    fact = Effects().lookup(name)
    assert fact is not None
    assert fact.effect == EffectKind.BLOCK_NET
    assert fact.waits
    known = Roles().read(name)
    assert known is not None
    assert bool(known.argument) == bool(known.words)
    assert Roles().canonical(name.rpartition(".")[0]) == name.rpartition(".")[0]


@pytest.mark.parametrize("name", ["requests.post", "requests.Session.put", "psycopg2.extensions.cursor.executemany"])
def test_what_may_change_something_has_no_line(name: str):
    assert Roles().read(name) is None


@pytest.mark.parametrize(
    ("name", "framework", "form"),
    [
        ("requests.get", "asyncio", "httpx.AsyncClient or aiohttp"),
        ("requests.get", "trio", "httpx.AsyncClient"),
        ("redis.Redis.get", "asyncio", "redis.asyncio.Redis"),
        ("psycopg2.extensions.cursor.execute", "asyncio", "psycopg (3) AsyncConnection, or asyncpg"),
        ("boto3.client", "asyncio", "aioboto3 or aiobotocore"),
        ("urllib.robotparser.RobotFileParser.read", "asyncio", ""),
    ],
)
def test_the_async_form_is_that_of_the_client_in_use(name: str, framework: str, form: str):
    assert async_form(Roles().remedy(name), framework) == form
