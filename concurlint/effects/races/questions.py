"""Where threads meet: state of the whole process, objects of other threads, what only the GIL holds together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from concurlint.config import Config
from concurlint.effects.races.gil import FreeThreading
from concurlint.effects.races.iteration import Iterating
from concurlint.effects.races.updates import Races
from concurlint.effects.threads.confinement import ProcessWide
from concurlint.finding import Level
from concurlint.source import SourceFile


class Crossings:
    """The questions about what threads do beside each other; each part is worked out when first asked for."""

    def __init__(self, races: Races, config: Config, files: Sequence[SourceFile]) -> None:
        self._files = files
        self._races = races
        self._config = config

    @property
    def level(self) -> Level | None:
        """The level of races: threads that really run at the same time meet where others only might.

        None leaves the rule its own.
        """
        return Level.ERROR if self._config.free_threaded else None

    @cached_property
    def processwide(self) -> ProcessWide:
        """What threads do to what is not theirs alone."""
        return ProcessWide(self._races.graph, self._races.sharing, self._config.target_python)

    @cached_property
    def freethreading(self) -> FreeThreading:
        """What relies on the GIL."""
        return FreeThreading(self._races, self._files)

    @cached_property
    def iterating(self) -> Iterating:
        """Loops over what other threads change."""
        return Iterating(self._races)
