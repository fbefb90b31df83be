"""Which calls have an async form in their own library, by the catalogue's own words."""

import pytest

from concurlint.catalog.roles import Roles
from concurlint.verdicts.asking import has_async_form


@pytest.mark.parametrize(
    "name",
    [
        "socket.socket.recv",
        "socket.create_connection",
        "httpx.get",
        "redis.Redis.get",
        "sqlalchemy.orm.Session.execute",
    ],
)
def test_a_library_with_an_async_form_is_known(name: str):
    assert has_async_form(name, Roles().remedy(name))


@pytest.mark.parametrize(
    "name", ["requests.get", "urllib.request.urlopen", "psycopg2.extensions.cursor.execute", "nobody.knows"]
)
def test_a_library_without_one_is_known_too(name: str):
    assert not has_async_form(name, Roles().remedy(name))


def test_handing_a_call_to_a_thread_is_no_async_form():
    assert not has_async_form("click.prompt", "await asyncio.to_thread(click.prompt, ...)")
