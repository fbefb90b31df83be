"""Which framework runs a piece of code: the asynchronous one it is written for, greenlets, pytest."""

from __future__ import annotations

from concurlint.catalog.traits import any_has, has
from concurlint.facts.syntax import Call
from concurlint.project.callgraph import CallGraph, library_name
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code


def framework_of(code: Code) -> str:
    """`trio`, `anyio` or `asyncio`, by what the module imports."""
    names = frameworks_of(code)
    return "asyncio" if "asyncio" in names else next(iter(names), "asyncio")


def frameworks_of(code: Code) -> list[str]:
    """All those that the module imports."""
    names = {
        binding.imported.module.partition(".")[0]
        for bindings in code.module.body.scope.bindings.values()
        for binding in bindings
        if binding.imported is not None and not binding.imported.level
    }
    return [name for name in sorted(names, reverse=True) if name == "asyncio" or has("async-framework", name)]


def makes_greenlets(code: Code, graph: CallGraph) -> bool:
    """Whether the module has the standard library patched before all: the threads it starts are greenlets."""
    return any(
        has("green-threads", name) and not site.context.conditions
        for site, name, _ in graph.libraries.get(code.module.body, ())
    )


def starts_greenlet(name: str) -> bool:
    """Whether what a library call of that name runs is a greenlet: its waits let others run, and no loop is in them."""
    return any_has("green-threads", name.partition(".")[0])


def is_run_by_pytest(code: Code, evaluator: Evaluator) -> bool:
    """Whether pytest calls a function, with what fixtures and parameters of the project give."""
    if code.name.startswith("test") and code.scope.kind == "function":
        return True
    decorators = [d.function if isinstance(d, Call) else d for d in code.scope.decorators]
    return any(
        library_name(value).startswith("pytest.")
        for decorator in decorators
        for value in evaluator.values(decorator, code.parent or code)
    )
