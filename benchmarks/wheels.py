"""Fetches released wheels and source archives from the package index and unpacks them: real code to take figures on."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import tempfile
import urllib.parse
import urllib.request
import zipfile
from pathlib import Path

# Where downloads stay between runs unless --cache says otherwise.
CACHE = Path(tempfile.gettempdir()) / "concurlint-benchmarks"

INDEX = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/")


def unpack(name: str, version: str, folder: Path, cache: Path, *, source: bool = False) -> None:
    """Unpack the wheel (or source archive) of `name` at `version` into `folder`.

    Nothing of the package is run, not even to build it. Raises CalledProcessError when it can't be had.
    """
    archive = _source(name, version, cache / "sources") if source else _wheel(name, version, cache / "wheels")
    if archive.name.endswith(".tar.gz"):
        with tarfile.open(archive) as tar:
            tar.extractall(folder, filter="data")
    else:
        with zipfile.ZipFile(archive) as zipped:
            zipped.extractall(folder)


def _wheel(name: str, version: str, folder: Path) -> Path:
    start = f"{name.replace('-', '_')}-{version}-".lower()
    if _starting(folder, start) is None:
        # For any Python and platform: only the text inside is wanted.
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--ignore-requires-python", "--dest", str(folder), f"{name}=={version}"]
        subprocess.run(command, check=True)
    found = _starting(folder, start)
    if found is None:
        raise subprocess.CalledProcessError(1, ["download", f"{name}=={version}"], stderr="no wheel")
    return found


def _starting(folder: Path, start: str) -> Path | None:
    """The wheel whose name, of any case, starts so."""
    return next((path for path in sorted(folder.glob("*.whl")) if path.name.lower().startswith(start)), None)


def _source(name: str, version: str, folder: Path) -> Path:
    """The source archive, asked of the index itself: `pip download` would run the package's build for its metadata."""
    found = _kept(name, version, folder)
    if found is None:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(name, version, folder)
        found = _kept(name, version, folder)
    if found is None:
        raise subprocess.CalledProcessError(1, ["download", f"{name}=={version}"], stderr="no source archive")
    return found


def _kept(name: str, version: str, folder: Path) -> Path | None:
    spellings = {name, name.replace("-", "_"), name.replace("-", ".")}
    names = [f"{spelling}-{version}{end}" for spelling in sorted(spellings) for end in (".tar.gz", ".zip")]
    return next((folder / file for file in names if (folder / file).exists()), None)


def _fetch(name: str, version: str, folder: Path) -> None:
    """Download the source archive by the simple index's JSON (PEP 691), checked against its hash."""
    asked = urllib.request.Request(f"{INDEX}/{name}/", headers={"Accept": "application/vnd.pypi.simple.v1+json"})
    with urllib.request.urlopen(asked, timeout=60) as answer:
        files = json.load(answer)["files"]
    for file in files:
        known, ends = file["filename"].lower().replace("_", "-").replace(".", "-"), (".tar.gz", ".zip")
        wanted = f"{name}-{version}".lower().replace("_", "-").replace(".", "-")
        if file["filename"].endswith(ends) and known in (f"{wanted}-tar-gz", f"{wanted}-zip"):
            with urllib.request.urlopen(urllib.parse.urljoin(f"{INDEX}/{name}/", file["url"]), timeout=120) as answer:
                data = answer.read()
            if hashlib.sha256(data).hexdigest() != file["hashes"].get("sha256"):
                raise subprocess.CalledProcessError(1, ["download", file["filename"]], stderr="wrong hash")
            end = ".zip" if file["filename"].endswith(".zip") else ".tar.gz"
            (folder / f"{name}-{version}{end}").write_bytes(data)
            return
