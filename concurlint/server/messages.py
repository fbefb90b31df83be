"""What the server and the processes that check for it say to each other."""

import pickle
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal

from concurlint.session import Checked, Options

Kind = Literal["near", "whole"]
HEAD = struct.Struct("<I")
HELLO = 0
"""The number of the answer that a process gives unasked, when it listens."""


@dataclass(frozen=True, slots=True)
class Configure:
    """Settings from the editor."""

    options: Options


@dataclass(frozen=True, slots=True)
class Write:
    """What a file is to be taken for; None for what is on the disk."""

    path: Path
    data: bytes | None


@dataclass(frozen=True, slots=True)
class Rescan:
    """Files or settings on the disk have changed."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Check one file by itself, or the project that it belongs to."""

    number: int
    kind: Kind
    path: Path


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found; `trouble` says why nothing was, `stopped` that nobody wanted to know any more."""

    number: int
    checked: Checked = field(default_factory=Checked)
    trouble: str = ""
    stopped: bool = False


Request = Configure | Write | Rescan | Ask


def packed(message: Request | Answer) -> bytes:
    """A message with its length before it."""
    data = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    return HEAD.pack(len(data)) + data


def unpacked(data: bytes) -> object:
    """The message: both ends are processes of ours, and nobody else writes into their pipes."""
    return pickle.loads(data)


def read(pipe: BinaryIO) -> object | None:
    """The next message, None at the end."""
    head = pipe.read(HEAD.size)
    return unpacked(pipe.read(HEAD.unpack(head)[0])) if len(head) == HEAD.size else None
