"""Files parsed in other processes while this one goes on with those that are ready."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from importlib import import_module
from types import TracebackType

from concurlint.cache.stamp import of_records
from concurlint.facts.encoding import encode
from concurlint.source import SourceFile

_MOST_WORKERS = 8  # each takes some 100 MB
_WORTH_A_FORK = 300_000  # bytes of source: half a second of parsing
_WORTH_A_START = 2_000_000  # bytes, where each worker is an interpreter that imports LibCST anew
_BATCH = 60_000  # bytes that one worker takes at a time


def usable_cores() -> int:
    """How many cores this process may use."""
    if sys.platform != "win32" and hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


class Ahead:
    """Takes files that will be wanted, and gives their records when they are.

    Where processes cannot be started, or one dies, it gives nothing, and the asker parses for itself. What
    comes out does not depend on which process was quicker. With an `executor`, its workers are asked, wherever
    they are: contents travel there, and records back; it stays its owner's to shut down.
    """

    def __init__(self, workers: int | None = None, executor: Executor | None = None) -> None:
        self._workers = min(usable_cores() if workers is None else workers, _MOST_WORKERS)
        self._pool: ProcessPoolExecutor | None = None
        self._executor = executor
        self._coming: dict[str, Future[dict[str, bytes]]] = {}
        self._ready: dict[str, bytes] = {}
        self._given_up = executor is None and (self._workers < 2 or multiprocessing.current_process().daemon)

    def __enter__(self) -> Ahead:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
        elif self._executor is not None:
            for future in self._coming.values():
                future.cancel()

    def expect(self, sources: Iterable[SourceFile]) -> None:
        """Have the files parsed, the largest first, so that none of these is what all wait for in the end."""
        new = [source for source in sources if source.name not in self._coming and not source.trouble]
        if not self._given_up and self._started(sum(len(source.data) for source in new)):
            try:
                self._submit(sorted(new, key=lambda source: -len(source.data)))
            except (RuntimeError, OSError):
                self._given_up = True

    def _submit(self, sources: Sequence[SourceFile]) -> None:
        pool = self._executor or self._pool
        assert pool is not None
        for batch in _batches(sources):
            future = pool.submit(_parse_all, batch, of_records())
            self._coming.update((source.name, future) for source in batch)

    def _started(self, size: int) -> bool:
        if self._pool is None and self._executor is None:
            method = _start_method()
            if size < (_WORTH_A_FORK if method == "fork" else _WORTH_A_START):
                return False
            try:
                if method == "fork":
                    import_module("concurlint.facts.parsing")  # once, and not once in each worker
                context = multiprocessing.get_context(method)
                self._pool = ProcessPoolExecutor(self._workers, context, _settle_in)
            except (OSError, ImportError, NotImplementedError, ValueError):  # no semaphores, no processes
                self._given_up = True
        return self._pool is not None or self._executor is not None

    def take(self, source: SourceFile) -> bytes | None:
        """What a worker read in the file, encoded; None where none did, or none will soon."""
        future = self._coming.get(source.name)
        if future is None:
            return None
        if source.name not in self._ready and not self._given_up and not future.cancel():
            try:
                self._ready.update(future.result())
            except Exception as error:
                if self._executor is None and not isinstance(error, (BrokenProcessPool, OSError)):
                    raise
                self._given_up = True  # whatever befell the workers, there is still this process
        return self._ready.pop(source.name, None)


def _start_method() -> str:
    """Forking is quick, and safe where nothing else runs in this process; macOS's libraries do not stand it."""
    return "fork" if sys.platform == "linux" and threading.active_count() == 1 else "spawn"


def _settle_in() -> None:
    """Ctrl-C reaches every process of the terminal; the one that was started speaks for all."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()


def _batches(sources: Sequence[SourceFile]) -> Iterator[list[SourceFile]]:
    batch: list[SourceFile] = []
    size = 0
    for source in sources:
        batch.append(source)
        size += len(source.data)
        if size >= _BATCH:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _parse_all(batch: Sequence[SourceFile], stamp: bytes) -> dict[str, bytes]:
    """The encoded records by reported name; files that cannot be encoded are left out.

    Nothing comes from a worker where other code or another LibCST is installed than where it was asked.
    """
    if stamp != of_records():
        return {}
    from concurlint.facts.parsing import parse  # LibCST is slow to load, and a run may need none of it

    packed: dict[str, bytes] = {}
    for source in batch:
        with suppress(RecursionError, UnicodeEncodeError):
            packed[source.name] = encode(parse(source))
    return packed
