"""Requests profiled in real servers: of the standard library for WSGI, uvicorn for ASGI."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen
from wsgiref.util import setup_testing_defaults

import pytest

from concurlint.middleware import ASGIProfiler, WSGIProfiler
from tests.pages import ROOT
from tests.runtime.test_recording import why_skipped

WSGI = """\
import time
from wsgiref.simple_server import WSGIServer, make_server
from socketserver import ThreadingMixIn

from concurlint.middleware import WSGIProfiler


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


def app(environ, start_response):
    time.sleep(0.8)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"asked {environ['QUERY_STRING']}".encode()]


with make_server("127.0.0.1", 0, WSGIProfiler(app), server_class=Server) as server:
    print(server.server_port, flush=True)
    server.serve_forever()
"""

ASGI = """\
import asyncio
import time

import uvicorn

from concurlint.middleware import ASGIProfiler


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    await asyncio.sleep(0.2)
    time.sleep(0.8)
    await send({"type": "http.response.start", "status": 201, "headers": []})
    await send({"type": "http.response.body", "body": b"asked " + scope["query_string"]})


class Server(uvicorn.Server):
    async def startup(self, sockets=None):
        await super().startup(sockets)
        print(self.servers[0].sockets[0].getsockname()[1], flush=True)


Server(uvicorn.Config(ASGIProfiler(app, enabled=True), port=0, log_level="error")).run()
"""


@contextmanager
def serving(folder: Path, text: str, **env: str) -> Iterator[str]:
    """A server that runs, by its address."""
    (folder / "app.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "app.py"]
    everything = {**os.environ, "PYTHONPATH": str(ROOT), **env}
    with subprocess.Popen(command, cwd=folder, env=everything, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}/work"
        finally:
            process.terminate()


def fetch(address: str) -> tuple[str, str, str]:
    """Type of the answer, status of the program's own, text."""
    with urlopen(address, timeout=120) as answer:
        own = answer.headers["X-Concurlint-Status"] or ""
        return (answer.headers["Content-Type"] or "").partition(";")[0], own, answer.read().decode()


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())
def test_a_request_of_a_wsgi_program_is_profiled_when_it_asks(tmp_path: Path):
    with serving(tmp_path, WSGI, CONCURLINT_PROFILE="1") as address:
        assert fetch(f"{address}?x=1") == ("text/plain", "", "asked x=1")
        kind, own, page = fetch(f"{address}?x=1&profile")
        assert (kind, own, page[:15]) == ("text/html", "200 OK", "<!DOCTYPE html>")
        kind, own, text = fetch(f"{address}?profile=text")
        assert (kind, own, text.splitlines()[0][:9]) == ("text/plain", "200 OK", "GET /work")
        assert "app.py:13: app: " in text
        assert "serve_forever" not in text


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())
def test_a_request_of_an_asgi_program_is_profiled_when_it_asks(tmp_path: Path):
    with serving(tmp_path, ASGI) as address:
        assert fetch(address)[2] == "asked "
        kind, own, text = fetch(f"{address}?profile=json&x=1")
        assert (kind, own) == ("application/json", "201")
        report = json.loads(text)
        (thread,) = report["profile"]["threads"]
        assert thread["states"]["sleep"] == pytest.approx(0.8, abs=0.2)
        slept = [line for line in report["profile"]["lines"] if line["state"] == "sleep"]
        assert [(Path(line["path"]).name, line["line"], line["function"]) for line in slept] == [("app.py", 13, "app")]


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())
def test_one_request_is_profiled_at_a_time(tmp_path: Path):
    with serving(tmp_path, WSGI, CONCURLINT_PROFILE="1") as address:
        with ThreadPoolExecutor(2) as pool:
            found = sorted(pool.map(status, [f"{address}?profile=text"] * 2))
        assert found[0][:13] == "200 GET /work"
        assert found[1] == "409 another request is being profiled: ask again when it is done\n"


def status(address: str) -> str:
    """Status and text of an answer."""
    try:
        return f"200 {fetch(address)[2]}"
    except HTTPError as error:
        return f"{error.code} {error.read().decode()}"


def test_it_is_off_unless_it_is_switched_on(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CONCURLINT_PROFILE", raising=False)
    environ: dict[str, object] = {"QUERY_STRING": "profile"}
    setup_testing_defaults(environ)
    said: list[str] = []

    def app(environ, start_response):
        said.append(environ["QUERY_STRING"])
        return [b"own"]

    assert list(WSGIProfiler(app)(environ, lambda *_: None)) == [b"own"]
    assert list(WSGIProfiler(app, enabled=False)(environ, lambda *_: None)) == [b"own"]
    assert said == ["profile", "profile"]


def test_what_is_no_request_is_passed_on():
    import asyncio

    seen: list[str] = []

    async def app(scope, receive, send):
        seen.append(scope["type"])

    async def nothing(*_: object) -> dict[str, object]:
        return {}

    asyncio.run(ASGIProfiler(app, enabled=True)({"type": "lifespan"}, nothing, nothing))
    asyncio.run(ASGIProfiler(app, enabled=True)({"type": "websocket", "query_string": b"profile"}, nothing, nothing))
    assert seen == ["lifespan", "websocket"]
