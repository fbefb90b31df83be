"""What to do in a coroutine instead of blocking its event loop, with the user's own call filled in."""

import re

from concurlint.effects.blocking.calls import Blocking
from concurlint.effects.contexts.frameworks import framework_of
from concurlint.effects.contexts.spawns import Spawns
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Attribute, Call
from concurlint.facts.unparse import written
from concurlint.project.modules import Code
from concurlint.project.values import Instance

_LONGEST = 70
_TO_THREAD = re.compile(r"`?await asyncio\.to_thread\([^()]*\)`?")
_FIRST_TO_THREAD = (3, 9)
_ONE_THREAD = "give the connection one worker thread (`ThreadPoolExecutor(max_workers=1)`) that makes it and its calls"


def instead_of(program: Program, code: Code, site: CallSite, blocking: Blocking) -> str:
    """What to do instead in a coroutine, by the framework in use and the call that blocks."""
    if not code.is_async:
        return f"hand it to a thread: `loop.run_in_executor({_passed('None', site.call, plain=True)})`"
    framework = framework_of(code)
    away = in_thread(program, code, site.call)
    if is_bound_to_its_thread(program, blocking):
        return f"use aiosqlite, or {_ONE_THREAD}" if framework == "asyncio" else _ONE_THREAD
    if _is_endpoint_that_never_waits(program, code):
        return f"write the endpoint as a plain `def`, which FastAPI runs on a thread, or {away}"
    if len(blocking.chain) > 1:
        if blocking.name == "time.sleep":
            return f"make the function that sleeps a coroutine with `{framework}.sleep`, or {away}"
        return f"run it in a thread: {away}"
    if blocking.name == "time.sleep":
        return f"use `await {framework}.sleep({_arguments(site.call) or '…'})`"
    better = program.roles.remedy(blocking.name) if framework == "asyncio" else ""
    return f"use {_TO_THREAD.sub(lambda _: away, better)}" if better else f"run it in a thread: {away}"


def in_thread(program: Program, code: Code, call: Call) -> str:
    """The call as it is made on a thread, and awaited: `await asyncio.to_thread(self.client.get, url)`."""
    framework = framework_of(code)
    if framework != "asyncio":
        return f"`await {framework}.to_thread.run_sync({_passed('', call, plain=True)})`"
    if program.config.target_python < _FIRST_TO_THREAD:
        return f"`await loop.run_in_executor({_passed('None', call, plain=True)})`"
    return f"`await asyncio.to_thread({_passed('', call)})`"


def _passed(first: str, call: Call, *, plain: bool = False) -> str:
    """The function and what it is called with, as arguments of another call; `plain`: that takes no keywords."""
    before = f"{first}, " if first else ""
    function = written(call.function)
    if not function or len(function) > _LONGEST // 2:
        return f"{before}…"
    arguments = _arguments(call)
    if arguments is None or len(arguments) + len(function) > _LONGEST:
        arguments = "…"
    if plain and any(argument.keyword is not None or argument.star == 2 for argument in call.arguments):
        return f"{before}partial({function}, {arguments})"
    return f"{before}{function}, {arguments}" if arguments else f"{before}{function}"


def _arguments(call: Call) -> str | None:
    """The arguments of a call as they are written; None where one of them is too long a story."""
    texts: list[str] = []
    for argument in call.arguments:
        text = written(argument.value)
        if not text:
            return None
        texts.append(f"{argument.keyword}={text}" if argument.keyword else f"{'*' * argument.star}{text}")
    return ", ".join(texts)


def is_bound_to_its_thread(program: Program, blocking: Blocking) -> bool:
    """Whether the call is one of an SQLite connection that was made elsewhere: it raises on any other thread."""
    code, site = blocking.chain[-1]
    function = site.call.function
    if not blocking.name.startswith(("sqlite3.Connection.", "sqlite3.Cursor.")) or not isinstance(function, Attribute):
        return False
    parts = {part for part, _ in blocking.chain[1:]}  # what runs on the thread, if the first call is handed to one
    owners = program.evaluator.values(function.value, code)
    made = [value.site for value in owners if isinstance(value, Instance)]
    return any(site is None or site.code not in parts for site in made)


def _is_endpoint_that_never_waits(program: Program, code: Code) -> bool:
    runs = program[Spawns].by_code.get(code, ())
    return not code.scope.awaits and any(run.name.startswith(("fastapi.", "starlette.")) for run in runs)
