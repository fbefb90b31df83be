"""Fetches released wheels from the package index and unpacks them: real code to take figures on."""

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

# Where downloads stay between runs unless --cache says otherwise.
CACHE = Path(tempfile.gettempdir()) / "concurlint-benchmarks"


def unpack(name: str, version: str, folder: Path, cache: Path) -> None:
    """Unpack the wheel of `name` at `version` into `folder`; CalledProcessError when it can't be had."""
    with zipfile.ZipFile(_wheel(name, version, cache / "wheels")) as archive:
        archive.extractall(folder)


def _wheel(name: str, version: str, folder: Path) -> Path:
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    if not any(folder.glob(pattern)):
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--dest", str(folder), f"{name}=={version}"], check=True)
    return next(folder.glob(pattern))
