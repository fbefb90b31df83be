"""The server itself: what of the protocol is understood, and who does it."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer
from pygls.uris import to_fs_path

from concurlint.decoding import decode
from concurlint.server.desk import Desk
from concurlint.server.settings import read_settings
from concurlint.server.wording import SOURCE, Places, actions, diagnostic, hover, uri
from concurlint.source import lines_of
from concurlint.trouble import UserError
from concurlint.version import __version__
from concurlint.walking import PYTHON_SUFFIXES

_WATCHED = ("**/*.py", "**/*.pyw", "**/pyproject.toml", "**/concurlint.toml", "**/.gitignore")
_PULL = types.DiagnosticOptions(identifier=SOURCE, inter_file_dependencies=True, workspace_diagnostics=True)
_QUICK_FIX = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])


class Server(LanguageServer):
    """One editor's server: a desk with the open files, and what this editor can show."""

    def __init__(self) -> None:
        # Whole texts: the library counts lines in its own way where a form feed stands.
        super().__init__(SOURCE, __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full)
        self.desk = Desk(self._shown, self._complain)
        self._published: dict[str, list[types.Diagnostic]] = {}

    @property
    def pulls(self) -> bool:
        """Whether the editor asks for diagnostics by itself."""
        of = self.client_capabilities.text_document
        return of is not None and of.diagnostic is not None

    @property
    def shows_related(self) -> bool:
        """Whether the editor shows related information."""
        of = self.client_capabilities.text_document
        publish = of.publish_diagnostics if of is not None else None
        pull = of.diagnostic if of is not None else None
        return bool((publish and publish.related_information) or (pull and getattr(pull, "related_information", None)))

    @property
    def places(self) -> Places:
        """Our spans in the editor's units."""
        return Places(self.workspace.position_codec, self._lines)

    def diagnostics(self, path: Path) -> list[types.Diagnostic]:
        """What is known of a file now."""
        places = self.places
        return [diagnostic(one, places, related=self.shows_related) for one in self.desk.findings(path)]

    async def watch_files(self) -> None:
        """Have the editor tell when files change on the disk, if it can."""
        of = self.client_capabilities.workspace
        if of is None or of.did_change_watched_files is None or not of.did_change_watched_files.dynamic_registration:
            return
        watchers = [types.FileSystemWatcher(pattern) for pattern in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        method = types.WORKSPACE_DID_CHANGE_WATCHED_FILES
        await self.client_register_capability_async(
            types.RegistrationParams([types.Registration(f"{SOURCE}-files", method, options)])
        )

    def configure(self, settings: object) -> None:
        """Settings from the editor; those that cannot be used are told and left out."""
        try:
            self.desk.configure(read_settings(settings))
        except UserError as error:
            self._complain(str(error))

    def _shown(self, path: Path) -> None:
        if self.pulls:
            of = self.client_capabilities.workspace
            if of is not None and of.diagnostics is not None and of.diagnostics.refresh_support:
                self.workspace_diagnostic_refresh(None)
            return
        where = uri(path.as_posix())
        found = self.diagnostics(path)
        if self._published.get(where) != found:
            self.publish(where, found)

    def publish(self, where: str, found: list[types.Diagnostic]) -> None:
        """Send the diagnostics of a file, all of them."""
        self._published[where] = found
        document = self.workspace.text_documents.get(where)
        version = document.version if document is not None else None
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(where, found, version))

    def forget(self, where: str) -> None:
        """A file was closed: its diagnostics go."""
        if self._published.pop(where, None) and not self.pulls:
            self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(where, []))

    def _complain(self, message: str) -> None:
        self.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"concurlint: {message}"))

    def _lines(self, path: str) -> Sequence[str]:
        text = self.desk.text(Path(path))
        if text is None:
            try:
                text = decode(Path(path).read_bytes())
            except (OSError, SyntaxError, UnicodeDecodeError):
                return ()
        return lines_of(text)


def python_path(where: str) -> Path | None:
    """The file behind a URI, if it is one with Python in it."""
    found = to_fs_path(where) if where.startswith("file:") else None
    return Path(found) if found is not None and found.endswith(PYTHON_SUFFIXES) else None


def make_server() -> Server:
    """The server with all that it understands, ready to be started."""
    server = Server()

    @server.feature(types.INITIALIZED)
    async def _initialized(server: Server, _params: types.InitializedParams) -> None:
        await server.watch_files()

    @server.feature(types.INITIALIZE)
    def _initialize(server: Server, params: types.InitializeParams) -> None:
        server.configure(params.initialization_options)

    @server.feature(types.SHUTDOWN)
    async def _shutdown(server: Server, _params: Any) -> None:
        await server.desk.end()

    _understand_files(server)
    _understand_questions(server)
    return server


def _understand_files(server: Server) -> None:
    def write(server: Server, where: str) -> None:
        path = python_path(where)
        if path is not None:
            server.desk.write(path, server.workspace.get_text_document(where).source)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def _opened(server: Server, params: types.DidOpenTextDocumentParams) -> None:
        write(server, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def _changed(server: Server, params: types.DidChangeTextDocumentParams) -> None:
        write(server, params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def _closed(server: Server, params: types.DidCloseTextDocumentParams) -> None:
        path = python_path(params.text_document.uri)
        if path is not None:
            server.desk.close(path)
            server.forget(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def _on_disk(server: Server, _params: types.DidChangeWatchedFilesParams) -> None:
        server.desk.refresh()

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    def _folders(server: Server, _params: types.DidChangeWorkspaceFoldersParams) -> None:
        server.desk.refresh()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def _configuration(server: Server, params: types.DidChangeConfigurationParams) -> None:
        if params.settings:
            server.configure(params.settings)


def _understand_questions(server: Server) -> None:
    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, _PULL)
    async def _pulled(server: Server, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        path = python_path(params.text_document.uri)
        if path is not None:
            await server.desk.looked(path)
        found = server.diagnostics(path) if path is not None else []
        result = _digest(found)
        if params.previous_result_id == result:
            return types.RelatedUnchangedDocumentDiagnosticReport(result)
        return types.RelatedFullDocumentDiagnosticReport(found, result_id=result)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def _pulled_all(server: Server, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        known = {one.uri: one.value for one in params.previous_result_ids}
        folders = [Path(path) for one in server.workspace.folders.values() if (path := to_fs_path(one.uri))]
        reports: list[types.WorkspaceDocumentDiagnosticReport] = []
        for file in await server.desk.everything(folders):
            where, found = uri(file.as_posix()), server.diagnostics(file)
            result = _digest(found)
            if known.pop(where, None) == result:
                reports.append(types.WorkspaceUnchangedDocumentDiagnosticReport(where, result))
            else:
                reports.append(types.WorkspaceFullDocumentDiagnosticReport(where, found, result_id=result))
        # What had findings when it was asked last, and has none now.
        reports += [types.WorkspaceFullDocumentDiagnosticReport(where, [], result_id=_digest([])) for where in known]
        return types.WorkspaceDiagnosticReport(reports)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def _hovered(server: Server, params: types.HoverParams) -> types.Hover | None:
        path = python_path(params.text_document.uri)
        if path is None:
            return None
        return hover(server.desk.findings(path), path.as_posix(), params.position, server.places)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, _QUICK_FIX)
    def _acted(server: Server, params: types.CodeActionParams) -> list[types.CodeAction]:
        path, only = python_path(params.text_document.uri), params.context.only
        if path is None or (only and not any(types.CodeActionKind.QuickFix.startswith(kind) for kind in only)):
            return []
        found = server.desk.findings(path)
        return list(actions(found, path.as_posix(), params.range, server.places, related=server.shows_related))


def _digest(found: list[types.Diagnostic]) -> str:
    return hashlib.sha256(repr(found).encode()).hexdigest()[:16]
