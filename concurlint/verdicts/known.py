"""What the text of the program says of a measured line: which function, which calls, which lock, who sends it where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from concurlint.catalog.effects import CallFact
from concurlint.effects.contexts.spawns import Spawn, Spawns
from concurlint.effects.lockset.address import Lock, LockAddresses
from concurlint.effects.pickling import Pickling
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite, Entered, Loop
from concurlint.project.modules import Code, Module
from concurlint.runtime.samples import Frame
from concurlint.source import SourceFile


@dataclass(frozen=True, slots=True, eq=False)
class KnownCall:
    """A library call on a line: its dotted name and what it is known to do."""

    name: str
    fact: CallFact | None
    code: Code
    site: CallSite


class Known:
    """The program that was measured, as its sources say it is."""

    def __init__(self, program: Program, files: Sequence[SourceFile]) -> None:
        self.program = program
        self.files = files
        self._files = {str(source.path): source for source in files}
        self._opened: set[Module] = set()
        self._pickling = program[Pickling]

    def module(self, path: str) -> Module | None:
        """The parsed module of that file; None where it is not part of the project or cannot be read."""
        source = self._files.get(str(Path(path)))
        module = self.program.project.open(source) if source is not None else None
        if module is not None and module not in self._opened:
            self._opened.add(module)
            self.program.graph.extend(module.codes)
        return module

    def code(self, frame: Frame) -> Code | None:
        """The function that the frame runs: the last of its name that begins at or above its line."""
        module = self.module(frame.path)
        if module is None:
            return None
        name = frame.function.rpartition(".")[2]
        if name == "<module>":
            return module.body
        named = [c for c in module.codes if c.name == name and c.scope.kind != "class" and c.scope.at[0] <= frame.line]
        return max(named, key=lambda code: code.scope.at[0], default=None)

    def calls(self, frame: Frame) -> Iterator[KnownCall]:
        """The library calls that stand on the frame's line or reach over it."""
        code = self.code(frame)
        for part in code.family() if code is not None else ():
            for site, name, _ in self.program.graph.libraries.get(part, ()):
                if site.call.at[0] <= frame.line <= site.call.at[2]:
                    yield KnownCall(name, self.program.effects.lookup(name), part, site)

    def waiting_call(self, frame: Frame) -> KnownCall | None:
        """The call on the line that waits for something outside, if there is one."""
        return next((c for c in self.calls(frame) if c.fact is not None and c.fact.waits), None)

    def starts_and_waits(self, frame: Frame) -> bool:
        """Whether the line runs an external command to its end in one call."""
        return any(
            self.program.roles.shell(call.name) is not None and call.fact is not None and call.fact.waits
            for call in self.calls(frame)
        )

    def site_of(self, caller: Frame, callee: Frame) -> tuple[Code, CallSite] | None:
        """The call on the caller's line that runs the callee."""
        code, wanted = self.code(caller), self.code(callee)
        if code is None or wanted is None:
            return None
        for part in code.family():
            for edge in self.program.graph.edges.get(part, ()):
                if edge.callee is wanted and edge.site.call.at[0] <= caller.line <= edge.site.call.at[2]:
                    return part, edge.site
        return None

    def loop_around(self, code: Code, site: CallSite) -> Loop | None:
        """The innermost loop that repeats the call."""
        numbers = site.context.loops
        return code.scope.loops[numbers[-1]] if numbers else None

    def sent_by(self, frame: Frame) -> list[Spawn]:
        """Who has the frame's function run elsewhere."""
        code = self.code(frame)
        return [] if code is None else [d for d in self.program[Spawns].all if d.code is code]

    def refusal(self, dispatch: Spawn) -> str:
        """What of the work and its arguments no other process can get, in words; nothing if all of it can."""
        found = self._pickling.of_value(dispatch.value, at_start=False)
        for passed in (*dispatch.passed, *dispatch.named.values()):
            found = found or self._pickling.of(passed, dispatch.where, at_start=False)
        return found.what if found is not None else ""

    def locks_at(self, frame: Frame) -> frozenset[Lock]:
        """The locks that a `with` on this line takes."""
        return frozenset(lock for line, _, locks in self._taken(frame) if line == frame.line for lock in locks)

    def takers(self, path: str, locks: frozenset[Lock]) -> list[tuple[Code, int]]:
        """Every `with` in opened modules that takes one of the locks: its code and line."""
        found: list[tuple[Code, int]] = []
        for module in sorted(self._opened, key=lambda m: (m.source.name != path, m.source.name)):
            for code in module.codes:
                for entered, _, _ in code.scope.entered:
                    if any(lock.may_be(other) for lock in self._of(entered, code) for other in locks):
                        found.append((code, entered.manager.at[0]))
        return found

    def _taken(self, frame: Frame) -> Iterator[tuple[int, Code, frozenset[Lock]]]:
        code = self.code(frame)
        if code is not None:
            for entered, _, _ in code.scope.entered:
                yield entered.manager.at[0], code, self._of(entered, code)

    def _of(self, entered: Entered, code: Code) -> frozenset[Lock]:
        lock = self.program[LockAddresses].of(entered.manager, code).lock
        return frozenset() if lock is None else frozenset({lock})
