"""Extension modules that turn the GIL of a free-threaded build on again."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.races.gil import GilReliance
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL703", "extension-may-enable-gil", Level.ADVICE)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for code, at, package in program[GilReliance].extensions():
        yield rule.finding(
            code.span(at),
            f"importing {package} may turn the GIL on again: it is not known to run without",
            help="see whether its newest release supports free threading; `python -X gil=0` at your own risk",
        )
