"""A cache never changes an answer: whatever is edited, in whatever order, a run with it says what one without says."""

import ast
import contextlib
import shutil
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concurlint.cache.place import NO_CACHE, Caching
from concurlint.config import Nearest
from concurlint.linting import Result, lint

pytestmark = pytest.mark.slow

PACKAGES = ("execnet",)
"""Installed with the tests, and full of threads, locks, queues and processes."""
TABLES = (
    "",
    "advice = true",
    "pedantic = true",
    "target-free-threaded = true",
    'threads = "assumed"',
    'select = ["CCL2", "CCL3"]',
    'ignore = ["CCL301"]',
    'target-python = "3.9"',
    'not-thread-safe = ["execnet.gateway_base"]',
)
CALM = "\n\ndef added():\n    return 1\n"
QUIET = "def added(value, other):\n    both = value.added_part + other.added_part\n    return both if both else 1\n\n\n"
BUSY = """

import threading as threading_

_COUNT = 0
_GUARD = threading_.Lock()


def _count():
    global _COUNT
    {guard}_COUNT += 1


threading_.Thread(target=_count).start()
threading_.Thread(target=_count).start()
"""

SCRIPTS = {"counting.py": BUSY.format(guard=""), "calm.py": CALM, "using.py": "import counting\n\ncounting._count()\n"}
"""Nothing ties them to the packages, until an edit does."""

Edit = Callable[[str, "Draw"], str]


class Draw:
    """What an edit may choose."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data

    def of(self, many: list[str]) -> str:
        return self._data.draw(st.sampled_from(many))

    def number(self, most: int) -> int:
        return self._data.draw(st.integers(0, most))


def _rename(text: str, draw: Draw) -> str:
    """A function gets another name, and nobody who calls it is told."""
    names = [node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
    if not names:
        return text
    name = draw.of(sorted(set(names)))
    return text.replace(f"def {name}(", f"def {name}_renamed(")


def _remove(text: str, draw: Draw) -> str:
    """A function or class goes."""
    nodes = [node for node in ast.parse(text).body if isinstance(node, (ast.FunctionDef, ast.ClassDef))]
    if not nodes:
        return text
    node = nodes[draw.number(len(nodes) - 1)]
    lines = text.splitlines(keepends=True)
    return "".join([*lines[: node.lineno - 1], "pass\n", *lines[node.end_lineno :]])


def _unlock(text: str, draw: Draw) -> str:
    """What was done under a lock, or anything else, is done under a condition."""
    lines = text.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.strip().startswith("with ")]
    if places:
        number = places[draw.number(len(places) - 1)]
        indent = lines[number][: len(lines[number]) - len(lines[number].lstrip())]
        if lines[number].rstrip().endswith(":"):
            lines[number] = f"{indent}if True:\n"
    return "".join(lines)


def _forget_import(text: str, draw: Draw) -> str:
    """An import goes."""
    lines = text.splitlines(keepends=True)
    places = [number for number, line in enumerate(lines) if line.startswith(("import ", "from ")) and "(" not in line]
    if places:
        lines[places[draw.number(len(places) - 1)]] = "pass\n"
    return "".join(lines)


def _comment(text: str, draw: Draw) -> str:
    """Comments and blank lines stand before a statement."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.stmt)]
    if not nodes:
        return text
    node = nodes[draw.number(len(nodes) - 1)]
    lines = text.splitlines(keepends=True)
    lines.insert(node.lineno - 1, "\n" * draw.number(2) + " " * node.col_offset + "# what comes next\n")
    return "".join(lines)


def _annotate(text: str, draw: Draw) -> str:
    """A line, of code or not, gets a comment behind it or loses all of it."""
    lines = text.split("\n")
    number = draw.number(len(lines) - 1)
    lines[number] = lines[number].partition("  #")[0] if draw.number(1) else f"{lines[number]}  # see below"
    return "\n".join(lines)


def _describe(text: str, draw: Draw) -> str:
    """A docstring says more."""
    places = [number for number, part in enumerate(text.split('"""')) if number % 2]
    parts = text.split('"""')
    if places:
        parts[places[draw.number(len(places) - 1)]] += draw.of(
            [" More.", "\n\n    More.\n", " Several threads may use it."]
        )
    return '"""'.join(parts)


def _add_quiet(text: str, draw: Draw) -> str:
    """A function that only computes stands before another one; if there is such a one, it may go."""
    if QUIET in text and draw.number(1):
        return text.replace(QUIET, "")
    return text.replace("\n\n\ndef ", f"\n\n\n{QUIET}def ", draw.number(3))


EDITS: dict[str, Edit] = {
    "comment": _comment,
    "annotate": _annotate,
    "describe": _describe,
    "add a quiet function": _add_quiet,
    "use a quiet function": lambda text, draw: text + draw.of(["\nadded(1, 2)\n", "\nprint(text.added_part)\n"]),
    "rename": _rename,
    "remove": _remove,
    "unlock": _unlock,
    "forget an import": _forget_import,
    "add a function": lambda text, _: text + CALM,
    "add threads": lambda text, _: text + BUSY.format(guard=""),
    "add threads and a lock": lambda text, _: text + BUSY.format(guard="with _GUARD: "),
    "tie": lambda text, draw: (
        text + draw.of(["\nimport execnet\n", "\nimport counting\ncounting._count()\n", "\n'calm'\n"])
    ),
    "shift": lambda text, _: "# concurlint: thread-safe\n\n" + text,
    "silence": lambda text, _: text.replace("\n", "  # noqa: CCL301\n", 1),
    "break": lambda text, _: text + "\ndef (:\n",
    "mend": lambda text, _: text.replace("\ndef (:\n", ""),
}


def _edit(home: Path, data: st.DataObject) -> None:
    """One step of somebody's work on the tree."""
    draw = Draw(data)
    kind = draw.of([*EDITS, "configure", "document", "move", "delete"])
    if kind == "configure":
        (home / "pyproject.toml").write_text(f"[tool.concurlint]\n{draw.of(list(TABLES))}\n", encoding="utf-8")
        return
    if kind == "document":
        (home / "README.md").write_text("A `Gateway` can be used from several threads.\n", encoding="utf-8")
        return
    files = sorted(home.rglob("*.py"))
    path = files[draw.number(len(files) - 1)]
    if kind == "move":
        path.rename(path.with_name(f"{path.stem}_moved.py"))
    elif kind == "delete":
        path.unlink()
    else:
        text = path.read_text(encoding="utf-8")
        with contextlib.suppress(SyntaxError):  # what was broken before stays so
            path.write_text(EDITS[kind](text, draw), encoding="utf-8")


def _told(result: Result) -> tuple[object, ...]:
    """All that a report can be made of."""
    return (result.findings, dict(result.texts), result.files, result.troubles, result.notes, result.held_back)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_after_every_edit_a_run_with_a_cache_says_what_one_without_says(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
):
    home = tmp_path_factory.mktemp("tree")
    (home / "pyproject.toml").write_text("", encoding="utf-8")
    for package in PACKAGES:
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        shutil.copytree(Path(spec.origin).parent, home / package, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in SCRIPTS.items():
        (home / name).write_text(text, encoding="utf-8")
    cache = Caching(folder=home / "cache")
    for _ in range(data.draw(st.integers(2, 3))):
        _edit(home, data)
        asked = [home]
        if data.draw(st.booleans()):  # as a hook asks: some files, in any order
            files = sorted(home.rglob("*.py"))
            asked = data.draw(st.lists(st.sampled_from(files), min_size=1, max_size=4, unique=True))
        workers = data.draw(st.sampled_from([1, 2]))
        warm = lint(asked, Nearest(), cache=cache, workers=workers)
        cold = lint(list(reversed(asked)), Nearest(), cache=NO_CACHE, workers=3 - workers)
        assert _told(warm) == _told(cold)
        assert _told(lint(asked, Nearest(), cache=cache)) == _told(cold)
