"""Whether a call that can block returns at once where it stands: by its arguments, or what was asked or set before."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.effects import CallFact
from concurlint.catalog.traits import has, may
from concurlint.effects.flow.conditions import holds
from concurlint.effects.program import Program
from concurlint.facts.records import Binding, CallSite
from concurlint.facts.syntax import Attribute, Call, Compare, Constant, Expression, Logic, Name, Star, spelled, walk
from concurlint.project.arguments import given, has_stars, matching, merged
from concurlint.project.callgraph import library_name
from concurlint.project.classes import holder, is_self
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Instance, Value

_MOST_HOPS = 3
_OPENS = ("block_disk", "block_net")


class NonBlocking:
    """Asks of single calls whether they have anything to wait for."""

    def __init__(self, program: Program) -> None:
        self._graph = program.graph
        self._evaluator = program.evaluator
        self._effects = program.effects

    def returns_at_once(self, code: Code, site: CallSite, fact: CallFact) -> bool:
        """Whether the library call does not block as it is written here, or may not for all that is known."""
        return (
            self._is_told_not_to_wait(code, site, fact)
            or self._expects_nothing_there(code, site)
            or self._is_set_nonblocking(code, site)
            or self._is_of_what_never_waits(code, site)
            or self._is_a_datagram(code, site, fact)
            or self._takes_new_lock(code, site)
            or _takes_what_was_put(code, site)
        )

    # arguments

    def _is_told_not_to_wait(self, code: Code, site: CallSite, fact: CallFact) -> bool:
        for keyword, position, value in fact.nonblocking:
            passed = given(site.call, keyword, position)
            if passed is None:
                continue
            if isinstance(value, str) and "." not in value and _is_told(passed, value, code, site):
                return True
            if isinstance(value, str):
                if value.rpartition(".")[2] in {name.rpartition(".")[2] for name in _spellings(passed, code)}:
                    return True
                continue
            options = _options(passed, code)
            if not all(isinstance(option, Constant) for option in options):
                return isinstance(value, bool)
            if any(
                isinstance(o, Constant) and o.value == value and isinstance(o.value, bool) == isinstance(value, bool)
                for o in options
            ):
                return True
        return bool(fact.nonblocking) and has_stars(site.call)

    # the object

    @staticmethod
    def _expects_nothing_there(code: Code, site: CallSite) -> bool:
        """Whether a `BlockingIOError` is provided for: only non-blocking sockets and pipes raise it."""
        around = {attempt.number for attempt in site.context.attempts if attempt.part == "body"}
        caught = [kind for handler in code.scope.handlers if handler.attempt in around for kind in handler.types]
        for entered in site.context.entered:
            if isinstance(entered.manager, Call) and spelled(entered.manager.function).endswith("suppress"):
                caught += [argument.value for argument in entered.manager.arguments]
        return any(spelled(kind) == "BlockingIOError" for kind in caught)

    def _is_of_what_never_waits(self, code: Code, site: CallSite) -> bool:
        """Whether the object was opened on something with nothing to wait for, such as a database in memory."""
        function = site.call.function
        owners = self._evaluator.values(function.value, code).used().items if isinstance(function, Attribute) else ()
        return bool(owners) and all(self._was_opened_on_nothing(owner, 0) for owner in owners)

    def _was_opened_on_nothing(self, owner: Value, hops: int) -> bool:
        made = owner.site if isinstance(owner, Instance) else None
        site = next((s for s in made.code.scope.calls if s.call is made.call), None) if made is not None else None
        if made is None or site is None or hops > _MOST_HOPS:
            return False
        if any(
            fact.effect in _OPENS and self._is_told_not_to_wait(made.code, site, fact)
            for fact in self._facts(made.code, site)
        ):
            return True
        function = site.call.function
        inner = (
            self._evaluator.values(function.value, made.code).used().items if isinstance(function, Attribute) else ()
        )
        return bool(inner) and all(self._was_opened_on_nothing(each, hops + 1) for each in inner)

    def _facts(self, code: Code, site: CallSite) -> Iterator[CallFact]:
        names = {library_name(value) for value in self._evaluator.values(site.call.function, code)} - {""}
        yield from filter(None, map(self._effects.lookup, sorted(names)))

    def _is_set_nonblocking(self, code: Code, site: CallSite) -> bool:
        function = site.call.function
        return isinstance(function, Attribute) and self._never_waits(function.value, code, 0)

    def _never_waits(self, thing: Expression, code: Code, hops: int) -> bool:
        """Whether a socket is set not to wait, here or by a caller that hands it over."""
        receiver = spelled(thing)
        if not receiver:
            return False
        if any(_sets_not_to_wait(other, receiver) for sharer in _sharers(thing, code) for other in sharer.scope.calls):
            return True
        if self._was_set_where_made(thing, code):
            return True
        handed = self._handed(thing, code) if isinstance(thing, Name) and hops < _MOST_HOPS else ()
        return any(self._never_waits(passed, caller, hops + 1) for passed, caller in handed)

    def _was_set_where_made(self, thing: Expression, code: Code) -> bool:
        """Whether the function that made the object has set it so before it stored it: `sock.setblocking(False)`,
        then `self.sock = sock`."""
        for value in self._evaluator.values(thing, code):
            site = value.site if isinstance(value, Instance) else None
            if site is None:
                continue
            names = [
                name
                for name, bindings in site.code.scope.bindings.items()
                if any(binding.value is site.call and not binding.path for binding in bindings)
            ]
            if any(_sets_not_to_wait(other, name) for name in names for other in site.code.scope.calls):
                return True
        return False

    def _handed(self, name: Name, code: Code) -> Iterator[tuple[Expression, Code]]:
        """What the callers of the function pass for one of its parameters."""
        parameter = next((p for p in code.scope.parameters if p.name == name.id), None)
        if parameter is None:
            return
        for edge in self._graph.callers.get(code, ()):
            bound = isinstance(edge.value, (Bound, ClassOf, Instance))
            passed = matching(merged(edge.value, edge.site.call), code, parameter, is_bound=bound)
            if passed is not None:
                yield passed, edge.caller

    def _is_a_datagram(self, code: Code, site: CallSite, fact: CallFact) -> bool:
        """Connecting a datagram socket only notes the address."""
        function = site.call.function
        if not may("connects", fact.name.rpartition(".")[2]) or not isinstance(function, Attribute):
            return False
        for value in self._evaluator.values(function.value, code).used():
            made = value.site.call if isinstance(value, Instance) and value.site is not None else None
            if isinstance(made, Call) and any(spelled(a.value).endswith("SOCK_DGRAM") for a in made.arguments):
                return True
        return False

    def _takes_new_lock(self, code: Code, site: CallSite) -> bool:
        """The first taking of a lock made a moment ago: `lock = Lock()`, `lock.acquire()`."""
        function = site.call.function
        if not isinstance(function, Attribute) or function.attr != "acquire":
            return False
        made = [order for value, order in _stored(function.value, code) if value is not None and order < site.order]
        if not made:
            return False
        kinds = {self._evaluator.kind(value) for value in self._evaluator.values(function.value, code).used()}
        between = [
            other
            for other in code.scope.calls
            if max(made) < other.order < site.order
            and isinstance(other.call.function, Attribute)
            and other.call.function.attr == "acquire"
            and _receiver(other) == _receiver(site)
        ]
        return kinds == {"lock"} and not between

    # the coroutine

    def is_provided_for(self, code: Code, site: CallSite, last: CallSite) -> bool:
        """Whether the coroutine `code` has seen to it that the call at `site` finds `last` ready, or awaits it."""
        return self._is_asked_first(code, last) or self._is_awaited_later(code, site) or self._has_finished(code, site)

    @staticmethod
    def _is_asked_first(code: Code, last: CallSite) -> bool:
        """Whether it asks the very object if it is ready: `while q.empty(): await …`, then `q.get()`."""
        receiver = _receiver(last)
        return bool(receiver) and any(
            isinstance(part, Call)
            and isinstance(part.function, Attribute)
            and may("asks-state", part.function.attr)
            and spelled(part.function.value) == receiver
            for branch in code.scope.branches
            for part in walk(branch.test)
        )

    def _is_awaited_later(self, code: Code, site: CallSite) -> bool:
        """Whether the result is bound to a name that is awaited: then the call gave something to wait for."""
        names = {
            name
            for name, bindings in code.scope.bindings.items()
            if any(binding.value is site.call and not binding.path for binding in bindings)
        }
        names |= {
            other.call.function.value.id
            for other in code.scope.calls
            if isinstance(other.call.function, Attribute)
            and isinstance(other.call.function.value, Name)
            and other.call.function.attr == "append"
            and any(argument.value is site.call for argument in other.call.arguments)
        }
        return any(
            isinstance(part, Name) and part.id in names
            for awaited in code.scope.awaits
            if awaited.value is not None
            for part in self._waited_for(awaited.value, code)
        )

    def _waited_for(self, value: Expression, code: Code) -> Iterator[Expression]:
        """`future` of `await future`, `futures` of `await gather(*futures)`."""
        yield value
        if isinstance(value, Call):
            names = {library_name(v) for v in self._evaluator.values(value.function, code)}
            if any(has("gathers", name) for name in names):
                for argument in value.arguments:
                    yield argument.value.value if isinstance(argument.value, Star) else argument.value

    @staticmethod
    def _has_finished(code: Code, site: CallSite) -> bool:
        """Whether a thread is joined that was given something which has been awaited since."""
        function = site.call.function
        if not isinstance(function, Attribute) or function.attr != "join" or not isinstance(function.value, Name):
            return False
        handed = {
            part.id
            for binding in code.scope.bindings.get(function.value.id, ())
            if isinstance(binding.value, Call)
            for part in walk(binding.value)
            if isinstance(part, Name)
        }
        return any(
            awaited.order < site.order and awaited.value is not None and handed & _first_names(awaited.value)
            for awaited in code.scope.awaits
        )


def _takes_what_was_put(code: Code, site: CallSite) -> bool:
    """Whether the function has put something there itself, that nothing else here has taken: `q.put(x)`, `q.get()`."""
    receiver = _receiver(site)
    if not receiver or not isinstance(site.call.function, Attribute) or site.call.function.attr != "get":
        return False
    before = [
        other.call.function.attr
        for other in code.scope.calls
        if isinstance(other.call.function, Attribute)
        and other.order < site.order
        and _receiver(other) == receiver
        and other.context.blocks == site.context.blocks[: len(other.context.blocks)]
    ]
    return before.count("put") + before.count("put_nowait") > before.count("get")


def _sets_not_to_wait(site: CallSite, receiver: str) -> bool:
    """Whether a call sets the thing of that spelling not to wait."""
    function, arguments = site.call.function, site.call.arguments
    if not isinstance(function, Attribute) or not may("sets-waiting", function.attr):
        return False
    if spelled(function.value) != receiver or len(arguments) != 1:
        return False
    told = arguments[0].value
    return isinstance(told, Constant) and not told.value and told.value is not None


def _is_told(passed: Expression, value: str, code: Code, site: CallSite) -> bool:
    """Whether an argument is the text `value`, or was found to be: `if host == "localhost":`."""
    options = [one for o in _options(passed, code) for one in (o.values if isinstance(o, Logic) else (o,))]
    if any(isinstance(option, Constant) and option.value == value for option in options):
        return True

    def asked(test: Expression) -> bool | None:
        if not isinstance(test, Compare) or len(test.rest) != 1 or not spelled(passed):
            return None
        operator, right = test.rest[0]
        sides = (test.left, right)
        if not any(isinstance(side, Constant) and side.value == value for side in sides):
            return None
        if not any(spelled(side) == spelled(passed) for side in sides):
            return None
        return {"Equal": True, "NotEqual": False}.get(operator)

    return holds(site.context.conditions, code, asked)


def _first_names(expression: Expression) -> set[str]:
    """`future` of `await future`, `event` of `await event.wait()`."""
    if isinstance(expression, Call) and isinstance(expression.function, Attribute):
        expression = expression.function.value
    return {expression.id} if isinstance(expression, Name) else set()


def _receiver(site: CallSite) -> str:
    function = site.call.function
    return spelled(function.value) if isinstance(function, Attribute) else ""


def _sharers(value: Expression, code: Code) -> Iterator[Code]:
    """The code objects in which the spelling of `value` means the same object."""
    home: Code | None = None
    if isinstance(value, Attribute) and isinstance(value.value, Name):
        home = is_self(code, value.value.id)
    elif isinstance(value, Name):
        home = holder(code, value.id) or code.module.body
    yield from home.family() if home is not None else (code,)


def _stored(target: Expression, code: Code) -> Iterator[tuple[Expression | None, int]]:
    """What the code itself stores under a name or attribute, and when."""
    if isinstance(target, Name):
        for binding in code.scope.bindings.get(target.id, ()):
            if binding.kind == "assign":
                yield binding.value, binding.order
    for access in code.scope.accesses:
        if access.kind == "write" and spelled(access.target) == spelled(target):
            yield access.value, access.order


def _bound(name: str, code: Code) -> list[Binding]:
    home = holder(code, name) or code.module.body
    return [b for b in home.scope.bindings.get(name, ()) if not b.path and b.value is not None]


def _options(expression: Expression, code: Code, hops: int = 0) -> list[Expression]:
    """The expressions that a name may be bound to, else the expression itself."""
    bindings = _bound(expression.id, code) if isinstance(expression, Name) and hops < _MOST_HOPS else []
    if len(bindings) != 1:
        return [expression]
    return [option for b in bindings if b.value is not None for option in _options(b.value, code, hops + 1)]


def _spellings(expression: Expression, code: Code, hops: int = 0) -> set[str]:
    """The dotted names in an expression and in what its names are bound to."""
    found: set[str] = set()
    for part in walk(expression):
        if isinstance(part, (Name, Attribute)):
            found.add(spelled(part))
        if isinstance(part, Name) and hops < _MOST_HOPS:
            for binding in _bound(part.id, code):
                if binding.value is not None:
                    found |= _spellings(binding.value, code, hops + 1)
    return found
