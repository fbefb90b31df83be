"""Locks that a project's decorators hold around the functions they decorate."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from concurlint.effects.calls.access_paths import Path, path_of
from concurlint.effects.lockset.address import Lock, LockAddresses
from concurlint.effects.lockset.events import Take
from concurlint.effects.lockset.held import NOTHING_HELD, State, joined
from concurlint.effects.program import Program
from concurlint.facts.records import CallSite
from concurlint.facts.syntax import Call, Expression, Name
from concurlint.project.arguments import matching
from concurlint.project.modules import Code
from concurlint.project.values import Function, Site

Before = Callable[[Code, int], State | None]
"""The locks of a function at one of its records."""


@dataclass(frozen=True, slots=True)
class _Wrapping:
    """A decorator on a function: the makers of the wrapper, outermost first, and the wrapper with its call of it."""

    decorator: Expression
    makers: tuple[Code, ...]
    wrapper: Code
    sites: tuple[CallSite, ...]


class DecoratorLocks:
    """Looks into the wrappers that decorators put around functions."""

    def __init__(self, program: Program) -> None:
        self._evaluator = program.evaluator
        self._addresses = program[LockAddresses]

    def around(self, code: Code, before: Before) -> list[Take]:
        """What is taken before a function is entered, and held until it has returned."""
        return [take for wrapping in self._wrappings(code) for take in self._held(wrapping, code, before)]

    def wrappers(self, code: Code) -> set[Code]:
        """The functions that decorators put around a function and that call it."""
        return {wrapping.wrapper for wrapping in self._wrappings(code)} if code.scope.decorators else set()

    def _wrappings(self, code: Code) -> Iterator[_Wrapping]:
        for decorator in reversed(code.scope.decorators):
            made_by = decorator.function if isinstance(decorator, Call) else decorator
            for value in self._evaluator.values(made_by, code.parent or code):
                if not isinstance(value, Function) or value.code.is_async:
                    continue
                outer = value.code
                inner = outer.children if isinstance(decorator, Call) else [outer]
                for maker in inner:
                    names = {parameter.name for parameter in maker.scope.parameters}
                    makers = (outer, maker) if maker is not outer else (outer,)
                    for wrapper in maker.children:
                        sites = tuple(s for s in wrapper.scope.calls if _is_one_of(s.call.function, names))
                        if sites:
                            yield _Wrapping(decorator, makers, wrapper, sites)

    def _held(self, wrapping: _Wrapping, code: Code, before: Before) -> Iterator[Take]:
        # a coroutine runs when it is awaited, a generator when somebody wants an item
        runs = [s for s in wrapping.sites if not code.scope.is_generator and (s.awaited or not code.is_async)]
        states = [before(wrapping.wrapper, site.order) for site in runs]
        known = [state for state in states if state is not None]
        state: State = known[0] if known else NOTHING_HELD
        for other in known[1:]:
            state = joined(state, other)
        for held in state.values():
            lock = self._inside(held.lock, wrapping, code)
            if held.most > 0:
                hold = next(iter(held.by)) if len(held.by) == 1 else None
                yield Take(0, lock, max(0, held.least), held.most, replace(hold, lock=lock) if hold else None)

    def _inside(self, lock: Lock, wrapping: _Wrapping, code: Code) -> Lock:
        """A lock of the wrapper as the function in it gets at it."""
        path = lock.token
        if isinstance(path, Site) or path.kind == "global":
            return lock
        inner = self._path(path, wrapping, code) if lock.is_sure else None
        if inner is not None:
            return self._addresses.at_path(inner, lock)
        return replace(lock, token=Path("local", code, lock.spelling), is_sure=False)

    def _path(self, path: Path, wrapping: _Wrapping, code: Code) -> Path | None:
        """What the wrapper was called with, or its decorator; what the decorator makes is there for each function."""
        if path.home is wrapping.wrapper:
            first = next(iter(path.home.scope.parameters), None)
            own = code.self_name()
            if first is None or own is None or path.name != first.name or code.owner is None:
                return None
            attrs = path.attrs if first.kind == "positional" else path.attrs[1:] if path.attrs[:1] == ("[0]",) else ()
            return Path("self", code.owner, "", attrs) if attrs else None
        if path.home not in wrapping.makers:
            return path
        passed = _passed(path.name, path.home, wrapping.decorator)
        if passed is None:
            return replace(path, kind="local", home=code)
        outer = path_of(passed, code.parent or code, self._evaluator)
        return outer.then(path.attrs) if outer is not None else None


def _passed(name: str, maker: Code, decorator: Expression) -> Expression | None:
    """What a decorator is called with for one of its parameters."""
    parameter = next((p for p in maker.scope.parameters if p.name == name), None)
    if parameter is None or not isinstance(decorator, Call):
        return None
    return matching(decorator, maker, parameter, is_bound=False)


def _is_one_of(expression: Expression, names: set[str]) -> bool:
    return isinstance(expression, Name) and expression.id in names
