"""A real client that talks to a real server: what an editor does, from a test."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from lsprotocol import types
from pygls.lsp.client import LanguageClient

from tests.pages import ROOT

T = TypeVar("T")
PATIENCE = 120.0

PUSHES = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        publish_diagnostics=types.PublishDiagnosticsClientCapabilities(related_information=True)
    ),
    general=types.GeneralClientCapabilities(position_encodings=[types.PositionEncodingKind.Utf16]),
)
PULLS = types.ClientCapabilities(
    text_document=types.TextDocumentClientCapabilities(
        diagnostic=types.DiagnosticClientCapabilities(related_document_support=False)
    ),
    workspace=types.WorkspaceClientCapabilities(
        diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=True)
    ),
)


class Editor:
    """What an editor knows and says: files open in it, and the diagnostics it was sent."""

    def __init__(self) -> None:
        self.client = LanguageClient("test", "1")
        self.diagnostics: dict[str, list[types.Diagnostic]] = {}
        self.messages: list[str] = []
        self.refreshes = 0
        self._versions: dict[str, int] = {}
        self._changed = asyncio.Event()

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _published(params: types.PublishDiagnosticsParams) -> None:
            self.diagnostics[params.uri] = list(params.diagnostics)
            self._changed.set()

        @self.client.feature(types.WINDOW_SHOW_MESSAGE)
        def _said(params: types.ShowMessageParams) -> None:
            self.messages.append(params.message)
            self._changed.set()

        @self.client.feature(types.WORKSPACE_DIAGNOSTIC_REFRESH)
        def _refreshed(_params: Any) -> None:
            self.refreshes += 1
            self._changed.set()

    async def start(self, folder: Path, capabilities: types.ClientCapabilities, options: object) -> None:
        """Start the server and shake hands."""
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        await self.client.start_io(sys.executable, "-m", "concurlint", "server", env=env, cwd=folder)
        folders = [types.WorkspaceFolder(folder.as_uri(), folder.name)]
        await self.client.initialize_async(
            types.InitializeParams(
                capabilities=capabilities,
                process_id=os.getpid(),
                workspace_folders=folders,
                initialization_options=options,
            )
        )
        self.client.initialized(types.InitializedParams())

    async def stop(self) -> None:
        """Say goodbye."""
        await self.client.shutdown_async(None)
        self.client.exit(None)
        await asyncio.wait_for(self.client.stop(), PATIENCE)

    def open(self, path: Path, text: str | None = None) -> str:
        """Open a file, with another text than on the disk if one is given; its URI."""
        where = path.as_uri()
        self._versions[where] = 1
        written = path.read_text(encoding="utf-8") if text is None else text
        item = types.TextDocumentItem(where, "python", 1, written)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
        return where

    def type(self, path: Path, text: str) -> None:
        """Change the text of an open file."""
        where = path.as_uri()
        self._versions[where] += 1
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(self._versions[where], where),
                [types.TextDocumentContentChangeWholeDocument(text)],
            )
        )

    def close(self, path: Path) -> None:
        """Close a file."""
        identifier = types.TextDocumentIdentifier(path.as_uri())
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))

    async def until(self, found: Callable[[], T | None]) -> T:
        """What `found` gives once it gives anything but None or False; asked again after each message."""

        async def look() -> T:
            while True:
                self._changed.clear()
                here = found()
                if here is not None and here is not False:
                    return here
                await self._changed.wait()

        return await asyncio.wait_for(look(), PATIENCE)

    async def until_shown(self, path: Path, *expected: str) -> list[types.Diagnostic]:
        """The diagnostics of a file once they are `CODE:LINE` as expected, lines counted from 1."""

        def there() -> list[types.Diagnostic] | None:
            found = self.diagnostics.get(path.as_uri())
            return found if found is not None and said(found) == list(expected) else None

        try:
            return await self.until(there)
        except TimeoutError:
            shown = said(self.diagnostics.get(path.as_uri(), []))
            raise AssertionError(f"{path.name} shows {shown}, not {list(expected)}") from None


def said(found: list[types.Diagnostic]) -> list[str]:
    """Diagnostics as `CODE:LINE`."""
    return [f"{one.code}:{one.range.start.line + 1}" for one in found]


def in_editor(
    folder: Path,
    does: Callable[[Editor], Awaitable[None]],
    capabilities: types.ClientCapabilities = PUSHES,
    options: object = None,
) -> None:
    """Run one session of an editor from start to end."""

    async def session() -> None:
        editor = Editor()
        await editor.start(folder, capabilities, options)
        await does(editor)
        await editor.stop()

    asyncio.run(session())
