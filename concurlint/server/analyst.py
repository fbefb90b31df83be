"""A process that checks for the server: it answers one question after the other, and can be turned away from one."""

import contextlib
import gc
import os
import signal
import sys
from types import FrameType
from typing import BinaryIO

from concurlint.cache.place import Caching
from concurlint.server.messages import HELLO, Answer, Ask, Configure, Rescan, Write, packed, read
from concurlint.session import Options, Session
from concurlint.trouble import UserError


class Analyst:
    """Reads requests from one pipe and writes answers to another, until the first ends."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests = requests
        self._answers = answers
        self._session = Session(Options(), Caching())
        self._is_busy = False

    def run(self) -> None:
        """Say hello, then answer until nobody asks any more."""
        self._say(Answer(HELLO))
        while (message := read(self._requests)) is not None:
            match message:
                case Ask():
                    self._say(self._answer(message))
                    self._tidy()
                case Write(path, data):
                    self._session.write(path, data)
                case Rescan():
                    self._session.rescan()
                case Configure(options):
                    self._session.configure(options)

    def stop(self, _number: int, _frame: FrameType | None) -> None:
        """A signal: what is being worked out is not wanted any more."""
        if self._is_busy:
            self._is_busy = False
            raise KeyboardInterrupt

    def _say(self, answer: Answer) -> None:
        self._answers.write(packed(answer))
        self._answers.flush()

    def _answer(self, ask: Ask) -> Answer:
        check = self._session.near if ask.kind == "near" else self._session.whole
        try:
            self._is_busy = True
            checked = check(ask.path)
            self._is_busy = False
        except KeyboardInterrupt:
            return Answer(ask.number, stopped=True)
        except UserError as error:
            return Answer(ask.number, trouble=str(error))
        except Exception as error:  # the next question may well be answered
            trouble = f"internal error: {type(error).__name__}: {error}; please report it"
            return Answer(ask.number, trouble=" ".join(trouble.split()))
        finally:
            self._is_busy = False
        return Answer(ask.number, checked)

    @staticmethod
    def _tidy() -> None:
        """Take away what the run has left, and never look again at what stays: millions of records."""
        gc.collect()
        gc.freeze()


def main() -> None:
    """Speak through standard input and output; what anything else prints goes to standard error."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    if "--idle" in sys.argv[1:] and hasattr(os, "nice"):
        os.nice(10)
    analyst = Analyst(sys.stdin.buffer, answers)
    signal.signal(signal.SIGINT, analyst.stop)
    with contextlib.suppress(BrokenPipeError):
        analyst.run()


if __name__ == "__main__":
    main()
