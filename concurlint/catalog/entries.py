"""The kinds of entries in the tables of roles: classes, dispatchers, hooks, shells, children."""

from dataclasses import dataclass
from typing import Literal

UserWhere = Literal["thread", "process", "task", "main", "import"]
Where = Literal["thread", "process", "task", "main", "import", "here", "anywhere"]
Parameter = tuple[str, int | None]

_SERVING = {"view", "handler", "endpoint", "hook", "middleware", "servicer", "admin", "consumer", "listener", "server"}


@dataclass(frozen=True, slots=True)
class ClassRole:
    """A library class: its library bases, the name it is really known by, and what kind of thing it makes."""

    name: str
    bases: tuple[str, ...] = ()
    same: str = ""
    kind: str = ""
    reentrant: bool = False
    safe: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunsRole:
    """A call that has somebody run a callable it is handed.

    `work` is the parameter that takes the callable; `items` the parameter whose elements become its
    arguments (map); `arguments`/`keywords` parameters that hold its arguments; `rest` that the positional
    arguments after the callable are its arguments. `many`: one such call runs the callable several times
    side by side. `starts`: the method of the result that starts it, "" when the call itself does.
    `weak`: what runs is lost when the result is dropped. `event`: it is only kept, for when something happens.
    `drops`: whoever runs it looks at nothing that it returns.
    `thread_words`: constants that mean threads instead of `on`, passed by what takes the work.
    `called`: the call only writes work down; the arguments are those with which its result is called.
    `group`: a parameter that stands before the work and must be None. `error`: what keeps an exception of the
    callable until somebody asks: "future", "iterator", "logged" for a future that logs it in the end; `on_error` the
    parameter for who is told at once, `then` that for who gets the result: both run on a thread of the pool's own.
    `pickles`: whether work and arguments are pickled: "task" always, "start" where the new process does not
    inherit its parent's memory, "spawn" the same where that is always so, "" not by the standard pickle.
    `chunk`: how many items are sent at a time, 1 where it is not given. `needs`: as for `HookRole`.
    """

    name: str
    work: Parameter
    on: Where
    items: Parameter | None = None
    arguments: Parameter | None = None
    keywords: Parameter | None = None
    rest: bool = False
    many: bool = False
    starts: str = ""
    pool: Parameter | None = None
    waits: bool = False
    weak: bool = False
    event: bool = False
    thread_words: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    drops: bool = False
    group: Parameter | None = None
    error: str = ""
    on_error: Parameter | None = None
    then: Parameter | None = None
    pickles: Literal["", "task", "start", "spawn"] = ""
    chunk: Parameter | None = None
    called: bool = False

    @property
    def registers(self) -> bool:
        """Whether the callable is only kept, to be called when something happens."""
        spread = self.items or self.arguments or self.rest or self.starts or self.called
        return self.event or (self.many and not spread)


@dataclass(frozen=True, slots=True)
class HookRole:
    """A framework that runs decorated functions, or overridden methods, on its own threads or loop.

    `needs`: only in a project that uses one of these names. `by`: the library calls that run the callable themselves,
    on the thread they are called on.
    """

    name: str
    on: Where
    methods: tuple[str, ...] = ()
    many: bool = False
    owner: Literal["shared", "own"] = "shared"
    what: str = ""
    needs: tuple[str, ...] = ()
    by: tuple[str, ...] = ()

    @property
    def serves(self) -> bool:
        """Whether somebody waits for an answer while the code runs."""
        return self.what.rpartition(" ")[2] in _SERVING and not self.what.startswith("watchdog")


@dataclass(frozen=True, slots=True)
class ShellRole:
    """A call that starts an external command: which parameter is the command and when a shell reads it.

    `shell` is "always", "never", "string" (a string goes to the shell, a list does not), "remote" (the
    shell of another machine) or "flag", and then `flag` is the parameter that asks for the shell.
    `instead` is the call without a shell, in words; `program` the parameter that names the program where
    it is not the command's first word.
    """

    name: str
    command: Parameter
    shell: str = "never"
    flag: Parameter | None = None
    exec: bool = False
    instead: str = ""
    program: Parameter | None = None


@dataclass(frozen=True, slots=True)
class IteratedRole:
    """An object that starts processes when it is iterated over, if the number `workers` is not 0."""

    name: str
    workers: Parameter
    what: str


@dataclass(frozen=True, slots=True)
class ChildRole:
    """A call that starts a child process: which parameters take its pipes and settings.

    `waits`: the call returns when the child is done; `drains`: and reads the pipes meanwhile. `status` is where
    the exit status is: "returned", an attribute of what is returned ("returncode"), "raised", or "" for nowhere yet.
    """

    name: str
    stdout: Parameter | None = None
    stderr: Parameter | None = None
    preexec: Parameter | None = None
    check: Parameter | None = None
    timeout: Parameter | None = None
    waits: bool = False
    drains: bool = False
    status: Literal["", "returned", "returncode", "raised"] = ""

    @property
    def pipes(self) -> tuple[tuple[str, Parameter], ...]:
        """The names of the pipes that somebody may have to read, with their parameters."""
        named = (("stdout", self.stdout), ("stderr", self.stderr))
        return tuple((name, wanted) for name, wanted in named if wanted is not None)


@dataclass(frozen=True, slots=True)
class ReadRole:
    """A call that waits for the network and only asks: any number may be under way at once.

    With an `argument`, its text must begin with one of `words`; `without` must not be passed. `each`: what every
    thread or task needs for itself. `batch`: what asks for all at once, which is better than side by side.
    """

    name: str
    argument: Parameter | None = None
    words: tuple[str, ...] = ()
    without: Parameter | None = None
    each: str = ""
    batch: str = ""


@dataclass(frozen=True, slots=True)
class PathRole:
    """A call that relies on what is at a path: the parameter that makes it right however that is, and a remedy."""

    name: str
    unless: str = ""
    instead: str = "do it without asking and catch the error, or hold one lock around both"
