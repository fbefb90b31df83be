"""Who calls whom, and whether the body of what is called runs right there."""

from pathlib import Path

import pytest

from tests.linked import Files, Linked, dotted, link


def edges(linked: Linked, caller: str = "main", module: str = "app") -> list[str]:
    """The calls in one function, in order: what is reached, in brackets where its body does not run there."""
    found = linked.graph.edges[linked.code(caller, module)]
    return [dotted(edge.callee) if edge.runs else f"({dotted(edge.callee)})" for edge in found]


def reached(tmp_path: Path, text: str, caller: str = "main") -> list[str]:
    return edges(link(tmp_path, {"app.py": text}), caller)


WORK = """
from functools import partial


def work(*args):
    pass


class Store:
    def __init__(self):
        work()

    def save(self):
        self._write()

    def _write(self):
        pass

    @property
    def size(self):
        return work()

    @staticmethod
    def check():
        pass

    @classmethod
    def make(cls):
        return cls()

    def __call__(self):
        pass


class Quick(Store):
    def _write(self):
        super()._write()


class Plain:
    pass


"""


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("work()", ["app.work"]),
        ("alias = work\n    alias()", ["app.work"]),
        ("partial(work, 1)()", ["app.work"]),
        ("(lambda: work())()", ["app.main.<lambda>"]),
        ("Store()", ["app.Store.__init__"]),
        ("Quick()", ["app.Store.__init__"]),
        ("Plain()", []),
        ("Store.check()", ["app.Store.check"]),
        ("Store.make()", ["app.Store.make"]),
        ("Store.make().save()", ["app.Store.save", "app.Store.make"]),
        ("unknown()", []),
        ("len([])", []),
        ("sorted(rows(), key=work)", ["app.work"]),
        ("list(map(work, rows()))", ["app.work"]),
        ("map(work, rows())", []),
    ],
)
def test_a_call_leads_to_the_function_it_runs(tmp_path: Path, call: str, expected: list[str]):
    assert sorted(reached(tmp_path, f"{WORK}def main():\n    {call}\n")) == sorted(expected)


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("store.save()", ["app.Store.save"]),
        ("store()", ["app.Store.__call__"]),
        ("store.size", ["app.Store.size"]),
        ("print(store.size)", ["app.Store.size"]),
        ("save = store.save\n    save()", ["app.Store.save"]),
        ("getattr(store, 'save')()", ["app.Store.save"]),
    ],
)
def test_methods_and_properties_of_objects_are_calls(tmp_path: Path, use: str, expected: list[str]):
    assert reached(tmp_path, f"{WORK}def main(store: Store):\n    {use}\n") == expected


def test_self_and_super_lead_into_the_class_and_above_it(tmp_path: Path):
    linked = link(tmp_path, {"app.py": WORK})
    assert edges(linked, "Store.save") == ["app.Store._write"]
    assert edges(linked, "Quick._write") == ["app.Store._write"]


def test_a_callback_is_called_where_the_parameter_is(tmp_path: Path):
    text = f"{WORK}def run(callback):\n    callback()\n\n\ndef main():\n    run(work)\n"
    linked = link(tmp_path, {"app.py": text})
    assert edges(linked, "main") == ["app.run"]
    assert edges(linked, "run") == ["app.work"]


def test_a_decorator_is_called_with_what_it_decorates(tmp_path: Path):
    text = "def register(function):\n    here = function\n    return function\n\n\n@register\ndef main():\n    pass\n"
    linked = link(tmp_path, {"app.py": text})
    assert edges(linked, "app") == ["app.register"]
    assert linked.here() == "def app.main | ?"


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("await fetch()", ["app.fetch"]),
        ("task = fetch()\n    await task", ["(app.fetch)"]),
        ("fetch()", ["(app.fetch)"]),
        ("return fetch()", ["(app.fetch)"]),
        ("await asyncio.gather(fetch(), fetch())", ["(app.fetch)", "(app.fetch)"]),
        ("asyncio.create_task(fetch())", ["(app.fetch)"]),
    ],
)
def test_the_body_of_a_coroutine_runs_where_it_is_awaited(tmp_path: Path, use: str, expected: list[str]):
    text = f"import asyncio\n\n\nasync def fetch():\n    pass\n\n\nasync def main():\n    {use}\n"
    assert reached(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("use", "expected"),
    [
        ("for row in rows():\n        pass", ["app.rows"]),
        ("[row for row in rows()]", ["app.rows"]),
        ("rows()", ["(app.rows)"]),
        ("return rows()", ["(app.rows)"]),
        ("with session():\n        pass", ["app.session"]),
        ("with session() as s, session():\n        pass", ["app.session", "app.session"]),
        ("session()", ["(app.session)"]),
        ("for row in session():\n        pass", ["(app.session)"]),
    ],
)
def test_the_body_of_a_generator_runs_where_it_is_consumed(tmp_path: Path, use: str, expected: list[str]):
    text = (
        "from contextlib import contextmanager\n\n\ndef rows():\n    yield 1\n\n\n"
        f"@contextmanager\ndef session():\n    yield\n\n\ndef main():\n    {use}\n"
    )
    assert reached(tmp_path, text) == expected


FILES: Files = {
    "app.py": "from pkg import save\n\n\ndef main():\n    save(1)\n",
    "pkg/__init__.py": "from .store import save\n",
    "pkg/store.py": "import pkg.disk as disk\n\n\ndef save(value):\n    disk.write(value)\n",
    "pkg/disk.py": "def write(value):\n    open('f', 'w').write(value)\n",
}


def test_calls_are_followed_from_module_to_module_and_back_to_the_callers(tmp_path: Path):
    linked = link(tmp_path, FILES)
    assert edges(linked, "main") == ["pkg.store.save"]
    assert edges(linked, "save", "pkg.store") == ["pkg.disk.write"]
    write = linked.code("write", "pkg.disk")
    assert [dotted(edge.caller) for edge in linked.graph.callers[write]] == ["pkg.store.save"]


def test_library_calls_are_noted_under_their_public_names(tmp_path: Path):
    linked = link(tmp_path, FILES)
    names = [name for _, name, _ in linked.graph.libraries[linked.code("write", "pkg.disk")]]
    assert sorted(names) == ["builtins.file.write", "builtins.open"]


def test_all_functions_a_call_may_reach_are_reached(tmp_path: Path):
    text = f"{WORK}def main(fast):\n    store = Quick() if fast else Store()\n    store._write()\n"
    assert sorted(reached(tmp_path, text)) == [
        "app.Quick._write", "app.Store.__init__", "app.Store.__init__", "app.Store._write",
    ]  # fmt: skip


def test_recursion_is_an_edge_like_any_other(tmp_path: Path):
    assert reached(tmp_path, "def main(n):\n    return main(n - 1) if n else 0\n") == ["app.main"]


def test_without_a_module_nothing_leads_into_it_or_out_of_it(tmp_path: Path):
    linked = link(tmp_path, FILES)
    smaller = linked.graph.without([linked.module("pkg.store")])
    assert [edge.callee for edge in smaller.edges[linked.code("main")]] == []
    assert smaller.callers.get(linked.code("write", "pkg.disk")) == []
    assert linked.code("save", "pkg.store") not in smaller.edges
    assert edges(linked, "main") == ["pkg.store.save"]
