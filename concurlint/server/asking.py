"""The server's end of a process that checks: asks without waiting, and starts it anew if it dies."""

import asyncio
import contextlib
import signal
import sys
from pathlib import Path

from concurlint.server.messages import (
    HEAD,
    HELLO,
    Answer,
    Ask,
    Configure,
    Kind,
    Request,
    Rescan,
    Write,
    packed,
    unpacked,
)
from concurlint.session import Checked, Options

_LIVES = 3
_MODULE = "concurlint.server.analyst"


class AskingError(Exception):
    """Nothing could be found out; the text is one line for people."""


class Asking:
    """One process, asked one thing at a time; `idle` ones leave the machine to everybody else."""

    def __init__(self, *, idle: bool = False) -> None:
        self._arguments = ["--idle"] if idle else []
        self._starting: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None
        self._process: asyncio.subprocess.Process | None = None
        self._deaths = 0
        self._options = Options()
        self._unsaved: dict[Path, bytes] = {}
        self._number = HELLO
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._turn = asyncio.Lock()

    async def ask(self, kind: Kind, path: Path) -> Checked:
        """What is found there; AskingError where nothing can be. Cancelled, it turns the process away from it."""
        async with self._turn:
            while True:
                await self._run()
                self._number += 1
                try:
                    answer = await self._answer(Ask(self._number, kind, path))
                except asyncio.CancelledError:
                    self._stop()
                    raise
                except ConnectionError:
                    continue
                self._deaths = 0
                if answer.trouble:
                    raise AskingError(answer.trouble)
                if not answer.stopped:
                    return answer.checked

    def write(self, path: Path, data: bytes | None) -> None:
        """What a file is to be taken for; None for what is on the disk."""
        if data is None:
            self._unsaved.pop(path, None)
        else:
            self._unsaved[path] = data
        self._send(Write(path, data))

    def configure(self, options: Options) -> None:
        """Settings from now on."""
        self._options = options
        self._send(Configure(options))

    def rescan(self) -> None:
        """Files or settings on the disk have changed."""
        self._send(Rescan())

    async def close(self) -> None:
        """End the process."""
        if self._starting is not None:
            with contextlib.suppress(OSError, ConnectionError):
                await self._starting
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
        if self._listening is not None:
            await self._listening

    async def _run(self) -> None:
        """Until the process listens. A task of its own starts it, which nobody's loss of interest can stop halfway."""
        if self._process is not None:
            return
        if self._deaths >= _LIVES:
            raise AskingError("the process that checks has died too often; restart the server")
        starting = self._starting or asyncio.create_task(self._start())
        self._starting = starting
        try:
            await asyncio.shield(starting)
        except OSError as error:  # ConnectionError too: it died at once
            self._deaths += 1
            raise AskingError(f"the process that checks cannot be started: {error}") from error
        finally:
            if starting.done():
                self._starting = None

    async def _start(self) -> None:
        # -P: nothing in the current folder may take the place of a module. Signals of a terminal are not for it.
        command = [sys.executable, "-P", "-m", _MODULE, *self._arguments]
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, cwd=Path(sys.executable).anchor, start_new_session=True
        )
        hello = self._expect(HELLO)
        self._listening = asyncio.create_task(self._listen(process))
        await hello
        self._process = process
        self._send(Configure(self._options))
        for path, data in self._unsaved.items():
            self._send(Write(path, data))

    def _expect(self, number: int) -> "asyncio.Future[Answer]":
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        return future

    async def _answer(self, ask: Ask) -> Answer:
        future = self._expect(ask.number)
        self._send(ask)
        try:
            return await future
        finally:
            self._waiting.pop(ask.number, None)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Hand each answer to whoever waits for it, until the process ends."""
        assert process.stdout is not None
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                size = HEAD.unpack(await process.stdout.readexactly(HEAD.size))[0]
                answer = unpacked(await process.stdout.readexactly(size))
                assert isinstance(answer, Answer)
                future = self._waiting.pop(answer.number, None)
                if future is not None and not future.done():
                    future.set_result(answer)
        self._process = None
        self._deaths += 1
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the process that checks has ended"))
        await process.wait()

    def _send(self, message: Request) -> None:
        if self._process is not None and self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(packed(message))

    def _stop(self) -> None:
        if self._process is not None and self._process.returncode is None and sys.platform != "win32":
            self._process.send_signal(signal.SIGINT)
