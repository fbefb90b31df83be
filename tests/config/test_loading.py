"""The `[tool.concurlint]` table: what it may hold, what it means, and what is said of a wrong one."""

import pickle
import sys
from pathlib import Path

import pytest

from concurlint.config import Config, ConfigError, Nearest, find_project, load
from concurlint.config.values import Layer

RACE = ("CCL301", "shared-write-unlocked", "warning")
ADVICE = ("CCL601", "threads-managed-by-hand", "advice")
UNREADABLE = ("CCL001", "unreadable-file", "error")


def project(folder: Path, table: str, *, before: str = "") -> Path:
    (folder / "pyproject.toml").write_text(f"{before}\n[tool.concurlint]\n{table}\n", encoding="utf-8")
    return folder


def complaint(folder: Path, table: str, *, before: str = "") -> str:
    """The one line said about a wrong table, without the path of the file it must start with."""
    project(folder, table, before=before)
    with pytest.raises(ConfigError) as caught:
        load(folder)
    text = str(caught.value)
    start = f"{folder / 'pyproject.toml'}: "
    assert text.startswith(start)
    assert "\n" not in text
    return text.removeprefix(start)


def test_without_a_table_every_default_holds(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert load(tmp_path) == Config(root=tmp_path)


def test_the_running_python_is_the_target_where_nothing_else_is_said() -> None:
    assert Config(root=Path()).target_python == sys.version_info[:2]


def test_every_key_is_read(tmp_path: Path) -> None:
    table = """
select = ["CCL3", "shell-string-command"]
ignore = ["ccl303"]
advice = true
exclude = ["generated/", "*_pb2.py"]
per-file-ignores = { "tests/*" = ["CCL301", "CCL4"] }
target-python = "3.9"
target-platform = "linux"
target-free-threaded = true
[tool.concurlint.calls]
"mylib.fetch" = { effect = "block_net" }
[tool.concurlint.roles]
"mylib.job" = { on = "thread" }
"""
    assert load(project(tmp_path, table)) == Config(
        root=tmp_path,
        select=("CCL3", "shell-string-command"),
        ignore=("CCL303",),
        advice=True,
        exclude=("generated/", "*_pb2.py"),
        per_file_ignores={"tests/*": ("CCL301", "CCL4")},
        target_python=(3, 9),
        target_platform="linux",
        free_threaded=True,
        calls={"mylib.fetch": {"effect": "block_net"}},
        roles={"mylib.job": {"on": "thread"}},
    )


def test_a_configuration_can_be_sent_to_another_process(tmp_path: Path) -> None:
    config = load(project(tmp_path, 'per-file-ignores = { "a.py" = ["CCL3"] }'))
    assert pickle.loads(pickle.dumps(config)) == config


def test_the_nearest_pyproject_counts_from_a_file_and_from_a_folder(tmp_path: Path) -> None:
    project(tmp_path, 'select = ["CCL1"]')
    inner = tmp_path / "inner"
    deep = inner / "a" / "b"
    deep.mkdir(parents=True)
    project(inner, 'select = ["CCL2"]')
    (deep / "x.py").touch()
    assert load(deep / "x.py") == load(deep) == load(inner)
    assert load(deep).root == inner
    assert load(deep).select == ("CCL2",)


def test_without_pyproject_the_root_is_the_repository_else_the_folder(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (deep / "x.py").touch()
    assert load(deep / "x.py").root == deep
    (tmp_path / ".git").mkdir()
    assert load(deep / "x.py").root == tmp_path


def test_a_pyproject_outside_of_the_repository_is_not_the_projects(tmp_path: Path) -> None:
    project(tmp_path, 'select = ["CCL1"]')
    repository = tmp_path / "repository"
    (repository / ".git").mkdir(parents=True)
    assert find_project(repository) == repository
    assert load(repository).select == ()


def test_select_on_the_command_line_starts_anew_and_ignore_adds(tmp_path: Path) -> None:
    project(tmp_path, 'select = ["CCL1"]\nextend-select = ["CCL602"]\nignore = ["CCL2"]')
    anew = load(tmp_path, select=["CCL3,CCL4", "ccl501"], ignore=["CCL303"])
    assert (anew.select, anew.extend_select, anew.ignore) == (("CCL3", "CCL4", "CCL501"), (), ("CCL303",))
    more = load(tmp_path, extend_select=["CCL601"], ignore=["CCL303"], extend_ignore=["CCL304"])
    assert (more.select, more.extend_select, more.ignore) == (
        ("CCL1",),
        ("CCL602", "CCL601"),
        ("CCL2", "CCL303", "CCL304"),
    )


def test_options_left_out_keep_the_table(tmp_path: Path) -> None:
    project(tmp_path, 'select = ["CCL1"]\nadvice = true\ntarget-python = "3.12"\ntarget-platform = "macos"')
    config = load(tmp_path)
    assert (config.select, config.advice) == (("CCL1",), True)
    assert (config.target_python, config.target_platform) == ((3, 12), "macos")


def test_options_win_over_the_table(tmp_path: Path) -> None:
    project(tmp_path, 'advice = true\ntarget-python = "3.12"\ntarget-platform = "macos"')
    config = load(tmp_path, advice=False, target_python="3.14", target_platform="windows")
    assert (config.advice, config.target_python, config.target_platform) == (False, (3, 14), "windows")


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"select": ["E501"]}, "`--select`: `E501` is no code and no name"),
        ({"ignore": ["CCL3011"]}, "`--ignore`: `CCL3011` is no code and no name"),
        ({"target_python": "3"}, "`--target-python`: `3` is no Python version"),
        ({"target_platform": "solaris"}, "`--target-platform`: `solaris` is no platform"),
        ({"target_python": "3.99"}, "`--target-python`: there is no Python 3.99"),
        ({"select": ["CCL412"]}, "`--select`: no rule is called `CCL412`"),
        ({"per_file_ignores": ["CCL3"]}, "`--per-file-ignores`: `CCL3` names no pattern and codes"),
        ({"exclude": ["!"]}, "`--exclude`: `!` is no pattern"),
    ],
)
def test_a_wrong_option_is_named(tmp_path: Path, options: dict[str, object], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, **options)  # type: ignore[arg-type]
    assert str(caught.value).startswith(text)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("selct", "select"),
        ("ignores", "ignore"),
        ("per_file_ignores", "per-file-ignores"),
        ("target_version", "target-python"),
        ("extend-excludes", "extend-exclude"),
    ],
)
def test_an_unknown_key_names_the_nearest(tmp_path: Path, key: str, nearest: str) -> None:
    said = complaint(tmp_path, f"{key} = []")
    assert said == f"unknown key `{key}` in [tool.concurlint]; the nearest is `{nearest}`"


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ('select = "CCL1"', "`select` must be a list of texts, not text"),
        ("select = [1]", "`select` must be a list of texts, but holds a number"),
        ("advice = 1", "`advice` must be true or false, not a number"),
        ("exclude = true", "`exclude` must be a list of texts, not true"),
        ('exclude = ["!"]', "`exclude`: `!` is no pattern; write it as a line of .gitignore"),
        ("target-python = 3.11", '`target-python` must be text such as "3.11", not a number'),
        ('target-python = "3.99"', "`target-python`: there is no Python 3.99; the newest known is 3.16"),
        ('select = ["CCL999"]', "`select`: no rule is called `CCL999`; the nearest is `CCL909`"),
        ('ignore = ["needles-shell"]', "`ignore`: no rule is called `needles-shell`; the nearest is `needless-shell`"),
        ('target-python = "2.7"', "`target-python`: `2.7` is no Python version; write it as 3.11"),
        ('target-python = "3.11.2"', "`target-python`: `3.11.2` is no Python version; write it as 3.11"),
        (
            'target-platform = "bsd"',
            "`target-platform`: `bsd` is no platform; write one of linux, macos, windows, all",
        ),
        (
            'per-file-ignores = ["a.py"]',
            '`per-file-ignores` must be a table such as { "tests/*" = ["CCL301"] }, not a list',
        ),
        (
            'per-file-ignores = { "a.py" = "CCL1" }',
            "`per-file-ignores.a.py` must be a list of texts, not text",
        ),
        (
            'per-file-ignores = { "!" = [] }',
            "`per-file-ignores`: `!` is no pattern; write it as a line of .gitignore",
        ),
        (
            "calls = 2026-01-01",
            '`calls` must be a table of tables such as { "mylib.fetch" = { effect = "block_net" } }, '
            "not a date or time",
        ),
        ('calls = { "a.b" = "block_net" }', "`calls.a.b` must be a table, not text"),
        ('roles = { "a.b" = "thread" }', "`roles.a.b` must be a table, not text"),
        ("roles = 1", '`roles` must be a table of tables such as { "mylib.job" = { on = "thread" } }, not a number'),
    ],
)
def test_a_wrong_value_is_said_in_one_line(tmp_path: Path, table: str, said: str) -> None:
    assert complaint(tmp_path, table) == said


@pytest.mark.parametrize("code", ["E501", "CCL3011", "CCL3x", "shared", "Shared-Write", "-x", ""])
def test_what_looks_like_no_code_and_no_name_is_refused(tmp_path: Path, code: str) -> None:
    assert complaint(tmp_path, f'ignore = ["{code}"]').startswith(f"`ignore`: `{code}` is no code and no name")


def test_the_table_must_be_a_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool]\nconcurlint = 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"`tool.concurlint` must be a table, not a number"):
        load(tmp_path)


def test_broken_toml_is_said_with_its_line(tmp_path: Path) -> None:
    said = complaint(tmp_path, "select = [", before="")
    assert said.startswith("is not valid TOML: ")
    assert "line" in said
    assert said.endswith("; mend that line")


def test_a_file_that_is_not_utf8_is_said(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        load(tmp_path)


def test_the_nearest_table_counts_and_a_pyproject_without_one_is_passed_by(tmp_path: Path) -> None:
    project(tmp_path, 'select = ["CCL1"]')
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "pyproject.toml").write_text('[project]\nrequires-python = ">=3.10"\n', encoding="utf-8")
    config = load(inner)
    assert (config.root, config.select, config.target_python) == (tmp_path, ("CCL1",), (3, 10))


@pytest.mark.parametrize("name", ["concurlint.toml", ".concurlint.toml"])
def test_a_file_of_our_own_is_a_table_and_comes_before_pyproject(tmp_path: Path, name: str) -> None:
    project(tmp_path, 'select = ["CCL1"]', before='[project]\nrequires-python = ">=3.12"')
    (tmp_path / name).write_text('ignore = ["CCL303"]\n', encoding="utf-8")
    config = load(tmp_path)
    assert (config.root, config.select, config.ignore, config.target_python) == (tmp_path, (), ("CCL303",), (3, 12))
    (tmp_path / name).write_text("selct = []\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=rf"{name}: unknown key `selct` in the table; the nearest is `select`"):
        load(tmp_path)


def test_a_table_extends_another(tmp_path: Path) -> None:
    shared = """
advice = true
ignore = ["CCL303"]
exclude = ["/generated/", "inner/old/"]
per-file-ignores = { "tests/*" = ["CCL301"] }
"""
    (tmp_path / "shared.toml").write_text(shared, encoding="utf-8")
    inner = tmp_path / "inner"
    inner.mkdir()
    table = """
extend = "../shared.toml"
extend-ignore = ["CCL304"]
extend-exclude = ["new/*"]
extend-per-file-ignores = { "*.py" = ["CCL302"] }
"""
    config = load(project(inner, table))
    assert (config.root, config.advice, config.ignore) == (inner, True, ("CCL303", "CCL304"))
    assert config.exclude == ("/old/", "new/*")
    assert config.per_file_ignores == {"*.py": ("CCL302",)}


def test_tables_that_extend_each_other_are_told(tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text('extend = "pyproject.toml"\n', encoding="utf-8")
    project(tmp_path, 'extend = "other.toml"')
    with pytest.raises(ConfigError, match=r"other.toml: `extend` leads back to .*pyproject.toml"):
        load(tmp_path)


def test_isolated_no_file_is_read(tmp_path: Path) -> None:
    project(tmp_path, "selct = 1")
    assert Nearest(isolated=True).of(tmp_path) == Config(root=tmp_path)


def test_one_table_may_stand_for_all_and_pairs_over_it(tmp_path: Path) -> None:
    project(tmp_path, 'select = ["CCL1"]\nadvice = true')
    table = Layer("other.toml", tmp_path, {"select": ["CCL2"], "ignore": ["CCL201"]})
    pairs = Layer("--config", tmp_path, {"target-python": "3.12"})
    settings = Nearest({"ignore": ["CCL202"]}, pairs=pairs, table=table)
    assert settings.of(tmp_path / "a.py") == Config(
        root=tmp_path, select=("CCL2",), ignore=("CCL201", "CCL202"), target_python=(3, 12)
    )


def test_a_script_has_its_own_settings(tmp_path: Path) -> None:
    project(tmp_path, 'ignore = ["CCL303"]')
    path = tmp_path / "job.py"
    script = b"""#!/usr/bin/env python3
# /// script
# requires-python = ">=3.12"
# dependencies = ["requests"]
# ///
import requests
"""
    settings = Nearest()
    required = settings.of(path, script)
    assert (required.ignore, required.target_python) == (("CCL303",), (3, 12))
    own = settings.of(path, script.replace(b"# ///\nimport", b"#\n# [tool.concurlint]\n# advice = true\n# ///\nimport"))
    assert (own.root, own.ignore, own.advice, own.target_python) == (tmp_path, (), True, (3, 12))
    assert settings.of(path, b"import requests\n") == settings.of(tmp_path)
    with pytest.raises(ConfigError, match=r"job.py: the block `script`: is not valid TOML"):
        settings.of(path, b"# /// script\n# x = \n# ///\n")


def test_where_each_setting_comes_from_is_known(tmp_path: Path) -> None:
    project(tmp_path, 'ignore = ["CCL303"]\nadvice = true', before='[project]\nrequires-python = ">=3.10"')
    where = Nearest({"ignore": ["CCL304"]}).origins(tmp_path / "a.py").where
    file = str(tmp_path / "pyproject.toml")
    assert dict(where) == {
        "ignore": (file, "the command line"),
        "advice": (file,),
        "target-python": (f"{file}: requires-python",),
    }


@pytest.mark.parametrize(
    ("required", "target"),
    [
        (">=3.9", (3, 9)),
        (">=3.10,<4", (3, 10)),
        (">= 3.8, != 3.8.1", (3, 8)),
        ("~=3.11", (3, 11)),
        ("~=3.11.4", (3, 11)),
        ("==3.12.*", (3, 12)),
        (">=3.11.9", (3, 11)),
        (">3.9", (3, 9)),
        (">=3.9,!=3.9.*", (3, 10)),
        (">=2.7", (3, 0)),
        ("<4", sys.version_info[:2]),
        ("", sys.version_info[:2]),
        (">=4", sys.version_info[:2]),
    ],
)
def test_the_lower_bound_of_requires_python_is_the_target(
    tmp_path: Path, required: str, target: tuple[int, int]
) -> None:
    project(tmp_path, "", before=f'[project]\nrequires-python = "{required}"')
    assert load(tmp_path).target_python == target


def test_target_python_wins_over_requires_python(tmp_path: Path) -> None:
    project(tmp_path, 'target-python = "3.14"', before='[project]\nrequires-python = "nonsense"')
    assert load(tmp_path).target_python == (3, 14)


@pytest.mark.parametrize("required", ['"three"', "3.11"])
def test_a_requires_python_that_says_nothing_is_an_error(tmp_path: Path, required: str) -> None:
    said = complaint(tmp_path, "", before=f"[project]\nrequires-python = {required}")
    assert said.startswith("`requires-python` is no version specifier")


def test_every_error_and_warning_is_wanted_by_default() -> None:
    config = Config(root=Path())
    assert config.wants(*RACE, "a.py")
    assert config.wants(*UNREADABLE, "a.py")


@pytest.mark.parametrize("pattern", ["CCL", "CCL3", "CCL30", "CCL301", "shared-write-unlocked"])
def test_select_and_ignore_take_prefixes_and_names(pattern: str) -> None:
    assert Config(root=Path(), select=(pattern,)).wants(*RACE, "a.py")
    assert not Config(root=Path(), ignore=(pattern,)).wants(*RACE, "a.py")


def test_what_is_not_selected_is_not_wanted() -> None:
    config = Config(root=Path(), select=("CCL4", "lock-made-per-use"))
    assert not config.wants(*RACE, "a.py")


@pytest.mark.parametrize(
    ("select", "ignore", "wanted"),
    [
        ("CCL301", "CCL3", True),
        ("CCL3", "CCL301", False),
        ("CCL3", "CCL3", False),
        ("CCL3", "shared-write-unlocked", False),
        ("shared-write-unlocked", "CCL3", True),
        ("shared-write-unlocked", "CCL301", False),
        ("CCL3", "CCL4", True),
    ],
)
def test_the_closer_of_select_and_ignore_wins(select: str, ignore: str, wanted: bool) -> None:
    assert Config(root=Path(), select=(select,), ignore=(ignore,)).wants(*RACE, "a.py") == wanted


def test_advice_is_wanted_only_when_asked_for() -> None:
    assert not Config(root=Path()).wants(*ADVICE, "a.py")
    assert Config(root=Path(), advice=True).wants(*ADVICE, "a.py")


@pytest.mark.parametrize(
    ("select", "wanted"),
    [("CCL", False), ("CCL6", True), ("CCL601", True), ("threads-managed-by-hand", True), ("CCL3", False)],
)
def test_advice_is_asked_for_by_a_family_a_code_or_a_name(select: str, wanted: bool) -> None:
    assert Config(root=Path(), select=(select,)).wants(*ADVICE, "a.py") == wanted


def test_an_unreadable_file_is_reported_whatever_is_selected() -> None:
    assert Config(root=Path(), select=("CCL3",)).wants(*UNREADABLE, "a.py")
    assert not Config(root=Path(), select=("CCL3",), ignore=("CCL001",)).wants(*UNREADABLE, "a.py")


@pytest.mark.parametrize(
    ("glob", "relpath", "wanted"),
    [
        ("tests/*", "tests/a.py", False),
        ("tests/*", "tests/deep/a.py", False),
        ("tests/", "src/tests/a.py", False),
        ("/tests/", "src/tests/a.py", True),
        ("conftest.py", "tests/conftest.py", False),
        ("**/gen_*.py", "a/b/gen_x.py", False),
        ("tests/*", "src/a.py", True),
    ],
)
def test_per_file_ignores_match_like_a_gitignore(glob: str, relpath: str, wanted: bool) -> None:
    config = Config(root=Path(), per_file_ignores={glob: ("CCL3",)})
    assert config.wants(*RACE, relpath) == wanted
    assert config.wants("CCL401", "shell-string-command", "error", relpath)


def test_per_file_ignores_win_over_select() -> None:
    config = Config(root=Path(), select=("CCL301",), per_file_ignores={"a.py": ("CCL",)})
    assert not config.wants(*RACE, "a.py")


def test_rules_about_free_threading_are_on_for_that_target_or_when_named(tmp_path: Path) -> None:
    ordinary = load(project(tmp_path, ""))
    assert not ordinary.wants("CCL701", "relies-on-gil", "warning", "a.py")
    free = load(tmp_path, free_threaded=True)
    assert free.wants("CCL701", "relies-on-gil", "warning", "a.py")
    assert free.wants("CCL703", "extension-may-enable-gil", "advice", "a.py")
    assert not free.wants("CCL601", "threads-managed-by-hand", "advice", "a.py")
    assert load(tmp_path, select=["CCL701"]).wants("CCL701", "relies-on-gil", "warning", "a.py")
