"""What conditions say: on Windows, under the main guard, of a value that was checked."""

from collections.abc import Callable
from pathlib import Path

import libcst as cst
import pytest

from concurlint.config import load
from concurlint.effects.flow.conditions import says_checked, says_main, says_windows
from concurlint.facts.collect import collect
from concurlint.facts.syntax import Expression, Name
from concurlint.linting import lint

PLACE = (1, 1, 1, 2)


def expression(text: str) -> Expression:
    """The expression of a text, as the records hold it."""
    value = collect(cst.parse_module(f"here = {text}\n")).scopes[0].bindings["here"][0].value
    assert value is not None
    return value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("os.name == 'nt'", True),
        ("'nt' == os.name", True),
        ("os.name != 'nt'", False),
        ("sys.platform == 'win32'", True),
        ("sys.platform.startswith('win')", True),
        ("platform.startswith('win')", True),
        ("platform.system() == 'Windows'", True),
        ("platform.system().lower() == 'windows'", True),
        ("platform.system().lower().startswith('win')", True),
        ("sys.platform in ('win32', 'cygwin')", True),
        ("os.name == 'posix'", False),
        ("sys.platform == 'linux'", False),
        ("runtime.platformType == 'win32'", True),
        ("IS_WINDOWS", True),
        ("settings.WINDOWS", True),
        ("utils.is_windows()", True),
        ("on_win32", True),
        ("IS_POSIX", False),
        ("window", None),
        ("count", None),
        ("name == 'x'", None),
        ("mode.startswith('win')", None),
    ],
)
def test_tests_for_windows(text: str, expected: bool | None) -> None:
    assert says_windows(expression(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("__name__ == '__main__'", True), ("__name__ != '__main__'", False), ("name == '__main__'", None)],
)
def test_tests_for_the_main_module(text: str, expected: bool | None) -> None:
    assert says_main(expression(text)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x in ('a', 'b')", True),
        ("x not in ('a', 'b')", False),
        ("x == 'a'", True),
        ("x != 'a'", False),
        ("x.isdigit()", True),
        ("re.fullmatch(p, x)", True),
        ("x in 'abc'", None),
        ("y in ('a', 'b')", None),
        ("x > 'a'", None),
        ("x.startswith('a')", None),
        ("re.match(p, x)", None),
    ],
)
def test_tests_that_let_only_harmless_values_through(text: str, expected: bool | None) -> None:
    assert says_checked(Name("x", PLACE), lambda _: True)(expression(text)) is expected


def test_a_collection_that_is_not_fixed_lets_anything_through() -> None:
    assert says_checked(Name("x", PLACE), lambda _: False)(expression("x in names")) is None


@pytest.fixture
def is_flagged(tmp_path: Path) -> Callable[..., bool]:
    def check(text: str, name: str = "app") -> bool:
        (tmp_path / f"{name}.py").write_text(f"import os\nimport subprocess\n\n\n{text}\n", encoding="utf-8")
        result = lint([tmp_path], load(tmp_path))
        assert result.troubles == ()
        return [f.code for f in result.findings] == ["CCL404"]

    return check


@pytest.mark.parametrize(
    "text",
    [
        "def work():\n    if os.name == 'nt':\n        subprocess.run('git gc')",
        "def work():\n    if os.name != 'nt':\n        return\n    subprocess.run('git gc')",
        "def work():\n    if not (os.name == 'nt' and work):\n        return\n    subprocess.run('git gc')",
        "def start_windows():\n    subprocess.run('git gc')",
        "class WindowsShell:\n    def work(self):\n        subprocess.run('git gc')",
        "def work():\n    subprocess.run('git gc')\n\n\ndef main():\n    if os.name == 'nt':\n        work()",
    ],
)
def test_code_that_only_runs_on_windows(is_flagged: Callable[..., bool], text: str) -> None:
    assert not is_flagged(text)


@pytest.mark.parametrize(
    "text",
    [
        "def work():\n    if os.name == 'nt':\n        return\n    subprocess.run('git gc')",
        "def work():\n    if os.name == 'nt' or work:\n        subprocess.run('git gc')",
        "def move_window():\n    subprocess.run('git gc')",
        "def work():\n    subprocess.run('git gc')\n\n\n"
        "def main():\n    if os.name == 'nt':\n        work()\n    work()",
    ],
)
def test_code_that_runs_elsewhere_too(is_flagged: Callable[..., bool], text: str) -> None:
    assert is_flagged(text)


@pytest.mark.parametrize("name", ["windows", "_win32", "process_win32"])
def test_a_module_named_for_windows(is_flagged: Callable[..., bool], name: str) -> None:
    assert not is_flagged("subprocess.run('git gc')", name)
