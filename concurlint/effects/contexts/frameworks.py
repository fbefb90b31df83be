"""Which asynchronous framework a piece of code is written for, and whether its threads are greenlets."""

from __future__ import annotations

from concurlint.catalog.traits import any_has, has
from concurlint.project.callgraph import CallGraph
from concurlint.project.modules import Code


def framework_of(code: Code) -> str:
    """`trio`, `anyio` or `asyncio`, by what the module imports."""
    names = {
        binding.imported.module.partition(".")[0]
        for bindings in code.module.body.scope.bindings.values()
        for binding in bindings
        if binding.imported is not None and not binding.imported.level
    }
    if "asyncio" in names:
        return "asyncio"
    return next((name for name in sorted(names, reverse=True) if has("async-framework", name)), "asyncio")


def makes_greenlets(code: Code, graph: CallGraph) -> bool:
    """Whether the module has the standard library patched before all: the threads it starts are greenlets."""
    return any(
        has("green-threads", name) and not site.context.conditions
        for site, name, _ in graph.libraries.get(code.module.body, ())
    )


def starts_greenlet(name: str) -> bool:
    """Whether what a library call of that name runs is a greenlet: its waits let others run, and no loop is in them."""
    return any_has("green-threads", name.partition(".")[0])
