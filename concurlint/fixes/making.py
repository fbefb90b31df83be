"""Which rule's findings are mended by what, and all findings with the fixes that can be had for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

import libcst as cst

from concurlint.effects.program import Program
from concurlint.finding import Finding, Fix
from concurlint.fixes import awaiting, commands, handing, keeping, locking
from concurlint.fixes.mending import Mending
from concurlint.project.modules import Module
from concurlint.rewriting.draft import Draft

FIXERS: Mapping[str, Callable[[Mending], Fix | None]] = {
    "CCL202": handing.call_instead_of_callable,
    "CCL207": handing.thread_without_target,
    "CCL208": handing.captured_variable,
    "CCL307": locking.leaked_lock,
    "CCL308": locking.blind_wait,
    "CCL402": commands.needless_shell,
    "CCL403": commands.list_with_shell,
    "CCL404": commands.string_without_shell,
    "CCL501": awaiting.blocking_call,
    "CCL503": keeping.dropped_task,
    "CCL504": awaiting.dropped_coroutine,
    "CCL506": locking.loop_from_thread,
}


def with_fixes(findings: Iterable[Finding], programs: Mapping[str, Program]) -> Iterator[Finding]:
    """The findings, those that can be mended with their fix; `programs` by the names of files.

    Notebooks are left alone: their text is not that of the file.
    """
    drafts: dict[str, Draft | None] = {}
    for finding in findings:
        path = finding.span.path
        program = programs.get(path)
        module = _module(program, path) if program is not None and finding.code in FIXERS else None
        if program is None or module is None:
            yield finding
            continue
        if path not in drafts:
            drafts[path] = _draft(module)
        draft = drafts[path]
        fix = FIXERS[finding.code](Mending(program, module, draft, finding)) if draft is not None else None
        yield replace(finding, fix=fix) if fix is not None else finding


def _module(program: Program, path: str) -> Module | None:
    return next((module for module in program.project.loaded if module.source.name == path), None)


def _draft(module: Module) -> Draft | None:
    source = module.source
    if source.cells or source.shown is not None:
        return None
    try:
        return Draft(source.text)
    except (cst.ParserSyntaxError, RecursionError):
        return None
