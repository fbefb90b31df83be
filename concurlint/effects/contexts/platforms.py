"""Which code runs on Windows only."""

from __future__ import annotations

from concurlint.effects.flow.conditions import holds, is_named_for_windows, says_windows
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.project.modules import Code


class Platforms:
    """Where calls run, by the conditions around them and around their callers."""

    def __init__(self, program: Program) -> None:
        self._config = program.config
        self._graph = program.graph

    def is_windows_only(self, code: Code, site: CallSite) -> bool:
        """Whether a call only runs on Windows: by the conditions around it or its callers, or by name."""
        return self._config.target_platform == "windows" or self._on_windows(code, site, 0)

    def _on_windows(self, code: Code, site: CallSite, depth: int) -> bool:
        if holds(site.context.conditions, code, says_windows) or is_named_for_windows(code):
            return True
        edges = self._graph.callers.get(code, ()) if depth < 3 else ()
        return bool(edges) and all(self._on_windows(e.caller, e.site, depth + 1) for e in edges)
