"""How a trace shows the calls that lead to something."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Place
from concurlint.finding import Step
from concurlint.project.callgraph import Edge
from concurlint.project.modules import Code

Chain: TypeAlias = tuple[tuple[Code, CallSite], ...]
"""The call sites that lead to a library call, each with the code it stands in; the last is that call."""


def links(via: Iterable[Edge]) -> tuple[Step, ...]:
    """One step for each call, outermost first."""
    return tuple(call(edge.caller, edge.site.call.at, edge.callee.qualname) for edge in via)


def call(code: Code, at: Place, callee: str, verb: str = "calls") -> Step:
    """That a function calls another, or does something else with it."""
    return Step(code.span(at), f"`{code.qualname}` {verb} `{callee}`")


def along(chain: Chain, name: str, verb: str = "calls") -> tuple[Step, ...]:
    """One step for each link of a chain that ends in a call of `name`."""
    callees = [*(code.qualname for code, _ in chain[1:]), name]
    verbs = [*("calls" for _ in chain[1:]), verb]
    links = zip(chain, callees, verbs, strict=True)
    return tuple(call(code, site.call.at, callee, how) for (code, site), callee, how in links)
