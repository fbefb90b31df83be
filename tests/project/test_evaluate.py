"""What an expression may stand for: names, attributes, calls, methods, decorators, parameters."""

from pathlib import Path

import pytest

from tests.linked import link

STORES = """
import threading
from typing import Optional, Union


class Store:
    limit = 10
    lock = threading.Lock()

    def __init__(self):
        self.items = []
        self.guard = threading.RLock()

    def open(self):
        self.late = threading.Event()
        return self

    def name(self):
        return "store"


class Disk(Store):
    def __init__(self):
        super().__init__()
        self.guard = threading.Lock()

    def name(self):
        return super().name()


"""


def here(tmp_path: Path, text: str) -> str:
    return link(tmp_path, {"app.py": STORES + text}).here()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("here = 1", "1"),
        ("here = 'a'", "'a'"),
        ("here = f'{limit}'", "<builtins.str>"),
        ("here = 1 < 2", "<builtins.bool>"),
        ("here = not limit", "<builtins.bool>"),
        ("here = 'a' + 'b'", "<builtins.str>"),
        ("here = '%s' % limit", "<builtins.str>"),
        ("here = 1 + 2", "<builtins.int>"),
        ("here = 1 + 2.5", "<builtins.float>"),
        ("here = [1] + [2]", "<builtins.list>"),
        ("here = [1]", "list"),
        ("here = {1}", "set"),
        ("here = {1: 2}", "dict"),
        ("here = (1, 2)", "tuple"),
        ("here = [n for n in range(3)]", "list"),
        ("here = (n for n in range(3))", "generator"),
        ("here = list()", "list"),
        ("here = dict(a=1)", "dict"),
        ("here = 1 if limit else 'a'", "'a' | 1"),
        ("here = limit or 1", "1 | ?"),
        ("here = None or Store()", "<app.Store>"),
        ("here = (made := Store())", "<app.Store>"),
        ("here = Store.nowhere", "?"),
    ],
)
def test_an_expression_without_names_says_itself_what_it_is(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("here = threading.Lock()", "<threading.Lock>"),
        ("here = Store()", "<app.Store>"),
        ("here = Store", "class app.Store"),
        ("made = Store\nhere = made()", "<app.Store>"),
        ("one = Store()\ntwo = one\nhere = two", "<app.Store>"),
        ("here, other = Store(), 1", "<app.Store>"),
        ("(other, (here, _)) = 1, (Store(), 2)", "<app.Store>"),
        ("here = Store().open()", "<app.Store>"),
        ("with Store() as here:\n    pass", "?"),
        ("with open('f') as here:\n    pass", "<builtins.file>"),
        ("for here in [Store(), Disk()]:\n    pass", "<app.Disk> | <app.Store>"),
        ("made = Store()\nmade = Disk()\nhere = made", "<app.Disk> | <app.Store>"),
    ],
)
def test_an_object_is_known_by_the_call_that_made_it(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("items", "list"),
        ("guard", "<threading.RLock>"),
        ("late", "<threading.Event>"),
        ("lock", "<threading.Lock>"),
        ("limit", "10"),
        ("name", "<app.Store>.name"),
        ("guard.acquire", "<threading.RLock>.acquire"),
        ("missing", "?"),
    ],
)
def test_an_attribute_is_what_any_method_or_the_class_sets_it_to(tmp_path: Path, attribute: str, expected: str):
    assert here(tmp_path, f"here = Store().{attribute}") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("here = Disk().open", "<app.Disk>.open"),
        ("here = Disk().name", "<app.Disk>.name"),
        ("here = Disk().name()", "'store'"),
        ("here = Disk().open().name", "<app.Disk>.name"),
        ("with Disk().open() as here:\n    pass", "?"),
        ("class Fast(Disk):\n    pass\n\nhere = Fast().open().open()", "<app.Fast>"),
        ("here = Disk().items", "list"),
        ("here = Disk().guard", "<threading.Lock> | <threading.RLock>"),
        ("here = Disk().limit", "10"),
        ("class Mine(threading.Thread):\n    pass\n\nhere = Mine().start", "<app.Mine>.start"),
        ("class Mine(Unknown):\n    pass\n\nhere = Mine().start", "?"),
    ],
)
def test_what_a_class_does_not_have_it_has_from_its_bases(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, text) == expected


def test_super_starts_behind_the_class_it_stands_in(tmp_path: Path):
    text = """
class Fast(Disk):
    def name(self):
        here = super().name
        here = super(Fast, self).name
"""
    assert here(tmp_path, text) == "<app.Fast>.name\n<app.Fast>.name"
    linked = link(tmp_path, {"app.py": STORES + text})
    callee = [edge.callee for edge in linked.graph.edges[linked.code("Disk.name")]]
    assert callee == [linked.code("Store.name")]


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        ("Store", "<app.Store>"),
        ("'Store'", "<app.Store>"),
        ("Optional[Store]", "<app.Store>"),
        ("'Optional[Store]'", "<app.Store>"),
        ("Store | None", "<app.Store>"),
        ("'Store | None'", "<app.Store>"),
        ("Union[Store, Disk]", "<app.Disk> | <app.Store>"),
        ("threading.Lock", "<threading.Lock>"),
        ("'threading.Lock'", "<threading.Lock>"),
        ("list[Store]", "list"),
        ("dict[str, Store]", "dict"),
        ("Nowhere", "?"),
        ("object", "?"),
    ],
)
def test_an_annotated_parameter_is_an_object_of_its_annotation(tmp_path: Path, annotation: str, expected: str):
    found = here(tmp_path, f"def f(store: {annotation}):\n    here = store\n")
    assert found.removesuffix(" | ?") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("here: Store = load()", "<app.Store>"),
        ("def f() -> Store: ...\n\nhere = f()", "<app.Store>"),
        ("def f(n) -> 'Store':\n    return unknown(n)\n\nhere = f(1)", "<app.Store>"),
        ("class A:\n    store: Store\n\nhere = A().store", "<app.Store>"),
        (
            "class A:\n    def __init__(self, s):\n        self.store: Store = load(s)\n\nhere = A(1).store",
            "<app.Store>",
        ),
    ],
)
def test_annotations_of_names_attributes_and_results_are_believed(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, text).removesuffix(" | ?").removeprefix("None | ") == expected


@pytest.mark.parametrize(
    ("definition", "use", "expected"),
    [
        ("@property\n    def part(self):\n        return Store()", "A().part", "<app.Store>"),
        ("@property\n    def part(self):\n        return Store()", "A().part.guard", "<threading.RLock>"),
        (
            "@functools.cached_property\n    def part(self):\n        return Store()",
            "A().part",
            "<app.Store>",
        ),
        ("@staticmethod\n    def make():\n        return Store()", "A.make()", "<app.Store>"),
        ("@staticmethod\n    def make():\n        return Store()", "A().make()", "<app.Store>"),
        ("@staticmethod\n    def make():\n        return Store()", "A.make", "def app.A.make"),
        ("@classmethod\n    def make(cls):\n        return cls()", "A.make", "class app.A.make"),
        ("@classmethod\n    def make(cls):\n        return cls()", "A.make()", "<app.A>"),
        ("@classmethod\n    def make(cls):\n        return cls()", "A().make()", "<app.A>"),
        ("@classmethod\n    def make(cls):\n        return cls()", "B.make()", "<app.B>"),
        ("@classmethod\n    def make(cls):\n        made = cls()\n        return made", "B.make()", "<app.B>"),
        ("@classmethod\n    def make(cls):\n        return A()", "B.make()", "<app.A>"),
        ("def __call__(self):\n        return Store()", "A()()", "<app.Store>"),
    ],
)
def test_properties_and_class_and_static_methods_work_as_in_python(
    tmp_path: Path, definition: str, use: str, expected: str
):
    text = f"import functools\n\n\nclass A:\n    {definition}\n\n\nclass B(A):\n    pass\n\n\nhere = {use}\n"
    assert here(tmp_path, text) == expected


DECORATORS = """
import contextlib
import functools


def wrapped(function):
    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)
    return wrapper


def registered(function):
    REGISTRY.append(function)
    return function


def named(name):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args):
            return function(*args)
        return wrapper
    return decorate


def replaced(function):
    return object()


"""


@pytest.mark.parametrize(
    ("decorator", "expected"),
    [
        ("@wrapped", "def app.f"),
        ("@registered", "def app.f"),
        ("@named('x')", "def app.f"),
        ("@functools.lru_cache", "def app.f"),
        ("@functools.lru_cache(maxsize=None)", "def app.f"),
        ("@functools.cache", "def app.f"),
        ("@wrapped\n@registered", "def app.f"),
        ("@contextlib.contextmanager", "def app.f"),
        ("@replaced", "?"),
        ("@unknown", "?"),
        ("@wrapped\n@unknown", "?"),
    ],
)
def test_a_decorator_keeps_its_function_when_it_calls_or_returns_it(tmp_path: Path, decorator: str, expected: str):
    assert here(tmp_path, f"{DECORATORS}{decorator}\ndef f():\n    return Store()\n\n\nhere = f\n") == expected


def test_a_context_manager_function_gives_what_it_yields(tmp_path: Path):
    text = "@contextlib.contextmanager\ndef f():\n    yield Store()\n\n\nwith f() as here:\n    pass\n"
    assert here(tmp_path, DECORATORS + text) == "<app.Store>"


def test_a_context_manager_class_gives_what_its_enter_returns(tmp_path: Path):
    text = """
class Session:
    def __enter__(self):
        return Store()

    def __exit__(self, *exc):
        pass


class Same:
    def __enter__(self):
        return self

    def __exit__(self, *exc):
        pass


class Other(Same):
    pass


with Session() as here, Same() as here, Other() as here:
    pass
"""
    assert here(tmp_path, text) == "<app.Store>\n<app.Same>\n<app.Other>"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(a):\n    return Store()\n\nhere = partial(f, 1)", "partial(def app.f)"),
        ("def f(a):\n    return Store()\n\nhere = partial(f, 1)()", "<app.Store>"),
        ("here = partial(Store().name)", "partial(<app.Store>.name)"),
        ("here = partial(Store)()", "<app.Store>"),
        ("here = lambda: Store()", "def app.<lambda>"),
        ("here = (lambda: Store())()", "<app.Store>"),
        ("def f():\n    def g():\n        return Store()\n    return g\n\nhere = f()", "def app.f.g"),
        ("def f():\n    def g():\n        return Store()\n    return g\n\nhere = f()()", "<app.Store>"),
        ("def f():\n    store = Store()\n    def g():\n        here = store\n", "<app.Store>"),
        ("here = getattr(Store(), 'guard')", "<threading.RLock>"),
    ],
)
def test_functions_are_values_like_others(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, f"from functools import partial\n\n\n{text}\n") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f():\n    return Store()\n\nhere = f()", "<app.Store>"),
        ("def f(x):\n    if x:\n        return Store()\n    return Disk()\n\nhere = f(1)", "<app.Disk> | <app.Store>"),
        ("def f():\n    pass\n\nhere = f()", "None"),
        ("def f():\n    return f()\n\nhere = f()", "?"),
        ("def f():\n    yield Store()\n\nhere = f()", "generator"),
        ("async def f():\n    return Store()\n\nhere = f()", "coroutine of app.f"),
        ("async def f():\n    return Store()\n\nasync def g():\n    here = await f()", "<app.Store>"),
        ("def f(x):\n    return x\n\nhere = f(Store())", "<app.Store> | ?"),
    ],
)
def test_a_call_gives_what_its_function_returns(tmp_path: Path, text: str, expected: str):
    assert here(tmp_path, text) == expected


@pytest.mark.parametrize(
    "call",
    [
        "f(Store())",
        "f(store=Store())",
        "f(*[], store=Store())",
        "partial(f, Store())()",
        "(lambda: f(Store()))()",
    ],
)
def test_a_parameter_may_be_what_known_calls_pass(tmp_path: Path, call: str):
    text = f"from functools import partial\n\n\ndef f(store=None):\n    here = store\n\n\n{call}\n"
    assert here(tmp_path, text) == "<app.Store> | ?"


def test_a_partial_binds_the_first_parameters_and_its_call_the_rest(tmp_path: Path):
    text = """
from functools import partial


def f(first, second):
    here = first
    here = second


class A:
    def method(self, value):
        here = value


def make():
    store = Store()
    return partial(f, store)


make()(Disk())
partial(partial(A().method), Disk())()
"""
    assert here(tmp_path, text) == "<app.Store> | ?\n<app.Disk> | ?\n<app.Disk> | ?"


def test_a_parameter_is_bound_by_every_known_call_also_from_other_modules(tmp_path: Path):
    files = {
        "app.py": STORES + "def f(store):\n    here = store\n\n\nf(Store())\n",
        "other.py": "import app\n\napp.f(app.Disk())\n",
    }
    assert link(tmp_path, files).here() == "<app.Disk> | <app.Store> | ?"


def test_a_method_s_parameters_are_bound_behind_self(tmp_path: Path):
    text = """
class Pair:
    def __init__(self, first, second):
        self.first = first
        self.second = second

    def swap(self, other):
        here = other


pair = Pair(Store(), threading.Lock())
here = pair.first
here = pair.second
pair.swap(Disk())
"""
    assert here(tmp_path, text) == "<app.Store> | ?\n<threading.Lock> | ?\n<app.Disk> | ?"


def test_self_is_an_object_of_the_class_and_cls_the_class(tmp_path: Path):
    text = """
class A:
    def method(self):
        here = self

    @classmethod
    def of(cls):
        here = cls

    @staticmethod
    def alone(value):
        here = value

    def nested(self):
        def inner():
            here = self
"""
    assert here(tmp_path, text) == "<app.A>\nclass app.A\n?\n<app.A>"


def test_too_many_values_to_follow_are_unknown_in_part(tmp_path: Path):
    text = "".join(f"made = {number}\n" for number in range(40)) + "here = made"
    assert here(tmp_path, text).endswith(" | ?")


def test_names_of_functions_hide_globals_and_class_names_do_not_reach_methods(tmp_path: Path):
    text = """
made = Store()


def f():
    made = Disk()
    here = made


class A:
    made = 1

    def method(self):
        here = made
"""
    assert here(tmp_path, text) == "<app.Disk>\n<app.Store>"
