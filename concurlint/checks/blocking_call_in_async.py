"""A call in a coroutine that blocks the event loop, directly or through functions of the project."""

from collections import Counter
from collections.abc import Iterator

from concurlint.effects.blocking.calls import BlockingCalls
from concurlint.effects.blocking.company import Company
from concurlint.effects.program import Program
from concurlint.facts.syntax import Attribute, spelled
from concurlint.finding import Finding, Level, Weight
from concurlint.project.modules import Code, Module
from concurlint.remedies.coroutines import instead_of
from concurlint.rule import Rule

_PLACES = 3
"""So many calls of one file that lead into one class that blocks are told: it is one thing to mend, however many lead
there. Each file has its own, for what is told elsewhere may be silenced, held back in a test, or not asked for."""

rule = Rule[Program]("CCL501", "blocking-call-in-async", Level.WARNING, fixable=True, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    company = program[Company]
    found = list(program[BlockingCalls].on_loops())
    told = {id(site.call) for _, site, _ in found}
    led: Counter[tuple[Module, Code]] = Counter()
    for code, site, blocking in found:
        function = site.call.function
        if isinstance(function, Attribute) and id(function.value) in told:
            continue  # `urlopen(url).read()` goes to a thread as a whole
        if program.roles.runs_loop(blocking.name):
            continue  # it does not block but raises: CCL507
        direct = len(blocking.chain) == 1
        called = spelled(site.call.function) or blocking.name
        what = f"`{called}` blocks" if direct else f"`{called}` calls `{blocking.name}`, which blocks"
        weight = company.weight(code, site, blocking)
        if not direct and weight is Weight.HIGH:
            last = blocking.chain[-1][0]
            end = (code.module, last.owner or last)
            led[end] += 1
            weight = weight if led[end] <= _PLACES else Weight.LOW
        yield rule.finding(
            code.span(site.call.at),
            f"{what} the event loop"
            if len(what) < 80 and called != blocking.name
            else f"`{called}` blocks the event loop",
            help=instead_of(program, code, site, blocking),
            trace=() if direct else blocking.steps()[1:],
            weight=weight,
        )
