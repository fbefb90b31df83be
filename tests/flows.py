"""Runs small functions in every way they can go, and says which ways their control-flow graph knows.

In the text of a function, `m(1)` is a step that gives zero, `n(1)` one that gives zero, one or two; `t(1)` and
`await a(1)` give true or false; `i(1)` gives up to two items; `c(1)` is a context manager, `s(1)` one that may take
exceptions; `yield 1` is a step too. Each may raise. A run is written as the steps it does, `m1!` where one raises.
"""

from collections.abc import Callable, Coroutine, Generator, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from textwrap import dedent

import libcst as cst

from concurlint.effects.flow.cfg import Cfg, Edge
from concurlint.facts.collect import collect
from concurlint.facts.flow import ENTRY, RAISED, RETURNED
from concurlint.facts.records import Entered, Scope
from concurlint.facts.syntax import Call, Constant, Name

Run = tuple[str, ...]
Pairs = set[tuple[str, str]]
"""Steps, and those that come right after them."""

_MOST_STEPS = 40


class Given(ValueError):
    """What a step raises."""


class Interrupt(BaseException):
    """What a step raises that only a bare `except` takes."""


class Endless(BaseException):
    """Ends a run that goes round for ever."""


@dataclass
class Oracle:
    """Decides what each step does, and keeps the steps; `asked` are the decisions and how many there were."""

    told: list[int]
    raising: bool
    steps: list[str] = field(default_factory=list)
    asked: list[tuple[int, int]] = field(default_factory=list)

    def choose(self, options: int) -> int:
        place = len(self.asked)
        choice = self.told[place] % options if place < len(self.told) else 0
        self.asked.append((choice, options))
        return choice

    def stop(self) -> None:
        """End a run that goes round for ever; also called where the exception that ends it may be caught."""
        if len(self.steps) >= _MOST_STEPS:
            raise Endless

    def step(self, label: str, options: int = 1) -> int:
        self.stop()
        choice = self.choose(options + 2 if self.raising else options)
        if choice >= options:
            self.steps.append(f"{label}!")
            raise (Given, Interrupt)[choice - options]
        self.steps.append(label)
        return choice


@dataclass
class Manager:
    """A context manager, also an asynchronous one."""

    oracle: Oracle
    name: str
    takes: bool

    def __enter__(self) -> None:
        self.oracle.step(f"{self.name}.enter")

    def __exit__(self, kind: object, error: object, trace: object) -> bool:
        return bool(self.oracle.step(f"{self.name}.exit", 2 if self.takes and kind is not None else 1))

    async def __aenter__(self) -> None:
        self.__enter__()

    async def __aexit__(self, kind: object, error: object, trace: object) -> bool:
        return self.__exit__(kind, error, trace)


class Items:
    """None, one or two items, also asynchronously."""

    def __init__(self, oracle: Oracle) -> None:
        self.left = oracle.choose(3)

    def __iter__(self) -> Iterator[int]:
        yield from range(self.left)

    async def __aiter__(self):
        for item in range(self.left):
            yield item


def vocabulary(oracle: Oracle) -> dict[str, object]:
    """The names that the text of a function may use."""

    def items(number: int) -> Items:
        oracle.step(f"i{number}")
        return Items(oracle)

    def manager(kind: str, number: int) -> Manager:
        oracle.step(f"{kind}{number}")
        return Manager(oracle, f"{kind}{number}", kind == "s")

    async def awaited(number: int) -> int:
        return oracle.step(f"a{number}", 2)

    return {
        "m": lambda number: oracle.step(f"m{number}"),
        "t": lambda number: bool(oracle.step(f"t{number}", 2)),
        "n": lambda number: oracle.step(f"n{number}", 3),
        "a": awaited,
        "i": items,
        "c": lambda number: manager("c", number),
        "s": lambda number: manager("s", number),
        "stop": oracle.stop,
        "Given": Given,
        "Interrupt": Interrupt,
    }


def run(text: str, oracle: Oracle) -> Run:
    """One run of `main` in the text, as the oracle decides."""
    names = vocabulary(oracle)
    exec(compile(text, "main.py", "exec"), names)
    try:
        main = names["main"]
        assert callable(main)
        drive(main(), oracle)
        end = "return"
    except Endless:
        return ("start", *oracle.steps)
    except BaseException:
        end = "raise"
    return ("start", *oracle.steps, end)


def drive(outcome: object, oracle: Oracle) -> None:
    """Run a coroutine, or a generator of numbers: each is a step `y1`, which raises where it is thrown into."""
    if isinstance(outcome, (Coroutine, Generator)):
        with suppress(StopIteration):
            number = outcome.send(None)
            while True:
                try:
                    oracle.step(f"y{number}")
                except BaseException as error:
                    number = outcome.throw(error)
                else:
                    number = outcome.send(None)


def runs(text: str, raising: bool = True, most: int = 3000) -> Iterator[Run]:
    """Each run there is, simple ones first in each direction; at most so many."""
    told: list[int] = []
    for _ in range(most):
        oracle = Oracle(told, raising)
        yield run(text, oracle)
        asked = oracle.asked[:14]
        while asked and asked[-1][0] == asked[-1][1] - 1:
            asked.pop()
        if not asked:
            return
        told = [choice for choice, _ in asked[:-1]] + [asked[-1][0] + 1]


@dataclass
class Marked:
    """The graph of `main` in a text, and the labels of the steps in it."""

    cfg: Cfg
    labels: dict[int, str]

    def next(self, points: Iterable[tuple[int, int]]) -> dict[str, set[tuple[int, int]]]:
        """The steps that may come right after some places in blocks, each with the places after it."""
        found: dict[str, set[tuple[int, int]]] = {}
        queue, cfg = list(points), self.cfg
        for block, low in queue:
            if block in (RETURNED, RAISED):
                found.setdefault("return" if block == RETURNED else "raise", set()).add((block, low))
                continue
            order = next((o for o in cfg.orders(block) if o > low and o in self.labels), None)
            targets = []
            if order is None:
                targets = [edge.target for edge in cfg.edges[block]]
            else:
                label = self.labels[order]
                found.setdefault(label, set()).add((block, order))
                raised = [edge for edge in cfg.raises[block] if edge.raised == order]
                found.setdefault(f"{label}!", set()).update(self.start(edge) for edge in raised)
            queue += [point for point in ((t, cfg.orders(t).start - 1) for t in targets) if point not in queue]
        return found

    def start(self, edge: Edge) -> tuple[int, int]:
        return edge.target, self.cfg.orders(edge.target).start - 1

    def knows(self, steps: Run) -> bool:
        """Whether a run is a way through the graph."""
        points = {(ENTRY, -1)}
        for step in steps[1:]:
            points = self.next(points).get(step, set())
        return bool(points)

    def pairs(self, raising: bool = True) -> Pairs:
        """What may come right after what."""
        found: Pairs = set()
        queue = [("start", (ENTRY, -1))]
        for label, point in queue:
            for step, points in self.next([point]).items():
                if (raising or not step.endswith("!")) and points:
                    found.add((label, step))
                    queue += [(step, p) for p in sorted(points) if (step, p) not in queue and step not in ENDS]
        return found


ENDS = ("return", "raise")


def scopes(text: str) -> list[Scope]:
    """The scopes of a text."""
    return collect(cst.parse_module(dedent(text))).scopes


def takes(entered: Entered) -> bool:
    """Whether a manager is an `s(1)`."""
    return _label(entered.manager).startswith("s")


def marked(text: str, suppresses: Callable[[Entered], bool] = takes) -> Marked:
    """The graph of the function `main`."""
    scope = next(scope for scope in scopes(text) if scope.name == "main")
    cfg = Cfg(scope, suppresses)
    labels = {site.order: label for site in scope.calls if (label := _label(site.call))}
    labels |= {awaited.order: labels.pop(order) for awaited in scope.awaits for order in list(labels)
               if labels[order][0] == "a" and labels[order] == _label(awaited.value)}  # fmt: skip
    yielded = {place.order: place.value for place in scope.yielded}
    labels |= {order: f"y{value.value}" for order, value in yielded.items() if isinstance(value, Constant)}
    labels |= {order: f"{_label(entered.manager)}.enter" for entered, _, order in scope.entered}
    labels |= {order: f"{_label(entered.manager)}.exit" for order, entered in cfg.exits.items()}
    return Marked(cfg, labels)


def _label(call: object) -> str:
    """`m1` for the call `m(1)`."""
    if isinstance(call, Call) and isinstance(call.function, Name) and len(call.arguments) == 1:
        number = call.arguments[0].value
        if isinstance(number, Constant) and len(call.function.id) == 1:
            return f"{call.function.id}{number.value}"
    return ""
