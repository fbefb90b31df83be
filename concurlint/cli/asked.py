"""What a caller of `concurlint profile` or `report` wants to be shown, and where."""

from dataclasses import dataclass

import click

from concurlint.cli.destinations import Destination, destinations
from concurlint.report.formats import MACHINE, TEXT
from concurlint.report.profiled.showing import Showing
from concurlint.runtime.samples import State


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be shown, and where."""

    forms: tuple[str, ...]
    output: str | None
    html: str | None
    trace: str | None
    speedscope: str | None
    cores: int | None
    save: str | None = None
    pairs: int = 0
    states: tuple[str, ...] = ()
    order: str | None = None

    @property
    def showing(self) -> Showing:
        """What is to be seen of it, and in which order; UsageError for a state that there is not."""
        known = {state.value: state for state in State}
        for state in self.states:
            if state not in known:
                raise click.UsageError(f"no state is called `{state}`: it is one of {', '.join(known)}")
        return Showing(tuple(known[state] for state in self.states), self.order == "verdicts-first")

    @property
    def files(self) -> list[str]:
        """All that is to be written."""
        named = (self.html, self.trace, self.speedscope, self.save, *(each.file for each in self.destinations))
        return [name for name in named if name is not None and name != "-"]

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """The reports that are wanted, and where each goes."""
        return destinations(self.forms, self.output, (TEXT, *MACHINE))
