"""The hook, run by the real pre-commit: a bad commit is refused, a good one passes."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.pages import ROOT

BAD = "import subprocess\n\n\ndef show(name):\n    subprocess.run('ls ' + name, shell=True, check=True)\n"
GOOD = BAD.replace("'ls ' + name, shell=True", "['ls', name]")
CONFIG = """\
repos:
  - repo: {repo}
    rev: {rev}
    hooks:
      - id: concurlint
"""


@dataclass(frozen=True)
class Workplace:
    """A repository with our hook installed, and the environment its commands run in."""

    folder: Path
    environment: dict[str, str]

    def git(self, *arguments: str, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        command = ["git", "-c", "commit.gpgsign=false", *arguments]
        return self.run(command, folder=folder)

    def run(self, command: list[str], *, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder or self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


def require_package_index(folder: Path) -> None:
    """Skip where pip cannot get what a wheel of ours is built with."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
        "hatchling",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"pip reaches no package index: {done.stderr.strip().splitlines()[-1:]}")


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's git or pre-commit is read or written."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("GIT_", "PRE_COMMIT", "VIRTUAL_ENV", "PYTHONPATH", "FORCE_COLOR"))
    }
    names = {f"GIT_{who}_{what}": "x" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return {
        **kept,
        **names,
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "PRE_COMMIT_HOME": str(folder / "pre-commit"),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
    }


def snapshot(place: Workplace, folder: Path) -> str:
    """A repository of this working tree as it is now, committed or not; its commit."""
    listed = place.git("ls-files", "-z", "--cached", "--others", "--exclude-standard", folder=ROOT)
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    if not names:  # an unpacked sdist is no repository
        names = [path.relative_to(ROOT).as_posix() for path in ROOT.rglob("*") if path.is_file()]
    for name in names:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, target)
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "as it is"]):
        done = place.git(*command, folder=folder)
        assert done.returncode == 0, done.stderr
    return place.git("rev-parse", "HEAD", folder=folder).stdout.strip()


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    """A repository whose commits go through our hook."""
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    top = tmp_path_factory.mktemp("precommit")
    require_package_index(top / "index")
    place = Workplace(top / "work", environment(top))
    place.folder.mkdir()
    revision = snapshot(place, top / "hooks")
    config = CONFIG.format(repo=top / "hooks", rev=revision)
    (place.folder / ".pre-commit-config.yaml").write_text(config, encoding="utf-8")
    place.git("init", "--quiet")
    done = place.run([sys.executable, "-m", "pre_commit", "install", "--install-hooks"])
    assert done.returncode == 0, done.stdout + done.stderr
    return place


@pytest.mark.slow
def test_a_bad_commit_is_refused_and_a_good_one_passes(workplace: Workplace):
    path = workplace.folder / "show.py"
    path.write_text(BAD, encoding="utf-8")
    workplace.git("add", "--all")
    refused = workplace.git("commit", "-m", "bad")
    assert refused.returncode == 1
    assert "show.py:5:5: CCL401 " in refused.stdout + refused.stderr
    assert workplace.git("rev-parse", "--verify", "HEAD").returncode != 0

    path.write_text(GOOD, encoding="utf-8")
    workplace.git("add", "--all")
    passed = workplace.git("commit", "-m", "good")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert workplace.git("rev-parse", "--verify", "HEAD").returncode == 0


@pytest.mark.slow
def test_the_hook_that_mends_changes_the_file_and_stops_the_commit(workplace: Workplace):
    config = workplace.folder / ".pre-commit-config.yaml"
    before = config.read_text(encoding="utf-8")
    config.write_text(before.replace("id: concurlint", "id: concurlint-fix"), encoding="utf-8")
    path = workplace.folder / "update.py"
    path.write_text("import os\n\nos.system('git fetch --all')\n", encoding="utf-8")
    workplace.git("add", "--all")
    done = workplace.run([sys.executable, "-m", "pre_commit", "run", "concurlint-fix"])
    config.write_text(before, encoding="utf-8")
    after = path.read_text(encoding="utf-8")
    path.unlink()
    workplace.git("add", "--all")
    assert done.returncode == 1
    assert "mended 1 finding in 1 file: CCL402 1" in done.stdout
    assert after == 'import os\nimport subprocess\n\nsubprocess.run(["git", "fetch", "--all"])\n'


@pytest.mark.slow
def test_a_commit_without_python_is_not_checked(workplace: Workplace):
    (workplace.folder / "notes.md").write_text("os.system('ls ' + name)\n", encoding="utf-8")
    workplace.git("add", "--all")
    done = workplace.run([sys.executable, "-m", "pre_commit", "run", "concurlint"])
    assert done.returncode == 0
    assert "no files to check" in done.stdout
