"""Times an editor's session: from a keystroke to the diagnostics that answer it, on a large project.

    python benchmarks/editor.py --write

The project is the tree of `speed.py`. A real client of the Language Server Protocol opens a file, waits until the
whole project has been looked at once, and then types: a call that blocks into a coroutine at the end of the file, and
out again. What is timed is what somebody waits for: until the diagnostic is there, and until it is gone.
"""

import argparse
import asyncio
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from concurlint.version import __version__
from speed import PACKAGES
from wheels import CACHE, unpack

TABLE = Path(__file__).with_name("editor.md")
FILES = (
    "django/http/request.py",
    "django/db/migrations/state.py",
    "django/core/handlers/asgi.py",
    "django/test/utils.py",
    "celery/app/base.py",
    "distributed/client.py",
    "scrapy/core/engine.py",
)
TYPED = "\n\nasync def _typed():\n    import time\n\n    time.sleep({})\n"
PATIENCE = 600.0
Seconds = float


@dataclass(frozen=True)
class Row:
    """One file: its lines, the first look at it, and each answer to a keystroke."""

    name: str
    lines: int
    opened: Seconds
    keys: tuple[Seconds, ...]


class Session:
    """An editor with one file open."""

    def __init__(self) -> None:
        self.client = LanguageClient("benchmark", __version__)
        self.shown: list[types.Diagnostic] = []
        self._changed = asyncio.Event()
        self._version = 0
        self._shown_of = 0

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)  # type: ignore[untyped-decorator]
        def _published(params: types.PublishDiagnosticsParams) -> None:
            self.shown = list(params.diagnostics)
            self._shown_of = params.version or 0
            self._changed.set()

    async def start(self, folder: Path) -> None:
        await self.client.start_io(sys.executable, "-m", "concurlint", "server", cwd=folder)
        folders = [types.WorkspaceFolder(folder.as_uri(), folder.name)]
        capabilities = types.ClientCapabilities(
            text_document=types.TextDocumentClientCapabilities(
                publish_diagnostics=types.PublishDiagnosticsClientCapabilities()
            )
        )
        asked = types.InitializeParams(capabilities, process_id=os.getpid(), workspace_folders=folders)
        await self.client.initialize_async(asked)
        self.client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await self.client.stop()  # type: ignore[no-untyped-call]

    def open(self, path: Path, text: str) -> None:
        self._version = 1
        item = types.TextDocumentItem(path.as_uri(), "python", 1, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def close(self, path: Path) -> None:
        where = types.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(where))

    async def type(self, path: Path, text: str, *, finds: bool) -> Seconds:
        """Until the call that was typed has its diagnostic, or has none any more."""
        began = time.perf_counter()
        self._version += 1
        where = types.VersionedTextDocumentIdentifier(self._version, path.as_uri())
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(where, [change]))
        last = text.count("\n") - 1

        def is_answered() -> bool:
            there = any(one.range.start.line == last for one in self.shown)
            return self._shown_of == self._version and there is finds

        await self.until(is_answered)
        return time.perf_counter() - began

    async def until(self, there: Callable[[], bool]) -> None:
        """Until that is so; asked again with each message of the server."""

        async def look() -> None:
            while not there():
                self._changed.clear()
                await self._changed.wait()

        await asyncio.wait_for(look(), PATIENCE)

    async def everything(self) -> Seconds:
        """Until the whole project has been looked at."""
        began = time.perf_counter()
        await self.client.workspace_diagnostic_async(types.WorkspaceDiagnosticParams([]))
        return time.perf_counter() - began


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the table, and keep it if asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=CACHE, help="where downloads stay (default: %(default)s)")
    parser.add_argument("--turns", type=int, default=10, help="keystrokes in each file (default: %(default)s)")
    parser.add_argument("--write", action="store_true", help=f"keep the table as {TABLE.name}")
    options = parser.parse_args(arguments)
    text = report(asyncio.run(measure(project(options.cache), options.turns)))
    print(text, end="")
    if options.write:
        TABLE.write_text(text, encoding="utf-8")


def project(cache: Path) -> Path:
    """The four packages as one project."""
    folder = cache / "editor"
    for name, version in PACKAGES.items():
        if not any(folder.glob(f"{name}-{version}.dist-info")):
            unpack(name, version, folder, cache)
    (folder / "pyproject.toml").write_text("[tool.concurlint]\n", encoding="utf-8")
    return folder


async def measure(folder: Path, turns: int) -> tuple[Seconds, list[Row]]:
    """The first whole run, and each file opened, typed into, and closed again."""
    session = Session()
    await session.start(folder)
    session.open(folder / FILES[0], (folder / FILES[0]).read_text(encoding="utf-8"))
    whole = await session.everything()
    session.close(folder / FILES[0])
    rows = [await typed(session, folder, name, turns) for name in FILES]
    await session.stop()
    return whole, rows


async def typed(session: Session, folder: Path, name: str, turns: int) -> Row:
    """One file's times."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    session.open(path, text)
    opened = await session.type(path, text + TYPED.format(turns + 1), finds=True)
    keys = []
    for turn in range(turns):
        keys.append(await session.type(path, text, finds=False))
        keys.append(await session.type(path, text + TYPED.format(turn + 1), finds=True))
    session.close(path)
    return Row(name, len(text.splitlines()), opened, tuple(keys))


def report(measured: tuple[Seconds, list[Row]]) -> str:
    """The table as a page."""
    whole, rows = measured
    packages = ", ".join(f"{name} {version}" for name, version in PACKAGES.items())
    lines = [
        "# An editor's session",
        "",
        f"The wheels of {packages} as one project, concurlint {__version__}; CPython {platform.python_version()},",
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}; load {os.getloadavg()[0]:.1f} at the end.",
        f"The first run on the whole project took {whole:.1f} s; it goes on in the background, as do those that follow",
        "when the typing pauses. From a keystroke until its diagnostic is there, or gone, in milliseconds:",
        "",
        "| file | lines | first look | median | slowest of " + f"{len(rows[0].keys)} |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for row in rows:
        keys = sorted(row.keys)
        cells = (row.opened, statistics.median(keys), keys[-1])
        lines.append(f"| `{row.name}` | {row.lines} | " + " | ".join(f"{1000 * cell:.0f}" for cell in cells) + " |")
    return "\n".join([*lines, "", "Renew with `python benchmarks/editor.py --write`.", ""])


if __name__ == "__main__":
    main()
