"""`concurlint server` from a command line."""

import os
import pty
import subprocess
import sys

from tests.pages import ROOT

ENV = {**os.environ, "PYTHONPATH": str(ROOT)}


def test_without_pygls_it_is_told_what_to_install():
    code = "import sys; sys.modules['pygls'] = None; from concurlint.cli import main; sys.exit(main(['server']))"
    done = subprocess.run([sys.executable, "-c", code], env=ENV, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        2,
        "concurlint: the server needs pygls: `pip install 'concurlint[server]'`\n",
    )


def test_somebody_who_starts_it_by_hand_is_told_what_it_is_for():
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "concurlint", "server"]
    done = subprocess.run(command, env=ENV, stdin=terminal, capture_output=True, text=True, check=False)
    os.close(main)
    os.close(terminal)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ("concurlint: nobody types the protocol by hand: have an editor start `concurlint server`\n")


def test_it_ends_with_its_input():
    command = [sys.executable, "-m", "concurlint", "server", "--stdio"]
    done = subprocess.run(command, env=ENV, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, b"")
