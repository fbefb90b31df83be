"""An executor that nobody shuts down, or that some way out of its function leaves open."""

from collections.abc import Iterator

from concurlint.effects.program import Program
from concurlint.effects.resources import Resources
from concurlint.facts.syntax import spelled
from concurlint.finding import Finding, Level
from concurlint.rule import Rule

rule = Rule[Program]("CCL206", "executor-never-shut-down", Level.WARNING, in_use=True)


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for left in program[Resources].left_open("shutdown"):
        if left.code.scope.kind == "module":
            continue  # it serves as long as the program runs, and is joined when that ends
        if any(site.call is left.call and site.dropped for site in left.code.scope.calls):
            continue  # an executor starts no worker before it gets work
        made = spelled(left.call.function).rpartition(".")[2] or "the executor"
        named = f"`{left.name[:20]}`" if left.name else f"this `{made}`" if len(made) <= 20 else "this executor"
        if left.gap is None:
            says = f"{named} is never shut down: its workers stay until the garbage collector finds it"
        else:
            says = f"{named} is not shut down on every way out: its workers then stay until it is collected"
        yield rule.finding(
            left.code.span(left.call.at),
            says,
            help=f"use `with {made}(…) as pool:`, or call `shutdown()` in a `finally`",
            trace=left.steps(),
        )
