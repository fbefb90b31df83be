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
    found = []
    for index, (code, site) in enumerate(chain):
        is_last = index == len(chain) - 1
        callee = name if is_last else chain[index + 1][0].qualname
        found.append(call(code, site.call.at, callee, verb if is_last else "calls"))
    return tuple(found)
