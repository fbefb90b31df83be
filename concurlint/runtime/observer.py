"""Runs beside a program that measures itself: records its parent until told to stop, and hands over the profiles."""

import json
import os
import select
import sys
from typing import TextIO

from concurlint.runtime.launch import Attached
from concurlint.runtime.recorded import Recorded, Window
from concurlint.runtime.recording import Recorders, check_here
from concurlint.runtime.saved import to_json
from concurlint.trouble import UserError

_POLL = 0.5
"""Seconds after which it is looked whether the parent is still there: a process forked from it may keep the pipe."""


def main(pid: int, rate: int) -> None:
    """Say on standard output that it records, or why it does not; answer the windows read from standard input.

    Each line is JSON: `{}` when it records, a saved profile for each window, `{"trouble": …}` otherwise.
    """
    # What the libraries would print must not stand between the lines.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        check_here(pid)
        program = Attached(pid)
        with Recorders(program, [f"process {pid}"], rate=rate) as recorders:
            _answer(answers, "{}")
            asked = _read_windows(program)
            recorded = recorders.end()
        for window in asked:
            _answer(answers, _profile(recorded, window))
    except UserError as error:
        _answer(answers, json.dumps({"trouble": str(error)}))
    except BrokenPipeError:
        return


def _answer(answers: TextIO, line: str) -> None:
    answers.write(f"{line}\n")
    answers.flush()


def _read_windows(program: Attached) -> list[Window]:
    """What the parent asks for at its end; nothing if it is gone."""
    while not select.select([sys.stdin], [], [], _POLL)[0]:
        if not program.is_running():
            return []
    line = sys.stdin.readline()
    return [
        Window(start, end, tuple(command), tuple(hidden), tuple(without))
        for start, end, command, hidden, without in (json.loads(line) if line.strip() else [])
    ]


def _profile(recorded: Recorded, window: Window) -> str:
    try:
        return to_json(recorded.part(window))
    except UserError as error:
        return json.dumps({"trouble": str(error)})


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
