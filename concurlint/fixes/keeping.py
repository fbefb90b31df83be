"""A task that nobody keeps: kept in a set of the module until it is done."""

from __future__ import annotations

import re

from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.contexts.spawns import Spawns
from concurlint.finding import Fix
from concurlint.fixes.mending import Mending
from concurlint.rewriting.draft import code_of

_SET = "_background_tasks"
_FOR_RESULTS = ("gather", "shield", "wait_for")
"""Whoever writes these wants what they give, and most likely forgot to await it."""
_ANNOTATED = (3, 9)
"""The Python that runs `set[...]`."""


def dropped_task(mending: Mending) -> Fix | None:
    """A set as the documentation of `asyncio.create_task` has it, made where the file has none."""
    found, call = mending.site, mending.call
    if found is None or call is None or mending.finding.trace:
        return None
    code, _ = found
    line = mending.alone(call)
    on_thread = any(run.on == "thread" for run in mending.program[Spawns].by_code.get(code, ()))
    if code_of(call.func).rpartition(".")[2] in _FOR_RESULTS:
        return None
    if line is None or (on_thread and not code.is_async) or framework_of(code) != "asyncio":
        return None
    if code.scope.kind in ("module", "class", "lambda"):
        return None
    kept = _set_of(mending)
    task = mending.draft.fresh("task", "kept")
    mending.before(call, f"{task} = ")
    mending.below(line, [f"{kept}.add({task})", f"{task}.add_done_callback({kept}.discard)"])
    return mending.fix("keep the task in a set until it is done")


def _set_of(mending: Mending) -> str:
    """The name of the set: the one that is there, or a new one below the imports."""
    made = re.compile(rf"^{_SET}\d*(?=(?:: [^=\n]+)? = set\(\)\s*$)", re.MULTILINE).search(mending.draft.before)
    if made:
        return made[0]
    name = mending.draft.fresh(_SET)
    typed = mending.has_at_top("asyncio") and mending.program.config.target_python >= _ANNOTATED
    mending.at_top(f"{name}: set[asyncio.Task] = set()" if typed else f"{name} = set()")
    return name
