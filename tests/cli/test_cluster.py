"""A cluster of two workers on this machine reads the files: the findings are those of one process, whatever dies."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from concurlint.cli import main
from concurlint.config import Nearest
from concurlint.linting import lint

distributed = pytest.importorskip("distributed")

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Some hundred files of other people's, the current folder."""
    home = tmp_path / "tree"
    home.mkdir()
    for package in ("execnet", "xdist"):
        spec = find_spec(package)
        assert spec is not None
        assert spec.origin is not None
        (home / package).mkdir()
        for path in Path(spec.origin).parent.glob("*.py"):
            (home / package / path.name).write_bytes(path.read_bytes())
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[tuple[str, list[int]]]:
    """The address of a scheduler, and the ids of its two workers, processes of their own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    python = [sys.executable, "-m"]
    quiet: dict[str, Any] = {"env": environment, "cwd": tmp_path, "stderr": subprocess.DEVNULL}
    address = tmp_path / "scheduler.json"
    options = ["--scheduler-file", str(address), "--no-dashboard"]
    scheduler = ["distributed.cli.dask_scheduler", *options, "--host", "127.0.0.1", "--port", "0"]
    started = [subprocess.Popen([*python, *scheduler], **quiet)]
    worker = ["distributed.cli.dask_worker", *options, "--nthreads", "1", "--no-nanny", "--host", "127.0.0.1"]
    started += [subprocess.Popen([*python, *worker], **quiet) for _ in range(2)]
    try:
        with distributed.Client(scheduler_file=str(address), timeout=60) as client:
            client.wait_for_workers(2, timeout=60)
            where = client.scheduler.address
        yield where, [process.pid for process in started[1:]]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


def _check(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    status = main(["check", "--no-cache", "--pedantic", *arguments])
    return status, capsys.readouterr().out


def test_a_cluster_finds_what_one_process_finds(
    tree: Path, cluster: tuple[str, list[int]], capsys: pytest.CaptureFixture[str]
):
    alone = _check(capsys, "-j1")
    assert alone[0] == 1
    assert _check(capsys, "--scheduler", cluster[0]) == alone


def test_a_worker_that_dies_costs_time_only(tree: Path, cluster: tuple[str, list[int]]):
    alone = lint([tree], Nearest())
    with distributed.Client(cluster[0]) as client, client.get_executor() as executor:
        os.kill(cluster[1][0], signal.SIGKILL)
        shared = lint([tree], Nearest(), executor=executor)
    assert (shared.findings, shared.texts) == (alone.findings, alone.texts)


def test_where_nobody_answers_that_is_said(tree: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["check", "--scheduler", "nonsense"]) == 2
    assert capsys.readouterr().err == "concurlint: --scheduler: nobody answers at nonsense\n"


def test_any_executor_will_do(tree: Path):
    with ThreadPoolExecutor(2) as executor:
        shared = lint([tree], Nearest(), executor=executor)
    assert shared.findings == lint([tree], Nearest()).findings


class _Broken(Executor):
    """Takes work and does none of it."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        future.set_exception(ConnectionError("gone"))
        return future


def test_where_all_workers_are_gone_this_process_does_it_all(tree: Path):
    assert lint([tree], Nearest(), executor=_Broken()).findings == lint([tree], Nearest()).findings
