"""Which code runs on Windows only."""

from __future__ import annotations

from concurlint.effects.calls.every_way import EveryWay, both
from concurlint.effects.flow.conditions import holds, is_named_for_windows, says_windows
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.project.modules import Code


class Platforms:
    """Where calls run, by the conditions around them and around their callers."""

    def __init__(self, program: Program) -> None:
        self._config = program.config
        self._callers = EveryWay(
            lambda code: program.graph.callers.get(code, ()),
            lambda edge, above: above or _on_windows(edge.caller, edge.site),
            both,
            otherwise=False,
        )

    def is_windows_only(self, code: Code, site: CallSite) -> bool:
        """Whether a call only runs on Windows: by the conditions around it or its callers, or by name."""
        return self._config.target_platform == "windows" or _on_windows(code, site) or self._callers.of(code)


def _on_windows(code: Code, site: CallSite) -> bool:
    return holds(site.context.conditions, code, says_windows) or is_named_for_windows(code)
