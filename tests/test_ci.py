"""What runs concurlint elsewhere: the GitHub action, the GitLab component, completions of a shell."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.pages import ROOT

BIN = Path(sys.executable).parent
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
SPEC, JOB = (ROOT / "templates" / "concurlint.yml").read_text(encoding="utf-8").split("\n---\n")
BAD = "import time\n\n\nasync def main():\n    time.sleep(1)\n"

bash = pytest.mark.skipif(shutil.which("bash") is None, reason="no bash on this machine")


def valid(schema: str, *files: Path) -> str:
    """What check-jsonschema has against the files; nothing if they are as the schema wants them."""
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def script(name: str) -> str:
    """The shell script of the action's step of that name."""
    (step,) = [step for step in ACTION["runs"]["steps"] if step.get("name") == name]
    text = step["run"]
    assert isinstance(text, str)
    return text


def step(folder: Path, name: str, **inputs: str) -> tuple[int, str, dict[str, str]]:
    """Run a step as a runner does: status, output, and the outputs it sets."""
    (folder / "temp").mkdir(exist_ok=True)
    outputs = folder / "temp" / "outputs"
    outputs.write_text("", encoding="utf-8")
    env = {
        **os.environ,
        "RUNNER_TEMP": str(folder / "temp"),
        "GITHUB_OUTPUT": str(outputs),
        "GITHUB_ENV": str(outputs),
        "GITHUB_ACTION_PATH": str(ROOT),
        "CONCURLINT": str(folder / "temp" / "concurlint"),
        "PYTHONPATH": str(ROOT),
        **inputs,
    }
    # The concurlint of this checkout, called as that of the action's own environment is.
    own = folder / "temp" / "concurlint"
    own.write_text(f'#!/bin/sh\nexec {sys.executable} -m concurlint "$@"\n', encoding="utf-8")
    own.chmod(0o755)
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script(name)]
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    said = dict(line.split("=", 1) for line in outputs.read_text(encoding="utf-8").splitlines())
    return done.returncode, done.stdout + done.stderr, said


def test_the_action_and_the_component_are_as_their_hosts_want_them(tmp_path: Path):
    assert valid("github-actions", ROOT / "action.yml") == ""
    inputs = yaml.safe_load(SPEC)["spec"]["inputs"]
    (tmp_path / "job.yml").write_text(filled(JOB, {name: of["default"] for name, of in inputs.items()}))
    assert valid("gitlab-ci", tmp_path / "job.yml") == ""
    assert set(re.findall(r"\$\[\[ inputs\.(\w+) \]\]", JOB)) == set(inputs)


def filled(job: str, inputs: dict[str, str]) -> str:
    """The job with its inputs put in."""
    return re.sub(r"\$\[\[ inputs\.(\w+) \]\]", lambda found: inputs[found[1]], job)


@bash
def test_the_action_annotates_and_leaves_sarif(tmp_path: Path):
    (tmp_path / "app.py").write_text(BAD, encoding="utf-8")
    inputs = {"PATHS": "app.py", "ARGS": "", "ANNOTATIONS": "true"}
    status, said, outputs = step(tmp_path, "Check", **inputs)
    assert status == 1, said
    assert "::warning title=concurlint (CCL501 blocking-call-in-async),file=app.py,line=5," in said
    assert outputs["status"] == "1"
    log = json.loads(Path(outputs["sarif-file"]).read_text(encoding="utf-8"))
    assert [result["ruleId"] for result in log["runs"][0]["results"]] == ["CCL501"]


@bash
def test_paths_and_options_of_the_action_are_words_and_nothing_in_them_is_run(tmp_path: Path):
    for name in ("app.py", "with space.py", "other.py"):
        (tmp_path / name).write_text(BAD, encoding="utf-8")
    inputs = {"PATHS": "app.py 'with space.py' $(touch ran)", "ARGS": "--select CCL5", "ANNOTATIONS": "false"}
    status, said, _ = step(tmp_path, "Check", **inputs)
    assert (status, (tmp_path / "ran").exists()) == (2, False)
    assert "no such file or folder" in said
    inputs["PATHS"] = "app.py 'with space.py'"
    status, said, _ = step(tmp_path, "Check", **inputs)
    assert status == 1
    assert [line.partition(":")[0] for line in said.splitlines() if "CCL501" in line] == ["app.py", "with space.py"]


@bash
def test_a_clean_project_passes_with_the_defaults_of_the_action(tmp_path: Path):
    (tmp_path / "app.py").write_text("print(1)\n", encoding="utf-8")
    defaults = {name: of["default"] for name, of in ACTION["inputs"].items()}
    inputs = {"PATHS": defaults["paths"], "ARGS": defaults["args"], "ANNOTATIONS": defaults["annotations"]}
    status, said, outputs = step(tmp_path, "Check", **inputs)
    assert (status, outputs["status"]) == (0, "0"), said


@bash
def test_the_component_writes_a_code_quality_report(tmp_path: Path):
    (tmp_path / "app.py").write_text(BAD, encoding="utf-8")
    defaults = {name: of["default"] for name, of in yaml.safe_load(SPEC)["spec"]["inputs"].items()}
    job = yaml.safe_load(filled(JOB, defaults))["concurlint"]
    env = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        ["bash", "-ec", "\n".join(job["script"])], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.splitlines()[0]) == (
        1,
        "app.py:5:5: CCL501 `time.sleep` blocks the event loop",
    )
    report = json.loads((tmp_path / job["artifacts"]["reports"]["codequality"]).read_text(encoding="utf-8"))
    jsonschema.validate(report, json.loads((ROOT / "tests/report/gitlab.schema.json").read_text(encoding="utf-8")))
    assert [finding["check_name"] for finding in report] == ["CCL501"]


def completing() -> dict[str, str]:
    """An environment in which `concurlint` is the one of this checkout."""
    return {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "TERM": "dumb"}


@pytest.mark.skipif(shutil.which("fish") is None, reason="no fish on this machine")
def test_fish_completes_commands_and_options(tmp_path: Path):
    asked = """\
_CONCURLINT_COMPLETE=fish_source concurlint | source
complete -C 'concurlint ch' | string split \\t -f 1
complete -C 'concurlint check --free' | string split \\t -f 1
"""
    env = {**completing(), "HOME": str(tmp_path)}
    done = subprocess.run(["fish", "-c", asked], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["check", "--free-threaded"], done.stderr


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh on this machine")
def test_zsh_completes_a_command(tmp_path: Path):
    """In a terminal of its own: what is typed, then the key that completes."""
    asked = """\
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1=; autoload -Uz compinit && compinit -u -D'
zpty -w shell 'eval "$(_CONCURLINT_COMPLETE=zsh_source concurlint)"; echo re''ady'
zpty -r -m shell said '*ready*'
zpty -w -n shell $'concurlint exp\\t'
zpty -r -m shell said '*concurlint explain *' && echo completed
zpty -d shell
"""
    env = {**completing(), "HOME": str(tmp_path)}
    done = subprocess.run(["zsh", "-f", "-c", asked], env=env, capture_output=True, text=True, check=False, timeout=120)
    assert "completed" in done.stdout, done.stdout + done.stderr


@bash
def test_bash_completes_commands_and_options(tmp_path: Path):
    asked = """\
source <(_CONCURLINT_COMPLETE=bash_source concurlint)
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _concurlint_completion concurlint
    echo "${COMPREPLY[@]}"
}
ask concurlint ch
ask concurlint check --free
ask concurlint profile --spee
"""
    done = subprocess.run(["bash", "-c", asked], env=completing(), capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["check", "--free-threaded", "--speedscope"], done.stderr
