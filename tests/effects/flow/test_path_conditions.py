"""Which tests have come out one way on every way to a place."""

from textwrap import indent

import pytest

from concurlint.effects.flow.cfg import Cfg
from concurlint.effects.flow.path_conditions import path_conditions
from concurlint.facts.syntax import Name
from tests.flows import scopes


def known(body: str) -> str:
    """`ok` where the name is surely true at the call of `here`, `not ok` where it is surely false."""
    scope = scopes("def main(ok, last):\n" + indent(body, "    "))[1]
    order = next(site.order for site in scope.calls if getattr(site.call.function, "id", "") == "here")
    bound = [binding.order for binding in scope.bindings["ok"] if binding.kind != "parameter"]
    found = path_conditions(Cfg(scope), order, lambda test: isinstance(test, Name) and test.id == "ok", bound)
    return ", ".join("ok" if condition.holds else "not ok" for condition in found)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("if ok:\n    here()\n", "ok"),
        ("if not ok:\n    here()\n", "not ok"),
        ("if ok:\n    pass\nhere()\n", ""),
        ("if not ok:\n    return\nhere()\n", "ok"),
        ("if not ok:\n    if last:\n        return\nhere()\n", ""),
        ("if not ok:\n    if last:\n        return\n    raise ValueError\nhere()\n", "ok"),
        ("assert ok\nhere()\n", "ok"),
        ("assert ok and last\nhere()\n", "ok"),
        ("assert ok or last\nhere()\n", ""),
        ("for one in last:\n    if not ok:\n        continue\n    here()\n", "ok"),
        ("while not ok:\n    ok = last()\nhere()\n", "ok"),
        ("assert ok\nok = last\nhere()\n", ""),
        ("for one in last:\n    assert ok\n    here()\n    ok = one\n", "ok"),
        ("assert ok\nfor one in last:\n    here()\n    ok = one\n", ""),
        ("try:\n    assert ok\nexcept AssertionError:\n    return\nhere()\n", "ok"),
        ("try:\n    assert ok\nexcept AssertionError:\n    pass\nhere()\n", ""),
        ("x = last if ok else here()\n", "not ok"),
        ("return\nassert ok\nhere()\n", ""),
    ],
)
def test_what_every_way_has_tested_holds_until_the_name_is_bound_anew(body: str, expected: str):
    assert known(body) == expected
