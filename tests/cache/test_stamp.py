"""What makes an answer or a record is told by its stamp."""

import ast
from collections.abc import Iterator
from pathlib import Path

import concurlint
from concurlint.cache import stamp
from concurlint.cache.store import Store

HOME = Path(concurlint.__file__).parent
PASSED = {"concurlint.source", "concurlint.version"}
"""What carries the bytes that a record is kept by, and what is in the stamp by itself."""


def _path(module: str) -> Path:
    path = HOME.joinpath(*module.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _imported(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(_path(module).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("concurlint."):
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                yield inner if _path(inner).exists() else node.module or ""


def test_all_our_code_that_reads_a_file_is_in_the_stamp_of_records():
    queue = ["concurlint.facts.parsing", "concurlint.facts.encoding", "concurlint.facts.reading"]
    seen: set[str] = set()
    for module in queue:
        if module not in seen | PASSED and not module.startswith("concurlint.cache"):
            seen.add(module)
            queue += _imported(module)
    read = {module.split(".")[1] for module in seen}

    assert read <= {name.removesuffix(".py") for name in stamp.READING}
    assert "decoding" in read


def test_the_stamp_of_answers_is_the_same_whether_a_store_knows_it_or_not(tmp_path: Path):
    stamp._made.clear()
    worked_out = stamp.of_answers()
    stamp._made.clear()
    with Store(tmp_path) as store:
        kept = stamp.of_answers(store)
    stamp._made.clear()
    with Store(tmp_path) as store:
        remembered = stamp.of_answers(store)

    assert (kept, remembered) == (worked_out, worked_out)


def test_a_file_of_ours_that_was_touched_is_looked_at_anew(tmp_path: Path, monkeypatch):
    (tmp_path / "rules.toml").write_text("a = 1\n", encoding="utf-8")
    monkeypatch.setattr(stamp, "_HOME", str(tmp_path))
    found = []
    for text in ("a = 1\n", "a = 22\n", "a = 1\n"):
        (tmp_path / "rules.toml").write_text(text, encoding="utf-8")
        stamp._looks.cache_clear()
        with Store(tmp_path / "cache") as store:
            found.append(stamp.of_answers(store))
    stamp._looks.cache_clear()

    assert found[0] != found[1]
    assert found[0] == found[2]
