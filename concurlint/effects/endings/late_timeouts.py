"""Timeouts of waits for a child that come too late: its output has been read to the end before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.catalog.traits import has, may
from concurlint.effects.commands.whole_reads import WholeRead, whole_reads
from concurlint.effects.endings.expired_waits import ExpiredWaits
from concurlint.effects.flow.dominators import comes_after
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.flow.uses import mentions_of
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Context
from concurlint.facts.syntax import Argument, Call, Collection, Constant, Expression, Name
from concurlint.finding import Step
from concurlint.project.arguments import given
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder
from concurlint.project.modules import Code

_SOON = 10  # seconds: so long one waits for a child that has closed its output, and is about to end


@dataclass(frozen=True, slots=True, eq=False)
class LateTimeout:
    """A wait with a timeout, after a read that only ends when the child does; `is_brief`: it only sees to the end."""

    code: Code
    site: CallSite
    child: str
    read: WholeRead
    is_brief: bool

    def steps(self) -> tuple[Step, ...]:
        """Where the output is read."""
        says = f"this waits, without limit, until the child closes its `{self.read.pipe.attr}`"
        return (Step(self.code.span(self.read.at), says),)


class LateTimeouts:
    """Compares where the output of a child is read to its end with the waits for it."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._graphs = program[Graphs]
        self._waits = program[ExpiredWaits]

    def all(self) -> Iterator[LateTimeout]:
        """Every such wait for a child that the same function has started, and that nobody else can end."""
        for code in self._graph.edges:
            reads = whole_reads(code, self._graph)
            for site in code.scope.calls if reads else ():
                wait = self._waits.limited(code, site)
                if wait is None or wait.reads or not isinstance(wait.child, Name):
                    continue
                name = wait.child.id
                read = self._read_before(code, site, [r for r in reads if _is(r.pipe.value, name)], wait.is_async)
                if read is not None and self._is_alone(code, name, site, wait.child):
                    yield LateTimeout(code, site, name, read, _is_brief(site, wait.is_async))

    def _read_before(self, code: Code, wait: CallSite, reads: list[WholeRead], is_async: bool) -> WholeRead | None:
        """A read that is over when the wait begins, and has no limit of its own."""
        cfg = self._graphs.of(code)
        for read in reads:
            awaited = read.site.awaited if read.site is not None else read.loop is not None and read.loop.is_async
            if (
                awaited is is_async
                and comes_after(cfg, wait.order, read.order)
                and not self._limits(code, read.context)
            ):
                return read
        return None

    def _limits(self, code: Code, context: Context) -> bool:
        return any(
            has("limits-time", library_name(value))
            for entered in context.entered
            if isinstance(entered.manager, Call)
            for value in self._evaluator.values(entered.manager.function, code)
        )

    def _is_alone(self, code: Code, name: str, wait: CallSite, child: Name) -> bool:
        """Whether the function has started the child itself, and nobody may end it before the wait."""
        made = self._waits.made(child, code)
        if made is None or holder(code, name) is not code or _limits_itself(made):
            return False
        mentions = mentions_of(name, code)
        before = [m for m in mentions.all if m.code is not code or m.order < wait.order]
        return not mentions.escapes and not any(may("ends-child", m.attr) or m.attr == "pid" for m in before)


def _is(expression: Expression, name: str) -> bool:
    return isinstance(expression, Name) and expression.id == name


def _limits_itself(made: Call) -> bool:
    """Whether the command is coreutils' `timeout`."""
    first: Argument | None = made.arguments[0] if made.arguments else None
    words = first.value.items if first is not None and isinstance(first.value, Collection) else ()
    return any(isinstance(word, Constant) and word.value == "timeout" for word in words)


def _is_brief(site: CallSite, is_async: bool) -> bool:
    timeout = given(site.call, "timeout", int(is_async))
    return isinstance(timeout, Constant) and isinstance(timeout.value, (int, float)) and timeout.value <= _SOON
