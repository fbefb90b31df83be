"""Remedies as a line of code in the words of the program."""

from __future__ import annotations

from concurlint.effects.threads.fork_join import ForkJoin, bound_in
from concurlint.facts.syntax import Expression, Name, walk
from concurlint.facts.unparse import written

_LONGEST = 80


def executor_line(team: ForkJoin) -> str:
    """How an executor would run the threads of the team."""
    within = "`with ThreadPoolExecutor(max_workers=…) as pool: "
    if team.first.target is None:
        return f"{within}…` with what `{team.first.name}` does as a plain function"
    target = written(team.first.target) or "work"
    line = _mapped(team, target) or _submitted(team, target) or f"pool.submit({target}, …)"
    if len(line) > _LONGEST:
        line = f"pool.submit({target}, …)"
    return f"{within}{line}`"


def _mapped(team: ForkJoin, target: str) -> str:
    """`pool.map(work, items)`, where each thread gets just its item."""
    maker, loop = team.first, team.loop
    if maker.edge is not None or maker.made.named or len(team.makers) > 1:
        return ""
    passed = maker.made.passed
    if loop is None or loop.target is None or not _always(team):
        return ""
    items = written(loop.iterable)
    if items and len(passed) == 1 and written(passed[0]) == written(loop.target) != "":
        return f"results = list(pool.map({target}, {items}))"
    return ""


def _submitted(team: ForkJoin, target: str) -> str:
    """`[pool.submit(work, a, b) for a, b in items]`"""
    maker, loop = team.first, team.loop
    passed = [written(each) for each in maker.made.passed]
    passed += [f"{name}={text}" if (text := written(each)) else "" for name, each in maker.made.named.items()]
    if maker.edge is not None or not all(passed) or len(team.makers) > 1 or loop is None or loop.kind == "while":
        return ""
    made = bound_in(loop, team.code) - (_names(loop.target) if loop.target is not None else set())
    used = [*maker.made.passed, *maker.made.named.values(), *([maker.target] if maker.target else [])]
    items, each = written(loop.iterable), written(loop.target).removeprefix("(").removesuffix(")")
    if not items or not each or not _always(team) or any(_names(expression) & made for expression in used):
        return ""
    return f"futures = [pool.submit({', '.join([target, *passed])}) for {each} in {items}]"


def _always(team: ForkJoin) -> bool:
    """Whether each turn of the innermost loop makes a thread, and it is the only loop."""
    assert team.loop is not None
    site = team.first.site
    around = [number for number in site.context.loops if number not in team.first.join.context.loops]
    return len(around) == 1 and site.context.conditions == team.loop.context.conditions


def _names(expression: Expression) -> set[str]:
    return {part.id for part in walk(expression) if isinstance(part, Name)}
