"""Held-back work that waits: for a server, a connection, an answer of another process."""

import asyncio
import hashlib
import http.client
import json
import multiprocessing
import queue
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.queues import SimpleQueue
from typing import Any

FORK = multiprocessing.get_context("fork") if sys.platform == "linux" else multiprocessing.get_context()
DELAY = 0.045
"""Seconds until the server answers, whatever it is asked."""


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while asked := await reader.readline():
        while (await reader.readline()).strip():
            pass
        await asyncio.sleep(DELAY)
        body = json.dumps({"of": asked.split()[1].decode(), "digest": hashlib.sha256(asked.split()[1]).hexdigest()})
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
    writer.close()


async def _listen(port: "SimpleQueue[int]") -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", 0)
    port.put(server.sockets[0].getsockname()[1])
    await server.serve_forever()


def _serve(port: "SimpleQueue[int]") -> None:
    asyncio.run(_listen(port))


@contextmanager
def served() -> Iterator[int]:
    """The port of a slow server, which is a process of its own."""
    port: SimpleQueue[int] = FORK.SimpleQueue()
    server = FORK.Process(target=_serve, args=(port,), daemon=True)
    server.start()
    yield port.get()
    server.terminate()
    server.join()


# Pages of a site, one after the other.


def page(url: str) -> str:
    """What the answer says."""
    with urllib.request.urlopen(url) as answer:
        return str(json.load(answer)["digest"])


def pages_one_by_one(pages: int = 60) -> list[str]:
    """A loop, as everybody begins."""
    found = []
    with served() as port:
        for number in range(pages):
            found.append(page(f"http://127.0.0.1:{port}/page/{number}"))
    return found


def pages_together(pages: int = 60) -> list[str]:
    """Ten at a time."""
    with served() as port, ThreadPoolExecutor(10) as pool:
        return list(pool.map(page, [f"http://127.0.0.1:{port}/page/{number}" for number in range(pages)]))


# Pages fetched by coroutines with a client that blocks.


async def _blocking(url: str) -> str:
    return page(url)


async def _beside(url: str) -> str:
    return await asyncio.to_thread(page, url)


async def _all(get: Callable[[str], Any], port: int, pages: int) -> list[str]:
    found: list[str] = await asyncio.gather(*(get(f"http://127.0.0.1:{port}/article/{n}") for n in range(pages)))
    return found


def gathered(pages: int = 60, *, threads: bool = False) -> list[str]:
    """Gathered, which helps nothing while each blocks the loop."""
    with served() as port:
        return asyncio.run(_all(_beside if threads else _blocking, port, pages))


# Many threads, few connections.


class Connections:
    """A small pool of them."""

    def __init__(self, port: int, size: int) -> None:
        self.free: queue.LifoQueue[http.client.HTTPConnection] = queue.LifoQueue()
        for _ in range(size):
            self.free.put(http.client.HTTPConnection("127.0.0.1", port))

    @contextmanager
    def one(self) -> Iterator[http.client.HTTPConnection]:
        """Given back afterwards."""
        connection = self.free.get()
        try:
            yield connection
        finally:
            self.free.put(connection)

    def record(self, number: int) -> str:
        """Asked for by its number."""
        with self.one() as connection:
            connection.request("GET", f"/record/{number}")
            return str(json.load(connection.getresponse())["digest"])


def records(count: int = 120, *, connections: int = 2) -> list[str]:
    """Fetched by twelve threads over so many connections."""
    with served() as port, ThreadPoolExecutor(12) as pool:
        return list(pool.map(Connections(port, connections).record, range(count)))


# A process that is asked again and again.


def _link(questions: "multiprocessing.Queue[bytes | None]", answers: "multiprocessing.Queue[bytes]") -> None:
    while (block := questions.get()) is not None:
        answers.put(hashlib.pbkdf2_hmac("sha256", block, b"salt", 20_000))


def chained(links: int = 50, *, polled: bool) -> str:
    """Each question is the answer to the one before; for it, one looks now and then, or waits."""
    questions: multiprocessing.Queue[bytes | None] = FORK.Queue()
    answers: multiprocessing.Queue[bytes] = FORK.Queue()
    worker = FORK.Process(target=_link, args=(questions, answers))
    worker.start()
    block = b"first"
    for _ in range(links):
        questions.put(block)
        if polled:
            while answers.empty():
                time.sleep(0.05)
        block = answers.get()
    questions.put(None)
    worker.join()
    return block.hex()
