"""Starts the program to be measured: behind a barrier until the recorders are ready, and as if nobody looked on."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from concurlint.runtime.procfs import is_alive, read_stat
from concurlint.runtime.signals import Witness, passing_on
from concurlint.trouble import UserError

Seconds = float
Kind = Literal["script", "module", "code"]

BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
"""Its frames lie below the program's own: what shows stacks leaves them out."""

_OLDEST = (3, 8)
_NOT_PYTHON = f"ended before it ran the program: is it a Python interpreter, {_OLDEST[0]}.{_OLDEST[1]} or newer?"
_PATIENCE: Seconds = 30.0
_POLL: Seconds = 0.02
_GRACE: Seconds = 5.0
"""An interrupted program that waits for what never comes is not waited for any longer."""
_AGAIN: Seconds = 1.0
_SHORT = 64


class LaunchError(UserError):
    """The program cannot be started or watched; the text is one line for people."""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that runs the program, by its own account."""

    implementation: str
    version: tuple[int, int, int]
    free_threaded: bool


class Program:
    """A running program; `interpreter` is known if it stands, or stood, behind the barrier."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        witness: Witness,
        interpreter: Interpreter | None = None,
        barrier: int = -1,
    ) -> None:
        self.pid = process.pid
        self.interpreter = interpreter
        self._process = process
        self._witness = witness
        self._barrier = barrier
        self._interrupted, self._interrupts = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        self.is_interrupted = False
        self._others: tuple[int, ...] = ()
        self.before_interrupt: Callable[[], None] = _nothing

    def go(self) -> None:
        """Lift the barrier: the program starts to run."""
        barrier, self._barrier = self._barrier, -1
        if barrier >= 0:
            # It may have been killed while it waited.
            with contextlib.suppress(BrokenPipeError):
                os.write(barrier, b"g")
            os.close(barrier)

    @property
    def status(self) -> int:
        """The exit status of a program that has ended; one that has to be ended was interrupted."""
        status: int | None = self._process.poll()
        return -signal.SIGINT if status is None else status

    def poll(self) -> int | None:
        """The exit status as in `subprocess`: −N for signal N; None while it runs."""
        return self._process.poll()

    def wait(self, timeout: Seconds | None = None, is_stuck: Callable[[], bool] = bool) -> int | None:
        """Until the program ends, and then its exit status; None when `timeout` is over before.

        Meanwhile Ctrl-C does not end us: the terminal has sent it to the program as well. An interrupt, hang-up or
        termination sent to us alone is sent on to the program. None, too, when it was interrupted, had some seconds
        to end, and `is_stuck` says that it won't.
        """
        with self.signals_passed_on():
            if self._ends_within(timeout) or not self.is_interrupted:
                return self._process.poll()
            over = time.monotonic() + _GRACE
            while not self._ends_within(max(_AGAIN, over - time.monotonic())):
                if time.monotonic() >= over and is_stuck():
                    return None
            return self._process.poll()

    def _ends_within(self, timeout: Seconds | None) -> bool:
        """Whether it has ended when the time is over, or when it is interrupted."""
        if self._process.poll() is not None:
            return True
        program = os.pidfd_open(self.pid)
        try:
            ready, _, _ = select.select([program, self._interrupted], [], [], timeout)
            with contextlib.suppress(BlockingIOError):
                os.read(self._interrupted, _SHORT)
            return program in ready and self._process.wait() is not None
        finally:
            os.close(program)

    def signals_passed_on(self) -> AbstractContextManager[None]:
        """What `wait` does about signals, for longer: once the program has ended, they are lost."""
        return passing_on(self._process, self._witness, self._interrupt)

    def _interrupt(self) -> None:
        """What comes before the program gets a signal that is to end it."""
        self.is_interrupted = True
        with contextlib.suppress(OSError):
            os.write(self._interrupts, b"i")
        self.before_interrupt()

    def take_along(self, processes: Iterable[int]) -> None:
        """End these, too, when the program has to be ended: nobody is left then to end its children."""
        self._others = tuple(pid for pid in processes if pid != self.pid)

    def end(self, patience: Seconds = 5.0) -> int:
        """Terminate the program if it still runs, by force if it won't; its exit status."""
        self._witness.close()
        for pipe in (self._interrupted, self._interrupts):
            with contextlib.suppress(OSError):
                os.close(pipe)
        self._interrupted = self._interrupts = -1
        if self._barrier >= 0:
            os.close(self._barrier)
            self._barrier = -1
        elif self._process.poll() is None:
            for pid in (*self._others, self.pid):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGTERM)
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.end()


class Attached:
    """A process that somebody else started: it is watched and left alone."""

    interpreter: Interpreter | None = None
    status = 0
    is_interrupted = False
    before_interrupt: Callable[[], None]

    def __init__(self, pid: int) -> None:
        """LaunchError if there is no such process."""
        stat = read_stat(pid)
        if stat is None or not is_alive(pid):
            raise LaunchError(f"there is no process {pid}")
        self.pid = pid
        self._born = stat.born

    def is_running(self) -> bool:
        """Whether it has not ended yet; another process with its number is not it."""
        stat = read_stat(self.pid)
        return stat is not None and stat.born == self._born and stat.state not in "ZX"

    def wait(self, timeout: Seconds | None = None, is_stuck: Callable[[], bool] = bool) -> bool:  # noqa: ARG002
        """Until it ends; whether it has. Ctrl-C ends the waiting, not the process: KeyboardInterrupt."""
        until = None if timeout is None else time.monotonic() + timeout
        while self.is_running():
            if until is not None and time.monotonic() >= until:
                return False
            time.sleep(_POLL)
        return True

    def go(self) -> None:
        """Nothing holds it."""

    def take_along(self, processes: Iterable[int]) -> None:
        """Neither it nor what it has started is ended."""

    def signals_passed_on(self) -> AbstractContextManager[None]:
        """Signals to us are not for it."""
        return contextlib.nullcontext()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        """It goes on."""


def start_script(
    path: str, arguments: Sequence[str] = (), *, python: str = sys.executable, options: Sequence[str] = ()
) -> Program:
    """As `python options path arguments`, held at the barrier. LaunchError without such a script or interpreter."""
    if path == "-":
        raise LaunchError("cannot open the script: -: a program on standard input cannot be run again; name its file")
    if not path:
        raise LaunchError("cannot open the script: its name is empty")
    try:
        if not Path(path).is_dir():
            with Path(path).open("rb") as file:
                _refuse_foreign(path, file.read(512))
    except OSError as error:
        raise LaunchError(f"cannot open the script: {path}: {_why(error)}") from None
    return _start((python, *options), "script", path, arguments)


def start_module(
    name: str, arguments: Sequence[str] = (), *, python: str = sys.executable, options: Sequence[str] = ()
) -> Program:
    """As `python options -m name arguments`, held at the barrier. LaunchError if there is no such interpreter."""
    return _start((python, *options), "module", name, arguments)


def start_code(
    text: str, arguments: Sequence[str] = (), *, python: str = sys.executable, options: Sequence[str] = ()
) -> Program:
    """As `python options -c text arguments`, held at the barrier. LaunchError if there is no such interpreter."""
    return _start((python, *options), "code", text, arguments)


def start_command(command: Sequence[str]) -> Program:
    """Any command; it runs at once, and Python processes are looked for below it. LaunchError if it cannot run."""
    witness = Witness()
    try:
        return Program(subprocess.Popen([*command], close_fds=False), witness)
    except OSError as error:
        witness.close()
        raise LaunchError(f"cannot run the command: {command[0]}: {_why(error)}") from None


def _refuse_foreign(path: str, start: bytes) -> None:
    """What Python would try to read as its own, with nothing but noise to show for it."""
    # Installers write scripts for /bin/sh that name their Python in the second line.
    if start.startswith(b"\x7fELF") or (start.startswith(b"#!") and b"py" not in start):
        raise LaunchError(f"not a Python script: {path}; a command is run by `concurlint profile -- {path}`")


def _start(command: Sequence[str], kind: Kind, target: str, arguments: Sequence[str]) -> Program:
    python = command[0]
    if python != sys.executable:
        _try(python)
    # Before anything is opened that it would keep open.
    witness = Witness()
    ready, says_ready = os.pipe()
    waits, go = os.pipe()
    try:
        for inherited in (says_ready, waits):
            os.set_inheritable(inherited, True)
        words = [str(BOOTSTRAP), str(says_ready), str(waits), kind, target, *arguments]
        # The program has what files its caller left open to us, as without us: close_fds would take them away.
        process = subprocess.Popen([*command, *words], close_fds=False)
    except OSError as error:
        witness.close()
        os.close(ready)
        os.close(go)
        raise LaunchError(f"cannot run the interpreter: {python}: {_why(error)}") from None
    finally:
        os.close(says_ready)
        os.close(waits)
    program = Program(process, witness, barrier=go)
    try:
        with os.fdopen(ready, "rb") as answer:
            program.interpreter = _read_answer(answer.fileno(), python)
    except BaseException:
        program.end()
        raise
    return program


def _try(python: str) -> None:
    """Another program would say no end of things about arguments that it is not used to."""
    try:
        done = subprocess.run(
            [python, "-S", "-c", "import sys; print(sys.implementation.name)"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_PATIENCE,
            check=False,
        )
    except OSError as error:
        raise LaunchError(f"cannot run the interpreter: {python}: {_why(error)}") from None
    except subprocess.TimeoutExpired:
        raise LaunchError(f"{python} did not answer within {_PATIENCE:g} s: is it a Python interpreter?") from None
    name = done.stdout.decode(errors="replace").strip()
    if not name:
        raise LaunchError(f"{python} {_NOT_PYTHON}")
    if name != "cpython":
        raise LaunchError(f"{python} is {name[:20]}: only CPython can be measured")


def _read_answer(ready: int, python: str) -> Interpreter:
    answered, _, _ = select.select([ready], [], [], _PATIENCE)
    said = os.read(ready, 4096).decode().split() if answered else []
    if not said:
        raise LaunchError(f"{python} {_NOT_PYTHON if answered else f'did not answer within {_PATIENCE:g} s'}")
    major, minor, micro, free_threaded = map(int, said[2:])
    if (major, minor) < _OLDEST:
        raise LaunchError(f"{python} is Python {major}.{minor}: {_OLDEST[0]}.{_OLDEST[1]} or newer is needed")
    return Interpreter(said[1], (major, minor, micro), bool(free_threaded))


def _nothing() -> None:
    """Nobody wants to know."""


def _why(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
