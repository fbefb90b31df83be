"""What to do in a coroutine instead of blocking its event loop."""

from concurlint.catalog.roles import Roles
from concurlint.effects.blocking.calls import Blocking
from concurlint.effects.contexts.frameworks import framework_of
from concurlint.project.modules import Code


def instead_of(roles: Roles, code: Code, blocking: Blocking) -> str:
    """What to do instead in a coroutine, by the framework in use and the call that blocks."""
    if not code.is_async:
        return "hand it to a thread: `loop.run_in_executor(None, …)`"
    away = f"`await {framework_of(code)}.to_thread{'.run_sync' if framework_of(code) != 'asyncio' else ''}(…)`"
    if len(blocking.chain) > 1:
        return f"run it in a thread: {away}"
    if blocking.name == "time.sleep":
        return f"use `await {framework_of(code)}.sleep(…)`"
    better = roles.remedy(blocking.name) if framework_of(code) == "asyncio" else ""
    return f"use {better}" if better else f"run it in a thread: {away}"
