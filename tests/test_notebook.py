"""`%%concurlint` in a real kernel, run by a real client of notebooks."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from concurlint.notebook import History, check
from tests.pages import ROOT
from tests.runtime.test_recording import why_skipped

SETUP = "%load_ext concurlint"
WAIT = "import time\n\n\ndef wait():\n    time.sleep(0.7)\n"
ASKS = "async def main():\n    wait()\n"


def run(folder: Path, *cells: str) -> list[list[str]]:
    """The outputs of each cell, as plain text; of an error its name and its message."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    env = {**os.environ, "PYTHONPATH": str(ROOT), "IPYTHONDIR": str(folder / ".ipython")}
    client = NotebookClient(
        notebook, timeout=300, allow_errors=True, resources={"metadata": {"path": str(folder)}}, kernel_name="python3"
    )
    client.execute(env=env)
    return [[_plain(output) for output in cell.outputs] for cell in notebook.cells]


def _plain(output: nbformat.NotebookNode) -> str:
    if output.output_type == "error":
        return f"{output.ename}: {output.evalue}"
    if output.output_type == "stream":
        return str(output.text)
    assert output.data["text/html"].startswith("<pre ")
    return str(output.data["text/plain"])


def test_a_finding_stands_in_its_cell_and_its_chain_in_those_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    found = check(History([(1, "x = 1"), (4, WAIT), (5, ASKS)]))
    (finding,) = found.findings
    (step,) = finding.trace
    assert (finding.code, finding.span.path, finding.span.line) == ("CCL501", "cell 5", 2)
    assert (step.span.path, step.span.line) == ("cell 4", 5)
    assert found.texts["cell 4"] == WAIT


def test_faults_of_earlier_cells_are_not_told_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert check(History([(1, WAIT), (2, ASKS), (3, "y = 2\n")])).findings == ()


def test_modules_beside_the_notebook_are_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "helper.py").write_text(WAIT, encoding="utf-8")
    (finding,) = check(History([(1, "import helper\n\n\nasync def main():\n    helper.wait()\n")])).findings
    assert (finding.code, finding.trace[0].span.path) == ("CCL501", "helper.py")


@pytest.mark.slow
def test_a_cell_is_checked_without_being_run(tmp_path: Path):
    *_, asked, after = run(tmp_path, SETUP, WAIT, f"%%concurlint --check\n{ASKS}", "%%concurlint --check --no-check\n1")
    (said,) = asked
    assert said.startswith("cell 3:2:5 CCL501 blocking-call-in-async warning\n")
    assert "cell 2:5:5" in said
    assert after == ["UsageError: --check and --no-check exclude each other"] or "exclude each other" in after[0]


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.skipif(bool(why_skipped()), reason=why_skipped())
def test_a_cell_is_checked_run_and_profiled(tmp_path: Path):
    cells = (
        SETUP,
        WAIT,
        "%%concurlint --html run.html\nfor _ in range(2):\n    wait()\nanswer = 42\n",
        "print(answer)",
        "%%concurlint --no-check\n1 / 0",
        "%%concurlint --no-check\nimport asyncio\nawait asyncio.sleep(0)\n",
    )
    _, _, profiled, printed, failed, awaiting = run(tmp_path, *cells)
    checked, measured = profiled
    assert checked.strip() == "nothing to find fault with"
    assert measured.startswith("cell 3: 1.")
    assert "cell_2.py" in measured
    assert "time.sleep(0.7)" in measured
    assert "Heartbeat" not in measured
    assert printed == ["42\n"]
    assert failed[-1] == "ZeroDivisionError: division by zero"
    assert "cannot be profiled" in awaiting[-1]
    assert "cell_2.py" in (tmp_path / "run.html").read_text(encoding="utf-8")
