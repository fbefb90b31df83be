"""Which bindings of a name reach a place."""

from textwrap import indent

import pytest

from concurlint.effects.flow.cfg import Cfg
from concurlint.effects.flow.definitions import definitions
from tests.flows import scopes


def reaching(body: str, name: str = "it") -> str:
    """The lines of the bindings that reach the call of `here`; `?` where there may be none."""
    scope = scopes("def main(last):\n" + indent(body, "    "))[1]
    order = next(site.order for site in scope.calls if getattr(site.call.function, "id", "") == "here")
    found, may_be_unbound = definitions(Cfg(scope), name, order)
    return " ".join([*sorted(str(binding.at[0] - 1) for binding in found), *("?" * may_be_unbound)])


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("it = 1\nhere()\n", "1"),
        ("it = 1\nit = 2\nhere()\n", "2"),
        ("here()\nit = 1\n", "?"),
        ("if last:\n    it = 1\nhere()\n", "2 ?"),
        ("if last:\n    it = 1\nelse:\n    it = 2\nhere()\n", "2 4"),
        ("it = 1\nif last:\n    it = 2\n    return\nhere()\n", "1"),
        ("it = 1\nfor one in last:\n    here()\n    it = 2\n", "1 4"),
        ("for it in last:\n    pass\nhere()\n", "1 ?"),
        ("it = 1\ntry:\n    it = make()\nexcept ValueError:\n    here()\n", "1"),
        ("it = 1\ntry:\n    it = 2\n    make()\nfinally:\n    here()\n", "3"),
        ("it: int\nhere()\n", "?"),
        ("it = 1\ndel it\nhere()\n", "?"),
        ("while True:\n    it = 1\n    if last:\n        break\nhere()\n", "2"),
        ("match last:\n    case [it]:\n        pass\n    case _:\n        it = 2\nhere()\n", "2 5"),
        ("if (it := last):\n    here()\n", "1"),
        ("it = 1\nit += 1\nhere()\n", "2"),
        ("with last as it:\n    here()\n", "1"),
        ("return\nhere()\n", ""),
    ],
)
def test_a_binding_reaches_a_place_unless_another_comes_between(body: str, expected: str):
    assert reaching(body) == expected


def test_a_parameter_is_bound_from_the_start():
    assert reaching("here()\n", "last") == "0"
