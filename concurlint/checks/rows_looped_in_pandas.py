"""Rows of a frame taken one by one for what whole columns can do."""

from collections.abc import Iterator

from concurlint.effects.dataframes.loops import RowByRow, RowLoops
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL604", "rows-looped-in-pandas", Level.ADVICE, anywhere=True, in_use=True)

_WAYS = {
    "iterrows": "a loop over `iterrows` makes a Series of each row for work that columns do at once",
    "itertuples": "a loop over `itertuples` takes rows one by one for work that columns do at once",
    "index": "a loop over the index looks up cells one by one for work that columns do at once",
    "apply": "`apply` over `axis=1` makes a Series of each row for work that columns do at once",
}
_LONGEST = 110


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[RowLoops].row_by_row():
        trace: tuple[Step, ...] = ()
        if found.applied is not None:
            trace = (Step(found.applied.span(found.applied.scope.at), f"`{found.applied.qualname}` runs for each row"),)
        yield rule.finding(found.code.span(found.at), _WAYS[found.how], help=_remedy(found), trace=trace)


def _remedy(found: RowByRow) -> str:
    remedies = [one for one in found.remedies if len(one) <= _LONGEST]
    if not remedies:
        return f"operate on the columns: {found.tool}"
    frame = "" if found.named else ", `frame` being what is looped over"
    others = ", and the others likewise" if len(found.outcomes) > 1 else ""
    return f"`{remedies[0]}`{frame}{others}"
