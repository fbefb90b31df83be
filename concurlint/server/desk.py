"""The files that are open: which must be looked at again, when, and what is known of each."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from concurlint.finding import Finding
from concurlint.server.asking import Asking, AskingError
from concurlint.server.merging import Known, Seen
from concurlint.server.messages import Kind
from concurlint.session import Checked, Options
from concurlint.source import project_root

_DEBOUNCE = 0.03
"""Seconds without a keystroke before a quick look: less than people notice, more than a burst of keys takes."""
_PAUSE = 0.4
"""Seconds without a keystroke before a whole run."""

Shown = Callable[[Path], None]
Complain = Callable[[str], None]


@dataclass(slots=True)
class Document:
    """An open file."""

    path: Path
    text: str
    known: Known
    looking: asyncio.Task[None] | None = None


class Desk:
    """Has open files looked at: each at once when it changes, and its project when the typing pauses.

    `shown` is called when there may be something new to show of a file, `complain` with what people must know.
    """

    def __init__(self, shown: Shown, complain: Complain) -> None:
        self._shown = shown
        self._complain = complain
        self._near = Asking()
        self._whole = Asking(idle=True)
        self._documents: dict[Path, Document] = {}
        self._projects: dict[Path, Checked] = {}
        self._stale: dict[Path, Path] = {}
        self._running: asyncio.Task[None] | None = None
        self._finished: dict[Path, asyncio.Event] = {}
        self._last_key = 0.0
        self._told: set[str] = set()

    # what the editor says

    def configure(self, options: Options) -> None:
        """Settings from now on."""
        self._near.configure(options)
        self._whole.configure(options)
        self.refresh()

    def write(self, path: Path, text: str) -> None:
        """A file was opened or changed."""
        data = text.encode()
        known = self._documents[path].known if path in self._documents else Known()
        document = self._documents.setdefault(path, Document(path, text, known))
        document.text = text
        self._near.write(path, data)
        self._whole.write(path, data)
        self._last_key = asyncio.get_running_loop().time()
        if document.looking is not None:
            document.looking.cancel()
        document.looking = asyncio.create_task(self._look(document))

    def close(self, path: Path) -> None:
        """A file is no longer open; what is on the disk counts again."""
        document = self._documents.pop(path, None)
        if document is not None and document.looking is not None:
            document.looking.cancel()
        for asking in (self._near, self._whole):
            asking.write(path, None)

    def refresh(self) -> None:
        """Files or settings on the disk have changed."""
        self._told.clear()
        self._near.rescan()
        for document in self._documents.values():
            self.write(document.path, document.text)

    async def end(self) -> None:
        """No more."""
        tasks = [document.looking for document in self._documents.values()] + [self._running]
        for task in tasks:
            if task is not None:
                task.cancel()
        await asyncio.gather(self._near.close(), self._whole.close())

    # what the editor asks

    def findings(self, path: Path) -> tuple[Finding, ...]:
        """What is known of a file now."""
        document = self._documents.get(path)
        if document is not None:
            return document.known.shown(document.text)
        return next((found for checked in self._projects.values() if (found := checked.of(path))), ())

    def text(self, path: Path) -> str | None:
        """The text of an open file."""
        document = self._documents.get(path)
        return None if document is None else document.text

    async def looked(self, path: Path) -> tuple[Finding, ...]:
        """What is known of an open file when it has been looked at as it is now."""
        document = self._documents.get(path)
        while document is not None and document.looking is not None and not document.looking.done():
            await asyncio.wait([document.looking])
        return self.findings(path)

    async def everything(self, folders: Iterable[Path]) -> dict[Path, tuple[Finding, ...]]:
        """The findings of all files in the projects of these folders, each run once at least."""
        found: dict[Path, tuple[Finding, ...]] = {}
        for folder in folders:
            home = project_root([folder])
            if home not in self._projects:
                self._want(home, folder)
                await self._finished.setdefault(home, asyncio.Event()).wait()
            for path in map(Path, self._projects.get(home, Checked()).findings):
                found[path] = self.findings(path)
        return found

    # what is done

    async def _look(self, document: Document) -> None:
        """The quick look; a newer keystroke takes its place."""
        await asyncio.sleep(_DEBOUNCE)
        text = document.text
        checked = await self._ask(self._near, "near", document.path)
        if checked is None:
            return
        near = Seen(text, checked.of(document.path))
        document.known = document.known.looked(near)
        self._shown(document.path)
        if near.is_readable:
            self._want(project_root([document.path]), document.path)

    def _want(self, home: Path, path: Path) -> None:
        """Have the project run when nobody types."""
        self._stale[home] = path
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run())

    async def _run(self) -> None:
        """Whole runs, one after the other, as long as there is something to find out."""
        while self._stale:
            while (rest := self._last_key + _PAUSE - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(rest)
            home, path = self._stale.popitem()
            texts = {document.path: document.text for document in self._documents.values()}
            checked = await self._ask(self._whole, "whole", path)
            if checked is not None:
                if home in self._projects and self._projects[home].disk != checked.disk:
                    self._near.rescan()
                self._projects[home] = checked
                self._take(home, checked, texts)
            self._finished.setdefault(home, asyncio.Event()).set()

    def _take(self, home: Path, checked: Checked, texts: dict[Path, str]) -> None:
        for document in list(self._documents.values()):
            if document.path not in texts or project_root([document.path]) != home:
                continue
            document.known = document.known.ran(Seen(texts[document.path], checked.of(document.path)))
            self._shown(document.path)

    async def _ask(self, asking: Asking, kind: Kind, path: Path) -> Checked | None:
        try:
            checked = await asking.ask(kind, path)
        except AskingError as error:
            self._tell(str(error))
            return None
        for trouble in checked.troubles:
            self._tell(trouble)
        return checked

    def _tell(self, message: str) -> None:
        """Once, until something changes on the disk."""
        if message not in self._told:
            self._told.add(message)
            self._complain(message)
