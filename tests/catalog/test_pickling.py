"""What the tables say cannot be pickled is refused by the Python that runs the tests."""

import asyncio
import concurrent.futures
import contextvars
import csv
import io
import logging
import multiprocessing
import os
import queue
import selectors
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
import weakref
import zipfile
from collections.abc import Callable
from multiprocessing.reduction import ForkingPickler

import pytest

from concurlint.catalog.roles import Roles

MAKERS: dict[str, Callable[[], object]] = {
    "threading.Lock": threading.Lock,
    "threading.RLock": threading.RLock,
    "threading.Condition": threading.Condition,
    "threading.Event": threading.Event,
    "threading.Semaphore": threading.Semaphore,
    "threading.BoundedSemaphore": threading.BoundedSemaphore,
    "threading.Barrier": lambda: threading.Barrier(2),
    "threading.Thread": threading.Thread,
    "threading.Timer": lambda: threading.Timer(1, print),
    "threading.local": threading.local,
    "queue.Queue": queue.Queue,
    "queue.LifoQueue": queue.LifoQueue,
    "queue.PriorityQueue": queue.PriorityQueue,
    "queue.SimpleQueue": queue.SimpleQueue,
    "multiprocessing.Lock": multiprocessing.Lock,
    "multiprocessing.Event": multiprocessing.Event,
    "multiprocessing.Queue": multiprocessing.Queue,
    "multiprocessing.SimpleQueue": multiprocessing.SimpleQueue,
    "multiprocessing.Value": lambda: multiprocessing.Value("i", 0),
    "multiprocessing.Array": lambda: multiprocessing.Array("i", 3),
    "multiprocessing.RawArray": lambda: multiprocessing.RawArray("i", 3),
    "concurrent.futures.ThreadPoolExecutor": concurrent.futures.ThreadPoolExecutor,
    "concurrent.futures.ProcessPoolExecutor": concurrent.futures.ProcessPoolExecutor,
    "concurrent.futures.Future": concurrent.futures.Future,
    "builtins.file": lambda: io.TextIOWrapper(io.FileIO(os.devnull)),
    "io.BufferedReader": lambda: io.BufferedReader(io.FileIO(os.devnull)),
    "io.FileIO": lambda: io.FileIO(os.devnull),
    "tempfile._TemporaryFileWrapper": tempfile.NamedTemporaryFile,
    "sqlite3.Connection": lambda: sqlite3.connect(":memory:"),
    "subprocess.Popen": lambda: subprocess.Popen(["true"]),
    "ssl.SSLContext": lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
    "logging.StreamHandler": logging.StreamHandler,
    "csv.DictReader": lambda: csv.DictReader([]),
    "zipfile.ZipFile": lambda: zipfile.ZipFile(io.BytesIO(), "w"),
    "contextvars.ContextVar": lambda: contextvars.ContextVar("name"),
    "weakref.WeakSet": weakref.WeakSet,
    "asyncio.AbstractEventLoop": asyncio.new_event_loop,
    "selectors.DefaultSelector": selectors.DefaultSelector,
}


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", MAKERS)
def test_what_is_said_to_refuse_does(name: str):
    assert Roles().pickling(name)
    with pytest.raises((TypeError, RuntimeError, AttributeError)):
        ForkingPickler.dumps(MAKERS[name]())


def test_a_plain_socket_is_sent_as_its_descriptor():
    assert not Roles().pickling("socket.socket")
    with socket.socket() as made:
        assert ForkingPickler.dumps(made)
