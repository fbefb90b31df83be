"""The public names: what programs may import, and what the functions behind them give."""

import subprocess
import sys
from pathlib import Path

import pytest

import concurlint
from concurlint.config import ConfigError

SLEEPER = "import time\n\n\nasync def wait():\n    time.sleep(1)\n"


def test_every_public_name_can_be_imported():
    assert [name for name in concurlint.__all__ if getattr(concurlint, name, None) is None] == []


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'lnit'"):
        concurlint.lnit  # type: ignore[attr-defined]  # noqa: B018


def test_the_functions_stay_functions_when_the_command_line_has_been_imported():
    # A module of the same name would take the function's place in the package.
    code = "import concurlint.cli, concurlint; assert callable(concurlint.lint) and callable(concurlint.profile)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_the_package_imports_nothing_but_its_version():
    code = "import sys, concurlint; print(sorted(m for m in sys.modules if m.startswith(('concurlint.', 'libcst'))))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "['concurlint.version']\n"


def test_lint_gives_the_findings_of_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "app.py").write_text(SLEEPER, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = concurlint.lint()
    assert [(f.code, f.span.path, f.span.line, f.level) for f in result.findings] == [
        ("CCL501", "app.py", 5, concurlint.Level.WARNING)
    ]
    assert concurlint.lint("app.py", ignore=["CCL5"]).findings == ()


def test_settings_of_the_project_count_and_arguments_go_before_them(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text('[tool.concurlint]\nselect = ["CCL4"]\n', encoding="utf-8")
    (tmp_path / "app.py").write_text(SLEEPER, encoding="utf-8")
    assert concurlint.lint(tmp_path).findings == ()
    assert [f.code for f in concurlint.lint(tmp_path, select=["CCL501"]).findings] == ["CCL501"]


def test_a_rule_that_nobody_knows_is_an_error(tmp_path: Path):
    with pytest.raises(ConfigError, match="no rule is called `CCL999`"):
        concurlint.lint(tmp_path, select=["CCL999"])
    with pytest.raises(TypeError, match="not one text"):
        concurlint.lint(tmp_path, select="CCL301")


def test_errors_have_one_base(tmp_path: Path):
    with pytest.raises(concurlint.UserError, match="no such file or folder"):
        concurlint.lint(tmp_path / "missing")


def test_a_profile_wants_a_script_or_a_module():
    with pytest.raises(TypeError, match="either a script or a module"):
        concurlint.profile()
    with pytest.raises(TypeError, match="either a script or a module"):
        concurlint.profile("app.py", module="app")
