"""Which record every way to another, or out of the function, comes by."""

from collections.abc import Collection

from concurlint.effects.flow.cfg import Cfg


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
