"""Which record every way to another, or out of the function, comes by."""

from collections.abc import Collection, Iterator

from concurlint.effects.flow.cfg import Cfg
from concurlint.facts.records import CallSite, Context, Loop, Scope


def dominates(cfg: Cfg, first: int, then: int) -> bool:
    """Whether every way to `then` has done `first` before, without an exception; also where no way leads there."""
    return passes(cfg, {first}, then)


def passes(cfg: Cfg, some: Collection[int], then: int) -> bool:
    """Whether every way to `then` has done one of `some` before, each way perhaps another."""
    return then not in cfg.from_start(avoiding=some)


def postdominates(cfg: Cfg, last: int, first: int, *, also_raising: bool = False) -> bool:
    """Whether every way from `first` (done without an exception) out of the function comes by `last`.

    Ways out by an exception count only if `also_raising`; a way that never ends does not count.
    """
    return leaves_through(cfg, {last}, first, also_raising=also_raising)


def leaves_through(cfg: Cfg, some: Collection[int], first: int, *, also_raising: bool = False) -> bool:
    """Whether every way from `first` out of the function comes by one of `some`, each way perhaps another."""
    reach = cfg.after(first, avoiding=some)
    return not reach.returns and not (also_raising and reach.raises)


def are_apart(cfg: Cfg, one: int, other: int) -> bool:
    """Whether no run comes to both records."""
    return other not in cfg.after(one) and one not in cfg.after(other)


def comes_after(cfg: Cfg, then: int, first: int) -> bool:
    """Whether `then` may come after `first`, and never does before it."""
    return then in cfg.after(first) and first not in cfg.after(then)


def sure_records(scope: Scope, site: CallSite, start: Context) -> Iterator[int]:
    """A call with the loops and tests around it that do not stand around `start`: whoever comes there does it.

    So a loop that waits for threads waits for all that another loop has started, and `if thread: thread.join()` does.
    """
    yield site.order
    yield from (scope.loops[number].order for number in site.context.loops if number not in start.loops)
    within = set(site.context.blocks) - set(start.blocks)
    yield from (branch.order for branch in scope.branches if {branch.body, branch.orelse} & within)


def in_one_turn(cfg: Cfg, loop: Loop, first: int, then: int) -> bool:
    """Whether a record may come after another before the loop around turns again, or is left and entered anew."""
    return then in cfg.after(first, avoiding={loop.order})


def may_turn_again(cfg: Cfg, loop: Loop, order: int) -> bool:
    """Whether a loop may go on after a record, as far as nothing fails."""
    return loop.order in cfg.after(order, follow=lambda edge: edge.raised is None)
