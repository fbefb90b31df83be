"""WSGI and ASGI middleware that profiles single requests: `?profile` gives the report instead of the answer."""

import asyncio
import os
import sys
import threading
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from dataclasses import dataclass
from types import FrameType
from typing import Any
from urllib.parse import parse_qsl, urlencode
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from concurlint.profiler import Profiler
from concurlint.trouble import UserError

SWITCH = "CONCURLINT_PROFILE"
"""The environment variable that switches profiling on where the program says nothing: `1`."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
ASGIApplication = Callable[[Scope, Receive, Send], Awaitable[None]]

_TYPES = {"html": "text/html", "text": "text/plain", "json": "application/json"}
_BUSY = "another request is being profiled: ask again when it is done\n"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What is sent instead of the program's own answer."""

    status: int
    kind: str
    body: bytes
    instead_of: str = ""

    @property
    def headers(self) -> list[tuple[str, str]]:
        said = [("X-Concurlint-Status", self.instead_of)] if self.instead_of else []
        kind = f"{_TYPES[self.kind]}; charset=utf-8"
        return [("Content-Type", kind), ("Content-Length", str(len(self.body))), ("Cache-Control", "no-store"), *said]


class _Switch:
    """Whether requests may be profiled here, and which asks for it; one at a time."""

    def __init__(self, enabled: bool | None, parameter: str, cores: int | None) -> None:
        self.is_on = enabled if enabled is not None else os.environ.get(SWITCH, "") == "1"
        self._parameter = parameter
        self._cores = cores
        self._turn = threading.Lock()

    def asked(self, query: str) -> tuple[str, str] | None:
        """The form asked for and the rest of the query; None where nothing is, or it is switched off."""
        if not self.is_on or self._parameter not in query:
            return None
        pairs = parse_qsl(query, keep_blank_values=True)
        form = next((value or "html" for name, value in pairs if name == self._parameter), None)
        if form is None:
            return None
        return form, urlencode([pair for pair in pairs if pair[0] != self._parameter])

    def begin(self, name: str, frame: FrameType, own: int) -> "_Run | None":
        """Look from now on at what the thread `own` does; None while another request is looked at.

        UserError where nothing can be.
        """
        if not self._turn.acquire(blocking=False):
            return None
        profiler = Profiler(name=name, cores=self._cores, own=own)
        try:
            profiler.start(frame)
        except BaseException:
            self._turn.release()
            raise
        return _Run(profiler, self._turn)


@dataclass(frozen=True, slots=True)
class _Run:
    """A request that is being looked at."""

    profiler: Profiler
    turn: threading.Lock

    def end(self, form: str, status: str) -> _Answer:
        """What was seen, in the form asked for. UserError where nothing was."""
        report = self.profiler.stop()
        made = {"text": report.to_text, "json": report.to_json}.get(form, report.to_html)()
        return _Answer(200, form if form in _TYPES else "html", made.encode(), status)

    def close(self) -> None:
        """Let the next request be looked at."""
        self.profiler.close()
        self.turn.release()


class WSGIProfiler:
    """`app` with each request profiled that asks for it: `?profile`, `?profile=text` or `?profile=json`.

    Off unless `enabled` is true, or left out and the environment variable CONCURLINT_PROFILE is 1: the report
    shows file names and source, and a profiled request takes a second longer. One request is profiled at a time.
    """

    def __init__(
        self, app: WSGIApplication, *, enabled: bool | None = None, parameter: str = "profile", cores: int | None = None
    ) -> None:
        self._app = app
        self._switch = _Switch(enabled, parameter, cores)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        asked = self._switch.asked(environ.get("QUERY_STRING", ""))
        if asked is None:
            return self._app(environ, start_response)
        form, query = asked
        answer = self._profiled({**environ, "QUERY_STRING": query}, form)
        start_response(_STATUSES[answer.status], answer.headers)
        return [answer.body]

    def _profiled(self, environ: WSGIEnvironment, form: str) -> _Answer:
        said: list[str] = []

        def note(status: str, _headers: Any, _error: Any = None) -> Callable[[bytes], object]:
            said.append(status)
            return lambda _data: None

        name = f"{environ.get('REQUEST_METHOD', '')} {environ.get('PATH_INFO', '')}"
        try:
            run = self._switch.begin(name, sys._getframe(), threading.get_native_id())
            if run is None:
                return _Answer(409, "text", _BUSY.encode())
            try:
                _use_up(self._app(environ, note))
                return run.end(form, said[-1] if said else "")
            finally:
                run.close()
        except UserError as error:
            return _Answer(503, "text", f"{error}\n".encode())


class ASGIProfiler:
    """The same for ASGI: `app.add_middleware(ASGIProfiler, enabled=True)`, or around any application."""

    def __init__(
        self, app: ASGIApplication, *, enabled: bool | None = None, parameter: str = "profile", cores: int | None = None
    ) -> None:
        self._app = app
        self._switch = _Switch(enabled, parameter, cores)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = (
            self._switch.asked(scope.get("query_string", b"").decode("latin-1")) if scope["type"] == "http" else None
        )
        if asked is None:
            await self._app(scope, receive, send)
            return
        form, rest = asked
        answer = await self._profiled({**scope, "query_string": rest.encode("latin-1")}, receive, form)
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in answer.headers]
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _profiled(self, scope: Scope, receive: Receive, form: str) -> _Answer:
        said: list[str] = []

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":
                said.append(str(message["status"]))

        try:
            # Starting and ending take a while: other requests go on meanwhile.
            name, frame, own = f"{scope['method']} {scope['path']}", sys._getframe(), threading.get_native_id()
            run = await asyncio.to_thread(self._switch.begin, name, frame, own)
            if run is None:
                return _Answer(409, "text", _BUSY.encode())
            try:
                await self._app(scope, receive, note)
                return await asyncio.to_thread(run.end, form, said[-1] if said else "")
            finally:
                await asyncio.to_thread(run.close)
        except UserError as error:
            return _Answer(503, "text", f"{error}\n".encode())


_STATUSES: Mapping[int, str] = {200: "200 OK", 409: "409 Conflict", 503: "503 Service Unavailable"}


def _use_up(body: Iterable[bytes]) -> None:
    """As a server does: to the end, and closed."""
    try:
        for _ in body:
            pass
    finally:
        close = getattr(body, "close", None)
        if close is not None:
            close()
