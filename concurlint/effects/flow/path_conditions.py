"""What has come out one way on every way to a record: an early exit or `assert` counts like an `if` around it."""

from collections.abc import Callable, Collection, Iterator

from concurlint.effects.flow.cfg import Cfg, Edge
from concurlint.facts.flow import Way
from concurlint.facts.records import Condition
from concurlint.facts.syntax import Expression

_COMES_OUT = {Way.TRUE: True, Way.CASE: True, Way.FALSE: False, Way.NO_CASE: False}


def path_conditions(
    cfg: Cfg, order: int, asked: Callable[[Expression], bool], undone: Collection[int] = ()
) -> Iterator[Condition]:
    """The tests among those `asked` for that surely came out so before the record; none where no way leads there.

    `undone` are records after which a test says nothing any more, such as bindings of what was tested.
    """
    if order not in cfg.reachable:
        return
    groups: dict[tuple[int, bool], list[Edge]] = {}
    for edges in cfg.edges:
        for edge in edges:
            holds = _COMES_OUT.get(edge.way)
            if holds is not None and edge.test is not None and asked(edge.test):
                groups.setdefault((id(edge.test), holds), []).append(edge)
    for (_, holds), group in groups.items():
        if not _is_avoided(cfg, order, frozenset(group), undone):
            assert group[0].test is not None
            yield Condition(group[0].test, holds)


def _is_avoided(cfg: Cfg, order: int, group: frozenset[Edge], undone: Collection[int]) -> bool:
    """Whether a way leads there, from the start or from what undoes the test, that takes none of these edges."""

    def follow(edge: Edge) -> bool:
        return edge not in group

    return order in cfg.from_start(follow=follow) or any(order in cfg.after(at, follow=follow) for at in undone)
