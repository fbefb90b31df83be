"""Names that are bound once, and names that hold what a call gives."""

from pathlib import Path

import pytest

from concurlint.facts.syntax import spelled
from concurlint.project.bindings import assigned_once, bound_once, is_passed_on, names_of
from tests.linked import link


@pytest.mark.parametrize(
    ("body", "kind", "value"),
    [
        ("it = one", "assign", "one"),
        ("it = one; it = two", None, ""),
        ("it += one", "augment", ""),
        ("it, other = one", "assign", ""),
        ("for it in one: ...", "for", ""),
        ("with one as it: ...", "with", ""),
        ("del it", "delete", ""),
        ("...", None, ""),
    ],
)
def test_one_plain_assignment_is_all_that_a_name_stands_for(tmp_path: Path, body: str, kind: str | None, value: str):
    code = link(tmp_path, {"app.py": f"def main():\n    {body}\n"}).code("main")
    binding, whole = bound_once("it", code), assigned_once("it", code)
    assert (binding.kind if binding is not None else None, spelled(whole) if whole is not None else "") == (kind, value)


def test_names_that_hold_a_result_hold_it_as_it_stands(tmp_path: Path):
    text = "def main():\n    a = make()\n    b = [make()]\n    c, d = make()\n    e = f = make()\n"
    code = link(tmp_path, {"app.py": text}).code("main")
    assert [list(names_of(site.call, code)) for site in code.scope.calls] == [["a"], [], [], ["e", "f"]]


def test_a_parameter_is_passed_on_if_it_is_never_bound_anew(tmp_path: Path):
    code = link(tmp_path, {"app.py": "def main(a, b):\n    b = a\n    c = b\n"}).code("main")
    assert [is_passed_on(name, code) for name in "abc"] == [True, False, False]
