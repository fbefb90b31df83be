"""By which way an error gets out of a function, and what keeps it in."""

from pathlib import Path
from textwrap import indent

import pytest

from concurlint.effects.calls.exceptions import ExceptionFlow
from tests.linked import program

HEAD = "import contextlib\nimport logging\nimport os\nimport threading\n\nlock = threading.Lock()\n\n"
INNER = "\n\ndef inner(x):\n    if x:\n        raise ValueError(x)\n"


def ways(folder: Path, body: str) -> list[str]:
    """The steps by which an error gets out of a function with this body; nothing if none does."""
    made = program(folder, {"app.py": HEAD + "def main(x):\n" + indent(body, "    ") + INNER})
    code = next(code for code in made.graph.edges if code.qualname == "main")
    found = made[ExceptionFlow].of(code)
    return [step.message for step in found.steps] if found is not None else []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("raise KeyError(x)\n", ["`main` raises `KeyError`"]),
        ("os.remove(x)\n", ["`main` calls `os.remove`, which may fail"]),
        ("with lock:\n    os.remove(x)\n", ["`main` calls `os.remove`, which may fail"]),
        ("inner(x)\n", ["`main` calls `inner`", "`inner` raises `ValueError`"]),
        ("try:\n    x.go()\nexcept KeyError:\n    raise\n", ["`main` raises the error again"]),
        ("try:\n    inner(x)\nfinally:\n    print(x)\n", ["`main` calls `inner`", "`inner` raises `ValueError`"]),
    ],
)
def test_the_way_of_an_error_is_told(tmp_path: Path, body: str, expected: list[str]):
    assert ways(tmp_path, body) == expected


@pytest.mark.parametrize(
    "body",
    [
        "print(x)\n",
        "logging.error(x)\n",
        "raise NotImplementedError\n",
        "try:\n    os.remove(x)\nexcept OSError:\n    print(x)\n",
        "try:\n    inner(x)\nexcept Exception:\n    logging.exception(x)\n",
        "with contextlib.suppress(OSError):\n    os.remove(x)\n",
        "with x.guarded():\n    os.remove(x)\n",
        "x.go()\n",
        "main(x)\n",
    ],
)
def test_an_error_that_is_caught_or_not_to_be_expected_has_no_way(tmp_path: Path, body: str):
    assert ways(tmp_path, body) == []
