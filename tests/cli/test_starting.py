"""What is to be set: `concurlint init`, `concurlint config`, and the JSON schema of the table."""

import io
import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

import jsonschema
import pytest

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.catalog.trouble import CatalogError
from concurlint.cli import main
from concurlint.config import Config, ConfigError, load
from concurlint.keys import KEYS, NAMES
from tests.pages import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = '[project]\nname = "x"\nrequires-python = ">=3.12"\n'
Ask = Callable[..., tuple[int, str, str]]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """A function that runs a command in an empty repository: its status, what it prints, what it says beside."""
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        status = main(arguments)
        return status, *capsys.readouterr()

    return run


@pytest.fixture(scope="module")
def schema() -> dict[str, object]:
    """The schema as a user gets it."""
    from contextlib import redirect_stdout

    out = io.StringIO()
    with redirect_stdout(out):
        assert main(["config", "--format", "schema"]) == 0
    made = json.loads(out.getvalue())
    assert isinstance(made, dict)
    return made


def without_marks(table: str) -> str:
    """The table with all that is behind a `#` taken out."""
    return re.sub(r'(?m)^# (?=[a-z-]+ = |\[|")', "", table)


def test_init_writes_a_table_that_changes_nothing(tmp_path: Path, ask: Ask):
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    before = load(tmp_path)
    assert ask("init") == (0, "", "wrote [tool.concurlint] into pyproject.toml; next: `concurlint check`\n")
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8").startswith(f"{PROJECT}\n[tool.concurlint]\n#")
    assert load(tmp_path) == before
    assert ask("check", "--show-settings")[0] == 0


def test_every_line_of_the_table_can_be_taken_as_it_is(tmp_path: Path, ask: Ask):
    """Every key is there, and says what holds without it."""
    (tmp_path / "pyproject.toml").write_text(PROJECT, encoding="utf-8")
    before = load(tmp_path)
    ask("init")
    table = without_marks((tmp_path / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(tomllib.loads(table)["tool"]["concurlint"]) == set(NAMES)
    (tmp_path / "pyproject.toml").write_text(table, encoding="utf-8")
    after = load(tmp_path)
    assert (after.calls, after.roles) == (
        {"ourlib.client.fetch": {"effect": "block_net"}},
        {"ourlib.jobs.job": {"on": "thread", "many": True}},
    )
    assert after.cache_dir == tmp_path / ".concurlint_cache"  # where it is without the key too
    assert Config(**{**vars(after), "calls": {}, "roles": {}, "cache_dir": None}) == before


def test_without_a_pyproject_init_makes_a_file_of_its_own(tmp_path: Path, ask: Ask):
    assert ask("init") == (0, "", "wrote concurlint.toml; next: `concurlint check`\n")
    table = without_marks((tmp_path / "concurlint.toml").read_text(encoding="utf-8"))
    assert set(tomllib.loads(table)) == set(NAMES)


def test_init_extends_the_table_above(tmp_path: Path, ask: Ask):
    (tmp_path / "pyproject.toml").write_text('[tool.concurlint]\nselect = ["CCL5"]\n', encoding="utf-8")
    (tmp_path / "sub").mkdir()
    assert ask("init", "sub") == (0, "", "wrote sub/concurlint.toml; next: `concurlint check`\n")
    assert load(tmp_path / "sub").select == ("CCL5",)


def test_init_overwrites_nothing(tmp_path: Path, ask: Ask):
    (tmp_path / "pyproject.toml").write_text("[tool.concurlint]\n", encoding="utf-8")
    assert ask("init") == (2, "", "concurlint: pyproject.toml has a table already; change that\n")
    (tmp_path / "concurlint.toml").write_text("", encoding="utf-8")
    assert ask("init", "--own-file") == (2, "", "concurlint: concurlint.toml has a table already; change that\n")
    assert ask("init", "nowhere") == (2, "", "concurlint: no such folder: nowhere\n")


def test_init_can_only_show(tmp_path: Path, ask: Ask):
    status, out, err = ask("init", "--dry-run")
    assert (status, out.startswith("# Each key"), err, list(tmp_path.glob("*.toml"))) == (0, True, "", [])


def test_config_lists_the_keys_and_tells_of_one(ask: Ask):
    status, out, _ = ask("config")
    assert (status, [line.split()[0] for line in out.splitlines()]) == (0, list(NAMES))
    assert ask("config", "advice") == (
        0,
        "advice\n\nAlso say where another tool would serve better.\n\nDefault: false\nOption: --advice\n",
        "",
    )
    assert [key["name"] for key in json.loads(ask("config", "--format", "json")[1])] == list(NAMES)
    assert ask("config", "slect") == (2, "", "concurlint: no such key: slect; the nearest is `select`\n")
    assert ask("config", "select", "--format", "schema")[0] == 2


def test_the_schema_is_one_itself_and_knows_every_key(schema: dict[str, object]):
    jsonschema.Draft7Validator.check_schema(schema)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert {name: part["description"] for name, part in properties.items()} == {key.name: key.says for key in KEYS}


def is_valid(schema: Mapping[str, object], table: object) -> bool:
    return jsonschema.Draft7Validator(schema).is_valid(table)


def is_read(folder: Path, text: str) -> bool:
    """Whether a run could be made with the table."""
    (folder / "concurlint.toml").write_text(text, encoding="utf-8")
    try:
        config = load(folder)
        Effects(config.calls)
        Roles(config.roles)
    except (ConfigError, CatalogError):
        return False
    return True


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("", True),
        ('select = ["CCL", "ccl3", "shell-string-command"]', True),
        ('select = "CCL"', False),
        ("select = [3]", False),
        ('ignore = ["E501"]', False),
        ('ignore = ["CCL30111"]', False),
        ("advice = true", True),
        ('advice = "yes"', False),
        ('unknown = "x"', False),
        ('exclude = ["vendor/", "*_pb2.py"]', True),
        ("exclude = [true]", False),
        ('per-file-ignores = { "tests/**" = ["CCL4"] }', True),
        ('per-file-ignores = { "tests/**" = "CCL4" }', False),
        ('per-file-ignores = ["CCL4"]', False),
        ('target-python = "3.9"', True),
        ('target-python = "3.99"', False),
        ('target-python = "2.7"', False),
        ("target-python = 3.9", False),
        ('target-platform = "macos"', True),
        ('target-platform = "beos"', False),
        ('threads = "assumed"', True),
        ('threads = "maybe"', False),
        ('thread-safe = ["a.b.C"]', True),
        ('thread-safe = ["a-b"]', False),
        ('baseline = ""', True),
        ("baseline = 1", False),
        ('extend = ""', True),
        ('[calls]\n"a.b" = { effect = "block_net" }\n"a.C.*" = { effect = "gil_cpu", cost = "heavy" }', True),
        ('[calls]\n"a.b" = { effect = "await", nonblocking = [["block", false], ["timeout", 1, 0]] }', True),
        ('[calls]\n"a.b" = {}', False),
        ('[calls]\n"a.b" = { effect = "sleeps" }', False),
        ('[calls]\n"a.b" = { effect = "await", sure = true }', False),
        ('[calls]\n"a b" = { effect = "await" }', False),
        ('[calls]\n"a.b" = { effect = "await", threshold = "1" }', False),
        ('[calls]\na.b = { effect = "await" }', False),
        ('[roles]\n"a.b" = { on = "thread", many = true }', True),
        ('[roles]\n"a.B" = { on = "process", methods = ["run", "*"], shared = true }', True),
        ('[roles]\n"a.b" = { on = "task", callback = "handler", position = 1 }', True),
        ('[roles]\n"a.b" = {}', False),
        ('[roles]\n"b" = { on = "thread" }', False),
        ('[roles]\n"a.b" = { on = "moon" }', False),
        ('[roles]\n"a.b" = { on = "task", position = 1 }', False),
        ('[roles]\n"a.b" = { on = "task", callback = "h", position = -1 }', False),
        ('[roles]\n"a.b" = { on = "task", shared = true }', False),
        ('[roles]\n"a.b" = { on = "task", methods = [] }', False),
        ('[roles]\n"a.b" = { on = "task", methods = ["run"], callback = "h" }', False),
        ('[roles]\n"a.b" = { on = "task", callback = "a b" }', False),
    ],
)
def test_schema_and_reader_are_of_one_mind(tmp_path: Path, schema: dict[str, object], text: str, good: bool):
    assert (is_valid(schema, tomllib.loads(text)), is_read(tmp_path, text)) == (good, good)


def test_what_the_readme_shows_is_valid(schema: dict[str, object]):
    block = re.search(r"```toml\n(\[tool\.concurlint\]\n.*?)```", README, re.DOTALL)
    assert block is not None
    assert is_valid(schema, tomllib.loads(block[1])["tool"]["concurlint"])
