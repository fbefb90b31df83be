"""The start method of the whole program chosen while a file is imported, or a second time."""

from collections.abc import Iterator

from concurlint.effects.processes.start_method_choice import StartMethodChoices
from concurlint.effects.program import Program
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL110", "start-method-set-at-import", Level.WARNING)

_SAYS = {
    "imported": "importing this file chooses the start method of every program that does",
    "children": "each child process runs this line again, which raises `RuntimeError` there",
    "twice": "the start method is chosen a second time, which raises `RuntimeError`",
}


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for setting in program[StartMethodChoices].misplaced():
        yield rule.finding(
            setting.code.span(setting.site.call.at),
            _SAYS[setting.why],
            help='choose it once, under `if __name__ == "__main__":`, or use `get_context(…)` where it matters',
            trace=setting.steps,
        )
