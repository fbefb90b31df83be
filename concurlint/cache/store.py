"""Bytes by key in one SQLite file, for any number of runs at once; where it cannot be used there is nothing in it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import TypeAlias
from zlib import crc32

Seconds: TypeAlias = float

FILE = "concurlint.sqlite3"
_LAYOUT = 1
"""Of the tables here; a file of another one is thrown away."""
_WRITING: Seconds = 2.0
"""How long a run waits for another one that is writing."""
_MOST_BYTES = 400_000_000
_KEPT = 0.8  # of these, once there are too many
_DAY = 86_400
_TABLES = """
CREATE TABLE IF NOT EXISTS kept (
    kind INTEGER NOT NULL, key BLOB NOT NULL, used INTEGER NOT NULL, sum INTEGER NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (kind, key)
);
"""


class Kind(IntEnum):
    """What bytes are of."""

    FACTS = 1
    TROUBLE = 2
    ANSWER = 3
    STANDING = 4
    STAMP = 5
    TEXT = 6
    TIES = 7
    ISLANDS = 8


class Store:
    """Everything is written at the end, in one go; whoever asks twice gets what was there when it was opened, or more.

    No error leaves it: a file that is damaged, or of another layout, is made anew; on a disk that is full, read-only or
    not there nothing is kept. With `patience`, a run waits so long for its turn: another may be at the same.
    """

    def __init__(
        self, folder: Path, most_bytes: int = _MOST_BYTES, *, patience: Seconds = 0, reading: bool = False
    ) -> None:
        self.path = folder / FILE
        self._patience = patience
        self._has_turn = False
        self._most_bytes = most_bytes
        self._today = int(time.time()) // _DAY
        self._writable = not reading
        self._new: dict[tuple[int, bytes], bytes] = {}
        self._used: set[tuple[int, bytes]] = set()
        self._connection = None if reading and not self.path.exists() else self._opened()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # What was read until somebody lost patience is right as it is; of a run that broke nobody knows.
        if kind is None or kind is KeyboardInterrupt:
            self.flush()
        self._close()

    def get(self, kind: Kind, key: bytes) -> bytes | None:
        """What was put there; None where nothing was, or nothing that is whole."""
        waiting = self._new.get((kind, key))
        if waiting is not None or self._connection is None:
            return waiting
        try:
            row = self._connection.execute(
                "SELECT data, sum, used FROM kept WHERE kind = ? AND key = ?", (int(kind), key)
            ).fetchone()
        except sqlite3.Error as error:
            self._renounce(error)
            return None
        if row is None or not isinstance(row[0], bytes) or crc32(row[0]) != row[1]:
            return None
        if row[2] != self._today:
            self._used.add((kind, key))
        return row[0]

    def put(self, kind: Kind, key: bytes, data: bytes) -> None:
        """Keep it, from `flush` on for others too."""
        self._new[kind, key] = data

    @contextmanager
    def turn(self) -> Iterator[bool]:
        """Nobody else with patience is at work meanwhile; whether it was worth waiting: look again what is there."""
        if self._connection is None or not self._writable or not self._patience:
            yield False
            return
        try:
            self._connection.execute(f"PRAGMA busy_timeout = {round(self._patience * 1000)}")
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error:
            yield False
            return
        self._has_turn = True
        try:
            yield True
            self.flush()
        finally:
            self._has_turn = False
            with contextlib.suppress(sqlite3.Error):
                if self._connection is not None:
                    self._connection.execute("COMMIT")
                    self._connection.execute(f"PRAGMA busy_timeout = {round(_WRITING * 1000)}")

    def flush(self) -> None:
        """Write what is new, and make room where there is too much."""
        new, used, self._new, self._used = self._new, self._used, {}, set()
        if self._connection is None or not self._writable or not (new or used):
            return
        try:
            if self._has_turn:
                self._write(new, used)
                return
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._write(new, used)
        except sqlite3.Error as error:
            self._renounce(error)

    def _write(self, new: dict[tuple[int, bytes], bytes], used: Iterable[tuple[int, bytes]]) -> None:
        assert self._connection is not None
        rows = ((int(kind), key, self._today, crc32(data), data) for (kind, key), data in new.items())
        self._connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?, ?, ?, ?)", rows)
        marks = ((self._today, int(kind), key) for kind, key in used)
        self._connection.executemany("UPDATE kept SET used = ? WHERE kind = ? AND key = ?", marks)
        (size,) = self._connection.execute("SELECT total(length(data)) FROM kept").fetchone()
        if size > self._most_bytes:
            self._make_room(size)

    def _make_room(self, size: float) -> None:
        """Forget what nobody has asked for the longest, and of that what is oldest here."""
        assert self._connection is not None
        oldest = self._connection.execute("SELECT rowid, length(data) FROM kept ORDER BY used, rowid").fetchall()
        for row, length in oldest:
            if size <= self._most_bytes * _KEPT:
                return
            self._connection.execute("DELETE FROM kept WHERE rowid = ?", (row,))
            size -= length

    def _opened(self) -> sqlite3.Connection | None:
        for _ in range(2):
            try:
                return self._connected()
            except sqlite3.OperationalError:  # no such folder, a read-only disk, or another run has it for long
                return self._as_it_is()
            except (sqlite3.DatabaseError, OSError):
                if not self._thrown_away():
                    return None
        return None

    def _connected(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=_WRITING, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            (layout,) = connection.execute("PRAGMA user_version").fetchone()
            if layout not in (0, _LAYOUT):
                raise sqlite3.DatabaseError("of another layout")
            if not layout:
                connection.execute(_TABLES)
                connection.execute(f"PRAGMA user_version = {_LAYOUT}")
            connection.execute("SELECT kind, key, used, sum, data FROM kept LIMIT 1").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection

    def _as_it_is(self) -> sqlite3.Connection | None:
        """The file where nothing can be written beside it, as a run before has left it."""
        self._writable = False
        if os.access(self.path, os.W_OK) or not os.access(self.path, os.R_OK):
            return None
        with contextlib.suppress(sqlite3.Error, ValueError):
            uri = f"{self.path.absolute().as_uri()}?mode=ro&immutable=1"
            connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)
            if connection.execute("PRAGMA user_version").fetchone() == (_LAYOUT,):
                return connection
            connection.close()
        return None

    def _renounce(self, error: sqlite3.Error) -> None:
        """From here on as if there were nothing; a file that turns out to be damaged goes."""
        self._close()
        if not isinstance(error, sqlite3.OperationalError):
            self._thrown_away()

    def _close(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _thrown_away(self) -> bool:
        try:
            for ending in ("", "-wal", "-shm"):
                self.path.with_name(FILE + ending).unlink(missing_ok=True)
        except OSError:
            return False
        return True
