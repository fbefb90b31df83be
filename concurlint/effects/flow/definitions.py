"""Which bindings of a name may hold at a place of its function: reaching definitions."""

from concurlint.effects.flow.cfg import Cfg
from concurlint.effects.flow.dataflow import Problem, forward
from concurlint.facts.records import Binding


def definitions(cfg: Cfg, name: str, order: int) -> tuple[frozenset[Binding], bool]:
    """The bindings of `name` that may hold where a record is come to, and whether there may be none yet or any more.

    Those in other scopes are not seen: a name of the module, or one that is `global` or `nonlocal` elsewhere, may
    have been bound there too. Nothing reaches a record that cannot be come to.
    """
    bindings = {b.order: b for b in cfg.scope.bindings.get(name, ()) if b.kind != "annotate"}
    unbound = 0
    problem = Problem(
        initial=frozenset({unbound}),
        join=frozenset.union,
        transfer=lambda at, _: frozenset({unbound if bindings[at].kind == "delete" else at}),
        at=bindings,
    )
    found = forward(cfg, problem).before(order) or frozenset()
    return frozenset(bindings[at] for at in found if at), unbound in found
