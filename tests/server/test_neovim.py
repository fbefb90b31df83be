"""The language server in a real editor: Neovim, headless, shows the diagnostics of a file that is typed into."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import ROOT

NEOVIM = shutil.which("nvim")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(NEOVIM is None, reason="no nvim on this machine")]

# What a user's init.lua does on Neovim before 0.11, and then what the user does.
SESSION = """
local command = vim.fn.json_decode(vim.env.SERVER)
local client = vim.lsp.start_client({ name = "concurlint", cmd = command, root_dir = vim.fn.getcwd() })
vim.cmd("edit app.py")
vim.lsp.buf_attach_client(0, client)

local function seen(wanted)
  local function there()
    local codes = {}
    for _, one in ipairs(vim.diagnostic.get(0)) do
      table.insert(codes, one.code .. ":" .. (one.lnum + 1))
    end
    return table.concat(codes, " ") == wanted
  end
  local ok = vim.wait(120000, there, 50)
  return { ok = ok, found = vim.diagnostic.get(0) }
end

local steps = {}
table.insert(steps, seen("CCL501:5"))
vim.api.nvim_buf_set_lines(0, 4, 5, false, { "    await asyncio.sleep(1)" })
table.insert(steps, seen(""))
vim.api.nvim_buf_set_lines(0, 4, 5, false, { "    pass", "    time.sleep(2)" })
table.insert(steps, seen("CCL501:6"))
local hover = vim.lsp.buf_request_sync(0, "textDocument/hover", {
  textDocument = vim.lsp.util.make_text_document_params(),
  position = { line = 5, character = 6 },
}, 60000)
table.insert(steps, hover[client].result.contents.value)
vim.fn.writefile({ vim.fn.json_encode(steps) }, "seen.json")
vim.cmd("qall!")
"""


def test_neovim_shows_what_is_typed(tmp_path: Path):
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "app.py").write_text(
        "import asyncio\nimport time\n\nasync def main():\n    time.sleep(1)\n", encoding="utf-8"
    )
    (tmp_path / "session.lua").write_text(SESSION, encoding="utf-8")
    assert NEOVIM is not None
    server = json.dumps([sys.executable, "-m", "concurlint", "server"])
    done = subprocess.run(
        [NEOVIM, "--headless", "--clean", "-n", "-c", "luafile session.lua", "-c", "cquit"],
        cwd=tmp_path,
        env={**os.environ, "SERVER": server, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert (tmp_path / "seen.json").exists(), done.stderr
    opened, mended, typed, hover = json.loads((tmp_path / "seen.json").read_text(encoding="utf-8"))
    assert [step["ok"] for step in (opened, mended, typed)] == [True, True, True]
    (found,) = opened["found"]
    assert (found["source"], found["severity"], found["message"].splitlines()[0]) == (
        "concurlint",
        2,
        "`time.sleep` blocks the event loop",
    )
    assert "An event loop runs on one thread" in hover
