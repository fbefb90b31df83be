"""Forked workers that all draw the same numbers."""

from pathlib import Path

import pytest

from concurlint.effects.processes.random_state import RandomState
from tests.linked import program

HEAD = "import multiprocessing\nimport numpy as np\nfrom multiprocessing import Pool, Process\n"


@pytest.mark.parametrize(
    ("work", "main", "expected"),
    [
        ("return np.random.rand(n)", "Pool(4).map(work, [1, 2])", [("work", "np.random")]),
        ("return draw(n)\ndef draw(n):\n    return np.random.rand(n)", "Pool(4).map(work, [1, 2])",
         [("draw", "np.random")]),
        ("np.random.seed(n)\n    return np.random.rand(n)", "Pool(4).map(work, [1, 2])", []),
        ("return np.random.default_rng(n).random()", "Pool(4).map(work, [1, 2])", []),
        ("return np.random.rand(n)", "multiprocessing.get_context('spawn').Pool(4).map(work, [1, 2])", []),
        ("return np.random.rand(n)", "Process(target=work, args=(1,)).start()", []),
        ("return np.random.rand(n)",
         "Process(target=work, args=(1,)).start()\n    Process(target=work, args=(2,)).start()",
         [("work", "np.random")]),
    ],
    ids=["draws", "draws further down", "seeds", "own generator", "spawned", "one process", "two processes"],
)  # fmt: skip
def test_workers_inherit_one_state_of_the_generator(
    tmp_path: Path, work: str, main: str, expected: list[tuple[str, str]]
):
    text = f"{HEAD}def work(n):\n    {work}\ndef main():\n    {main}\nif __name__ == '__main__':\n    main()\n"
    found = program(tmp_path, {"app.py": text})[RandomState].repeated()
    assert [(repeated.code.name, repeated.source) for repeated in found] == expected
