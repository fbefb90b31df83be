"""What a reader may choose of a report: which call trees, and whether the verdicts come first."""

from collections.abc import Iterator
from dataclasses import dataclass

from concurlint.report.profiled.palette import LOOKS
from concurlint.report.profiled.tree import Call, call_tree
from concurlint.runtime.profile import Profile
from concurlint.runtime.samples import State


@dataclass(frozen=True, slots=True)
class Showing:
    """`states` ask for a tree each, instead of the one of all that costs."""

    states: tuple[State, ...] = ()
    verdicts_first: bool = False

    def trees(self, profile: Profile) -> Iterator[tuple[str, Call]]:
        """Each tree with its title."""
        if not self.states:
            yield "calls", call_tree(profile)
        for state in self.states:
            yield f"calls, where a thread {LOOKS[state].label}", call_tree(profile, {state})
