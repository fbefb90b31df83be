"""Child processes: what becomes of their pipes, their exit status and the time they take."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from concurlint.catalog.entries import ChildRole, Parameter
from concurlint.catalog.kinds import kinds_with
from concurlint.catalog.outside import is_brief
from concurlint.catalog.traits import may
from concurlint.effects.calls.arguments import Known, lookup
from concurlint.effects.commands.whole_reads import WholeRead, whole_reads
from concurlint.effects.contexts.spawns import Spawn, ran
from concurlint.effects.flow.conditions import is_for_tests
from concurlint.effects.flow.definitions import Definitions
from concurlint.effects.flow.dominators import comes_after
from concurlint.effects.flow.graphs import Graphs
from concurlint.effects.flow.uses import Mention, Mentions, mentions_of
from concurlint.effects.program import Program
from concurlint.facts.records import Access, CallSite, Loop
from concurlint.facts.syntax import Attribute, Call, Collection, Compare, Constant, Expression, Name, Place, children
from concurlint.project.arguments import merged
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder, is_self
from concurlint.project.modules import Code, Module
from concurlint.project.values import Instance, Library, Literal, Value

_Made = tuple[Code, Expression]


@dataclass(frozen=True, slots=True, eq=False)
class Undrained:
    """A wait for a child whose output goes to a pipe that nobody reads before."""

    code: Code
    site: CallSite | None
    pipes: tuple[str, ...]
    started: _Made
    partly: bool = False
    later: Mention | None = None
    read: WholeRead | None = None  # of the other pipe, where that is the wait

    @property
    def at(self) -> Place:
        """Where the wait stands."""
        if self.read is not None:
            return self.read.at
        return self.site.call.at if self.site is not None else self.started[1].at

    @property
    def is_brief(self) -> bool:
        """Whether what the child prints surely fits into its pipe."""
        made = self.started[1]
        first = made.arguments[0].value if isinstance(made, Call) and made.arguments else None
        items = first.items if isinstance(first, Collection) else ()
        words = [item.value for item in items[:2] if isinstance(item, Constant) and isinstance(item.value, str)]
        return is_brief(words)


@dataclass(frozen=True, slots=True, eq=False)
class PreexecHook:
    """A function run in the child between fork and exec, and a thread of the same program."""

    code: Code
    site: CallSite
    thread: Spawn
    instead: tuple[str, ...]


class Pipes:
    """Looks at the children a program starts and at what it does with them."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._roles = program.roles
        self._evaluator = program.evaluator
        self._definitions = program[Definitions]
        self._graphs = program[Graphs]

    # between fork and exec

    def preexec_hooks(self, dispatches: Iterable[Spawn]) -> Iterator[PreexecHook]:
        """The `preexec_fn`s of programs that run something on threads."""
        threads = [d for d in dispatches if d.on == "thread" and not d.registers and not is_for_tests(d.where)]
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                role = self._roles.child(name)
                if role is None or role.preexec is None or is_for_tests(code):
                    continue
                term = lookup(merged(value, site.call), code, role.preexec, self._evaluator)
                thread = next((d for d in threads if _is_one_program(d.where, code)), None)
                if not isinstance(term, Known) or thread is None:
                    continue
                hooks = [v for v in self._evaluator.values(term.expression, term.code) if v != Literal(None)]
                if hooks:
                    yield PreexecHook(code, site, thread, self._instead(hooks))

    def _instead(self, hooks: list[Value]) -> tuple[str, ...]:
        """The arguments that do all that the functions do; nothing if there are none for some of it."""
        found: dict[str, None] = {}
        for hook in hooks:
            run = ran(hook)
            called = [library_name(hook)] if run is None else [n for _, n, _ in self._graph.libraries.get(run, ())]
            if run is not None and self._graph.edges.get(run):
                return ()
            found.update(dict.fromkeys(self._roles.in_child(name) for name in called))
        return tuple(found) if all(found) else ()

    # pipes

    def undrained(self) -> Iterator[Undrained]:
        """Waits for children that may be stuck in writing to a full pipe."""
        for code, calls in self._graph.libraries.items():
            for site, name, value in calls:
                role = self._roles.child(name)
                if role is not None and role.waits and not role.drains:
                    pipes = self._pipes(role, merged(value, site.call), code)
                    if pipes:
                        yield Undrained(code, site, pipes, (code, site.call))
            for site in code.scope.calls:
                if self._waits_for_ever(code, site, "wait"):
                    yield from self._waited(code, site)
            yield from self._read_to_the_end(code)
            for loop in code.scope.loops:
                asked = _asked_until_done(loop)
                poll = next((s for s in code.scope.calls if s.call is asked), None) if asked is not None else None
                if poll is not None and self._waits_for_ever(code, poll, "poll"):
                    inside = replace(poll.context, loops=(*poll.context.loops, loop.number))
                    yield from self._waited(code, replace(poll, context=inside))

    def _read_to_the_end(self, code: Code) -> Iterator[Undrained]:
        """Reads of one pipe of a child until that ends, while nobody reads the other: `p.stdout.read()`."""
        seen: set[str] = set()
        for read in whole_reads(code, self._graph):
            pipe, base = read.pipe, read.pipe.value
            if not isinstance(base, Name) or holder(code, base.id) is not code or base.id in seen:
                continue
            bindings = self._definitions.at(base.id, base, code)
            made = [b.value for b in bindings if b.kind in ("assign", "with") and b.value is not None and not b.path]
            found = self._made(made[0], code) if len(made) == 1 and len(bindings) == 1 else None
            other = next((name for name in found[0] if name != pipe.attr), "") if found is not None else ""
            if found is None or not other or pipe.attr not in found[0]:
                continue
            seen.add(base.id)
            yield from self._other_unread(code, read, mentions_of(base.id, code), bindings[0].order, other, found[1])

    def _other_unread(
        self, code: Code, read: WholeRead, mentions: Mentions, since: int, other: str, made: _Made
    ) -> Iterator[Undrained]:  # fmt: skip
        """The read of one pipe, if the other is not read before or beside."""
        cfg = self._graphs.of(code)
        soon = [m for m in mentions.all if m.code is not code or (m.order > since and m.order <= read.order)]
        if any(may("ends-child", m.attr) or m.attr == other for m in soon) or mentions.escapes:
            return
        late = (m for m in mentions.all if m.attr == other and comes_after(cfg, m.order, read.order))
        later = next(late, None)
        if later is not None and not self._comes_later(mentions, later):  # else the wait tells
            yield Undrained(code, read.site, (other,), made, True, later, read)

    @staticmethod
    def _comes_later(mentions: Mentions, later: Mention) -> bool:
        """Whether the child is waited for before the other pipe is read."""
        return any(may("waits-for-child", m.attr) and m.order < later.order for m in mentions.all)

    def _waits_for_ever(self, code: Code, site: CallSite, method: str) -> bool:
        """A call of that method of a child, without a timeout."""
        function = site.call.function
        if not isinstance(function, Attribute) or function.attr != method or site.call.arguments:
            return False
        values = self._evaluator.values(function.value, code).used()
        kinds = {self._evaluator.kind(value) for value in values if value != Literal(None)}
        return bool(kinds) and kinds <= kinds_with("child-process")

    def _waited(self, code: Code, site: CallSite) -> Iterator[Undrained]:
        function = site.call.function
        assert isinstance(function, Attribute)
        base = function.value
        if isinstance(base, Name):
            home = holder(code, base.id)
            if home is not code:
                return
            bindings = self._definitions.at(base.id, site.call, code)
            made = [b.value for b in bindings if b.kind in ("assign", "with") and b.value is not None and not b.path]
            if len(made) != 1 or len(bindings) != 1:
                return
            since = bindings[0].order
            found = self._made(made[0], code)
            if found is not None:
                mentions = mentions_of(base.id, home)
                yield from self._unread(code, site, mentions, since, *found)
        elif isinstance(base, Call):
            found = self._made(base, code)
            if found is not None:
                yield Undrained(code, site, found[0], found[1])
        elif isinstance(base, Attribute):
            yield from self._kept(code, site, base)

    def _made(self, expression: Expression, code: Code) -> tuple[tuple[str, ...], _Made] | None:
        """The pipes of the one child an expression may be, and the call that started it; None if none is known."""
        values = [v for v in self._evaluator.values(expression, code) if v != Literal(None)]
        child = values[0].site if len(values) == 1 and isinstance(values[0], Instance) else None
        if child is None or not isinstance(child.call, Call):
            return None
        for callee in self._evaluator.values(child.call.function, child.code):
            role = self._starter(callee)
            if role is None:
                continue
            pipes = self._pipes(role, merged(callee, child.call), child.code)
            return (pipes, (child.code, child.call)) if pipes else None
        return None

    def _starter(self, callee: Value) -> ChildRole | None:
        while not isinstance(callee, Library):
            work = getattr(callee, "work", None) or getattr(callee, "function", None)
            if work is None:
                return None
            callee = work
        return self._roles.child(callee.name)

    def _pipes(self, role: ChildRole, call: Call, code: Code) -> tuple[str, ...]:
        return tuple(name for name, wanted in role.pipes if self._is_pipe(call, code, wanted))

    def _is_pipe(self, call: Call, code: Code, wanted: Parameter) -> bool:
        term = lookup(call, code, wanted, self._evaluator)
        value = self._evaluator.values(term.expression, term.code).only() if isinstance(term, Known) else None
        return isinstance(value, Library) and value.name.endswith("subprocess.PIPE")

    def _unread(
        self, code: Code, site: CallSite, mentions: Mentions, since: int, pipes: tuple[str, ...], made: _Made
    ) -> Iterator[Undrained]:  # fmt: skip
        """The wait, if a pipe of the child in a local name is not read before."""
        if mentions.escapes:
            return
        cfg = self._graphs.of(code)
        since_made = cfg.after(since)
        mine = [m for m in mentions.all if m.code is not code or m.order in since_made]
        soon = [m for m in mine if m.code is not code or not comes_after(cfg, m.order, site.order)]
        if any(may("ends-child", m.attr) for m in soon):
            return
        left = [pipe for pipe in pipes if not any(m.attr == pipe for m in soon)]
        if left:
            later = next((m for m in mine if m not in soon and may("reads-pipes", m.attr)), None)
            yield Undrained(code, site, tuple(left), made, len(left) < len(pipes), later)

    def _kept(self, code: Code, site: CallSite, base: Attribute) -> Iterator[Undrained]:
        """The wait for a child kept in `self.x`, if no code of the module ever reads a pipe of an `x`."""
        cls = is_self(code, base.value.id) if isinstance(base.value, Name) else None
        found = self._made(base, code) if cls is not None else None
        if found is None or cls is None or self._is_handed_on(base.attr, code, site):
            return
        yield Undrained(code, site, *found)

    def _is_handed_on(self, attr: str, code: Code, wait: CallSite) -> bool:
        """Whether the object in an attribute of that name is used for more than waiting and asking, in its module;
        what the same function does after the wait comes too late."""

        def is_late(part: Code, use: CallSite | Access) -> bool:
            return part is code and comes_after(self._graphs.of(code), use.order, wait.order)

        for part in code.module.codes:
            plain = 0
            for access in part.scope.accesses:
                target = access.target
                if isinstance(target, Attribute) and target.attr == attr and access.kind == "read":
                    plain += 1
                if isinstance(target, Attribute) and isinstance(target.value, Attribute) and target.value.attr == attr:
                    plain -= 1
                    if _deals_with_child(target.attr) and not is_late(part, access):
                        return True
            for site in part.scope.calls:
                function = site.call.function
                if isinstance(function, Attribute) and isinstance(function.value, Attribute):
                    if function.value.attr == attr:
                        plain -= 1
                        if _deals_with_child(function.attr) and not is_late(part, site):
                            return True
            plain -= sum(_looks(branch.test, attr) for branch in part.scope.branches)
            if plain > 0:
                return True
        return False


def _asked_until_done(loop: Loop) -> Call | None:
    """The `child.poll()` of `while child.poll() is None:`, a loop that nothing else ends."""
    test = loop.iterable
    if loop.kind != "while" or loop.leaves or not isinstance(test, Compare) or len(test.rest) != 1:
        return None
    operator, right = test.rest[0]
    is_none = operator in ("Is", "Equal") and isinstance(right, Constant) and right.value is None
    return test.left if is_none and isinstance(test.left, Call) else None


def _looks(test: Expression, attr: str) -> int:
    """How often a test looks at the attribute itself."""
    if isinstance(test, Attribute):
        return int(test.attr == attr)
    return 0 if isinstance(test, Call) else sum(_looks(child, attr) for child in children(test))


def _is_one_program(one: Code, other: Code) -> bool:
    """Whether two modules surely run in one program: they are the same, or one imports the other."""
    here, there = one.module, other.module
    return here is there or _imports(here, there) or _imports(there, here)


def _imports(module: Module, other: Module) -> bool:
    for scope in module.facts.scopes:
        for bindings in scope.bindings.values():
            for binding in bindings:
                if binding.imported is not None:
                    name = module.absolute(binding.imported)
                    if other.name in (name, f"{name}.{binding.imported.name}"):
                        return True
    return False


def _deals_with_child(attr: str) -> bool:
    return may("reads-pipes", attr) or may("ends-child", attr)
