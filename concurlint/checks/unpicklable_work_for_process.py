"""Work or arguments for another process that cannot be pickled, and so never get there."""

from collections.abc import Iterator

from concurlint.effects.processes.transfer import Transfer, Unsendable
from concurlint.effects.processes.unpicklable_errors import UnpicklableErrors
from concurlint.effects.program import Program
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL102", "unpicklable-work-for-process", Level.ERROR)

_REMEDIES = {
    "lambda": "write it as a function at the top level of its module",
    "nested": "move it to the top level of its module and pass it what it needs as arguments",
    "class": "move the class to the top level of its module",
    "generator": "pass a list, or the arguments to make the generator from",
    "coroutine": "pass the function and its arguments, and run it there with `asyncio.run`",
    "module": "import the module in the worker",
    "shared": "give it to the workers through `initializer=` and `initargs=`, or use one of a `Manager()`",
    "object": "make it in the worker, from a name or an address that is passed",
}


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for sent in program[Transfer].unsendable():
        held = sent.refusal.attribute
        remedy = _REMEDIES[sent.refusal.kind]
        if held and sent.is_work:
            remedy = "use a function that gets just the values it needs, or leave the attribute out in `__getstate__`"
        yield rule.finding(sent.code.span(sent.at.at), _says(sent), help=remedy, trace=sent.steps())

    for error in program[UnpicklableErrors].all():
        yield rule.finding(
            error.code.span(error.at),
            f"`{error.cls.name}` cannot be made again in the parent: {_count(error.wanted)} wanted, {error.kept} kept",
            help="hand all arguments on to `super().__init__`, or write a `__reduce__`; a pool's parent waits for ever",
            trace=error.steps(),
        )


def _count(arguments: int) -> str:
    return "1 argument is" if arguments == 1 else f"{arguments} arguments are"


def _says(sent: Unsendable) -> str:
    refusal, named = sent.refusal, spelled(sent.at) or "this object"
    if refusal.attribute:
        if sent.is_work and "." in named:
            return f"`{named}` takes its object along, and `{refusal.attribute}` of that cannot be pickled"
        return f"`{named}` holds `{refusal.attribute}`, which cannot be pickled for another process"
    if refusal.kind in ("nested", "class"):
        return f"{refusal.what} is defined inside a function, so it cannot be pickled for another process"
    if refusal.kind == "shared":
        return f"{refusal.what} gets to workers when they start, never as an argument of a task"
    return f"{refusal.what} cannot be pickled, so `{sent.taker}` cannot send it to another process"
