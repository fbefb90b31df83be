"""Regular expressions made from texts again and again that one made before does."""

from collections.abc import Iterator

from concurlint.effects.loops.regex import RegexInLoops, Remade
from concurlint.effects.program import Program
from concurlint.facts.unparse import written
from concurlint.finding import Finding, Level, Step
from concurlint.rule import Rule

rule = Rule[Program]("CCL605", "pattern-compiled-in-loop", Level.ADVICE, anywhere=True, in_use=True)

_LONGEST = 90


@rule.check
def check(program: Program) -> Iterator[Finding]:
    for found in program[RegexInLoops].remade():
        code, (caller, site) = found.code, found.caller or (found.code, found.site)
        round_ = f"call of `{code.name[-30:]}`" if found.caller else "turn of the loop around"
        said = f"the text of this pattern is put together anew in each {round_}"
        if found.item is not None:
            said = f"`{found.name}` gets the same patterns as texts again in each {round_}"
        step = Step(caller.span(found.again.at), "this loop repeats it")
        trace = (step, Step(caller.span(site.call.at), "the call in the loop")) if found.caller else (step,)
        yield rule.finding(code.span(found.site.call.at), said, help=_remedy(found), trace=trace)


def _remedy(found: Remade) -> str:
    where = "in the module" if found.caller else "before the loop"
    if found.item is None:
        return f"`re.compile` it once, {where}"
    items, made = written(found.item.iterable), found.pieces
    if found.tested and made is not None and items:
        flags = ", with its flags" if len(found.site.call.arguments) > 2 else ""
        if made.escaped and not made.before + made.after + flags and found.name == "re.search":
            return f"`{written(found.item.target)} in …` finds a plain text, quicker than any pattern"
        joined = f'"|".join({f"map(re.escape, {items})" if made.escaped else items})'
        if made.before or made.after:
            joined = f'r"{made.before}(?:" + {joined} + r"){made.after}"'
        if len(joined) <= _LONGEST and '"' not in made.before + made.after:
            return f"one pattern for all, {where}{flags}: `re.compile({joined})`"
    each = written(found.item.target)
    if made is not None and made.bare and items and each and len(items) < _LONGEST:
        return f"compile each once, {where}: `[re.compile({each}) for {each} in {items}]`"
    return f"compile each once, {where}, and keep them in a list"
