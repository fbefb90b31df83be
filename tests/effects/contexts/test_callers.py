"""Who says that several threads may be in some code at once."""

from pathlib import Path

import pytest

from concurlint.effects.contexts.callers import Callers
from concurlint.finding import Confidence
from tests.linked import program

HEAD = "import threading\n\n\n"


def evidence(folder: Path, text: str) -> dict[str, tuple[str, Confidence]]:
    """The evidence for each class, in its own words."""
    found = program(folder, {"app.py": HEAD + text})[Callers].evidence
    return {code.qualname: (one.because, one.confidence) for code, one in found.items() if code.scope.kind == "class"}


@pytest.mark.parametrize(
    ("docstring", "expected"),
    [
        ("Instances are thread-safe.", True),
        ("A thread safe counter.", True),
        ("It may be shared between several threads.", True),
        ("Not thread-safe.", False),
        ("This isn't thread safe.", False),
        ("Thread safety: all methods take a lock.", True),
        ("Thread-safe, but not fork-safe.", True),
        ("Thread-safety: not thread-safe.", False),
        ("Thread safety is not guaranteed.", False),
        ("Thread-safe: no.", False),
        ("Thread-unsafe.", False),
        ("Objects must not be shared between threads.", False),
        ("Counts things.", False),
    ],
)
def test_a_docstring_claims_or_denies_safety(tmp_path: Path, docstring: str, expected: bool):
    text = f'class Box:\n    """{docstring}"""\n    def __init__(self): self.lock = None\n    def add(self): ...\n'
    said = evidence(tmp_path, text).get("Box")
    assert said == (("its docstring calls it thread-safe", Confidence.MIDDLE) if expected else None)


def test_a_comment_is_a_contract(tmp_path: Path):
    text = "# concurlint: thread-safe\nclass Box:\n    def add(self): ...\n"
    assert evidence(tmp_path, text) == {"Box": ("a comment calls it thread-safe", Confidence.HIGH)}


def test_a_comment_that_denies_outweighs_a_lock(tmp_path: Path):
    text = (
        "class Box:  # concurlint: not-thread-safe\n"
        "    def __init__(self): self.lock = threading.Lock()\n    def add(self): ...\n"
    )
    assert evidence(tmp_path, text) == {}


def test_a_lock_of_its_own_is_some_evidence(tmp_path: Path):
    text = "class Box:\n    def __init__(self): self._lock = threading.Lock()\n    def add(self): ...\n"
    assert evidence(tmp_path, text) == {"Box": ("`Box` has a lock of its own: `self._lock`", Confidence.LOW)}


def test_the_readme_speaks_for_a_class(tmp_path: Path):
    (tmp_path / "README.md").write_text("# x\n\nA `Box` can be used from several threads.\n", encoding="utf-8")
    text = "LOCK = threading.Lock()\nclass Box:\n    def add(self): ...\n"
    assert evidence(tmp_path, text) == {"Box": ("the documentation calls `Box` thread-safe", Confidence.MIDDLE)}


def test_what_users_call_are_public_methods_and_those_that_syntax_runs(tmp_path: Path):
    text = (
        "# concurlint: thread-safe\nclass Box:\n    def __init__(self): ...\n    def add(self): ...\n"
        "    def _more(self): ...\n    def __contains__(self, x): ...\n    async def later(self): ...\n"
    )
    made = program(tmp_path, {"app.py": HEAD + text})
    assert sorted(spawn.code.name for spawn in made[Callers].all) == ["__contains__", "add"]


def test_code_on_a_page_is_no_claim(tmp_path: Path):
    (tmp_path / "README.md").write_text('# x\n\n```toml\nthread-safe = ["app.Box"]\n```\n', encoding="utf-8")
    assert evidence(tmp_path, "LOCK = threading.Lock()\nclass Box:\n    def add(self): ...\n") == {}


def called(folder: Path, files: dict[str, str]) -> dict[str, str]:
    """Why users may call each function on threads."""
    folder.mkdir(exist_ok=True)
    return {spawn.code.qualname: spawn.name for spawn in program(folder, files)[Callers].all}


def test_state_of_the_process_is_shared_where_the_package_makes_locks(tmp_path: Path):
    counter = "n = 0\ndef more():\n    global n\n    n += 1\ndef tell(): return n\n"
    because = "it works with state of the whole process, and `pkg` reckons with threads elsewhere"
    files = {"pkg/__init__.py": "", "pkg/count.py": counter, "pkg/other.py": "import threading\nL = threading.Lock()\n"}
    assert called(tmp_path, files) == {"more": because}


def test_a_class_made_for_each_call_is_not_there_once_for_all(tmp_path: Path):
    made = (
        "def make():\n    class Box:\n        items = []\n        def add(self): self.items.append(1)\n"
        "    return Box()\n"
    )
    assert called(tmp_path, {"app.py": HEAD + "L = threading.Event()\n" + made}) == {}


def test_nothing_is_said_of_a_package_that_knows_no_threads(tmp_path: Path):
    counter = "n = 0\ndef more():\n    global n\n    n += 1\n"
    assert called(tmp_path, {"pkg/__init__.py": "", "pkg/count.py": counter}) == {}


def test_an_object_that_a_module_makes_for_all_is_shared_unless_others_are_made(tmp_path: Path):
    box = "class {}:\n    def add(self): ...\n"
    made = "one = One()\nother = Other()\ndef make(): return Other()\n"
    files = {"app.py": HEAD + "L = threading.Lock()\n" + box.format("One") + box.format("Other") + made}
    assert "One.add" in called(tmp_path, files)
    assert "Other.add" not in called(tmp_path, files)


def test_a_test_that_has_threads_use_one_object_speaks_for_its_class(tmp_path: Path):
    shared = (
        "import threading\nfrom box import Box\ndef test_it():\n    box = Box()\n"
        "    def work(): box.add()\n    for _ in range(4): threading.Thread(target=work).start()\n"
    )
    own = shared.replace("    box = Box()\n", "").replace("box.add()", "Box().add()")
    box = "class Box:\n    def add(self): ...\n    def take(self): ...\n"
    assert called(tmp_path / "one", {"box.py": box, "test_box.py": shared}) == dict.fromkeys(
        ("Box.add", "Box.take"), "`test_box.py` has several threads call `Box`"
    )
    assert called(tmp_path / "two", {"box.py": box, "test_box.py": own}) == {}


def test_servers_call_a_wsgi_application_on_threads(tmp_path: Path):
    app = "class App:\n    def __call__(self, environ, start_response): ...\n    def add(self): ...\n"
    assert called(tmp_path, {"app.py": HEAD + app}) == {
        "App.__call__": "servers call a WSGI application on several threads"
    }


@pytest.mark.parametrize(
    ("item", "name", "expected"),
    [
        ("* thread safety", "ConnectionPool", True),
        ("- Thread-safe.", "ConnectionPool", True),
        ("* thread safety is up to you", "ConnectionPool", False),
        ("* thread safety", "Connection", False),
    ],
)
def test_a_list_of_features_promises_safety_of_what_programs_share(
    tmp_path: Path, item: str, name: str, expected: bool
):
    (tmp_path / "README.md").write_text(f"# x\n\nIt has:\n\n{item}\n* persistence\n", encoding="utf-8")
    said = evidence(tmp_path, f"class {name}:\n    def add(self): ...\n").get(name)
    assert said == (("`README.md` promises thread safety", Confidence.MIDDLE) if expected else None)
