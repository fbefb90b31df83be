"""A judgement: a rule whose question is put to a measured run, and answered with figures."""

from collections.abc import Callable, Iterable, Iterator

from concurlint.finding import Step
from concurlint.rule import Entry
from concurlint.runtime.predict import Prediction
from concurlint.verdicts.case import Case
from concurlint.verdicts.measured import Place
from concurlint.verdicts.verdict import Figure, Seconds, Verdict

Question = Callable[[Case], Iterator[Verdict]]


class Judgement(Entry):
    """One verdict of the catalogue; `question` attaches what it asks of the case."""

    _question: Question | None = None

    def question(self, function: Question) -> Question:
        """Make `function` what this judgement asks; it takes the case and yields verdicts."""
        self._question = function
        return function

    def ask(self, case: Case) -> Iterator[Verdict]:
        """The verdicts on this case."""
        if self._question is not None:
            yield from self._question(case)

    def verdict(
        self,
        case: Case,
        place: Place | None,
        message: str,
        *,
        figures: Iterable[Figure],
        instead: str,
        why: str,
        help: str,
        predictions: Iterable[Prediction] = (),
        saves: tuple[Seconds, Seconds] | None = None,
        trace: Iterable[Step] = (),
    ) -> Verdict:
        """A verdict on the line of `place`; without `saves` they follow from the first prediction."""
        found = tuple(predictions)
        if saves is None:
            saves = (max(0.0, found[0].now - found[0].high), max(0.0, found[0].now - found[0].low)) if found else (0, 0)
        return Verdict(
            finding=self.finding(case.span(place), message, help=help, trace=trace),
            figures=tuple(figures),
            instead=instead,
            why=why,
            predictions=found,
            saves=saves,
        )
