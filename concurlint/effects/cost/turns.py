"""About how often loops turn, and over how many items."""

from __future__ import annotations

from concurlint.effects.cost.figures import Assumed
from concurlint.effects.cost.numbers import counts_items, ends_with_items, most_turns
from concurlint.effects.cost.sizes import Given, Size, Sizes
from concurlint.effects.program import Program
from concurlint.facts.records import Loop
from concurlint.facts.syntax import Attribute, Binary, Call, Compare, Expression, Name, spelled, walk
from concurlint.project.arguments import positional
from concurlint.project.callgraph import library_name
from concurlint.project.modules import Code


class Turns:
    """Counts by sizes that are stated or usual, and else by what is assumed."""

    def __init__(self, program: Program, assumed: Assumed) -> None:
        self._evaluator = program.evaluator
        self._sizes = program[Sizes]
        self._assumed = assumed

    def of(self, code: Code, loop: Loop, given: Given) -> float:
        """How often a loop of `code` turns in one run of it."""
        if loop.iterable is None:
            return 1.0
        if loop.kind == "while":
            count = self._rounds(code, loop, loop.iterable, given)
        else:
            over_text = self._assumed.guesses and self._sizes.is_over_text(loop, code)
            count = self.items(loop.iterable, code, given, over_text=over_text)
        return min(count, most_turns(loop, code, self._evaluator))

    def items(self, iterable: Expression, code: Code, given: Given, *, over_text: bool = False) -> float:
        """How many items there are to go through; `over_text`: each is a character."""
        size = self._sizes.of(iterable, code, given)
        if size is not None and (over_text or self._is_believed(size)):
            return size.units
        bound = self._bound(iterable, code)
        if bound is not None:
            few = not self._assumed.guesses and counts_items(bound, code)
            return self._assumed.items if few else self._assumed.range
        return self._assumed.units if over_text else self._assumed.items

    def units(self, size: Size | None) -> float | None:
        """How much there is of what a call works on, as far as one may say; None where nothing tells."""
        known = size is not None and (self._assumed.guesses or size.how == "stated")
        return size.units if size is not None and known else None

    def _is_believed(self, size: Size) -> bool:
        return size.how != "guessed" if self._assumed.guesses else size.how == "stated"

    def _bound(self, iterable: Expression, code: Code) -> Expression | None:
        """Where a range ends."""
        if not isinstance(iterable, Call):
            return None
        names = {library_name(value) for value in self._evaluator.values(iterable.function, code)}
        plain = [argument.value for argument in positional(iterable)]
        if "builtins.range" not in names or not plain:
            return None
        return plain[0] if len(plain) == 1 else plain[1]

    def _rounds(self, code: Code, loop: Loop, test: Expression, given: Given) -> float:
        """Of a `while`: as often as what its test counts, `while i < len(text)`; else what is usual."""
        tested = list(walk(test))
        for part in tested:
            if isinstance(part, Call) and spelled(part.function) == "len" and part.arguments:
                size = self._sizes.of(part.arguments[0].value, code, given)
                if size is not None and (self._assumed.guesses or self._is_believed(size)):
                    return size.units
                return self._assumed.units if self._assumed.guesses else self._assumed.items
        names = {part.id for part in tested if isinstance(part, Name)}
        if isinstance(test, Compare) and any(_counts(name, loop, test, code) for name in names):
            return max((given.numbers[n] for n in names if n in given.numbers), default=self._assumed.range)
        return self._assumed.items


def _counts(name: str, loop: Loop, test: Expression, code: Code) -> bool:
    """Whether each turn works out a number that the test asks about, which ends with no items."""
    return not ends_with_items(test, name, code) and any(
        binding.kind == "augment" or _is_worked_out(binding.value)
        for binding in code.scope.bindings.get(name, ())
        if loop.number in binding.context.loops
    )


def _is_worked_out(value: Expression | None) -> bool:
    if value is None or isinstance(value, (Attribute, Call)):
        return False
    return any(isinstance(part, Binary) for part in walk(value))
