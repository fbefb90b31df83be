"""Which files of a project are read at all: those with a trace of concurrency, and what their calls lead to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from concurlint.catalog.roles import Roles
from concurlint.project.modules import Module, Project, absolute_name
from concurlint.source import SourceFile

_TRACE = re.compile(
    rb"\basync def\b|\bawait\b|threading|_thread\b|Thread\b|multiprocess|asyncio|subprocess|[pP]open|"
    rb"os\.system|import[^\n]*\bsystem\b|getoutput|Executor|Lock\(|run_in_executor|_pb2_grpc|__del__|class \w*Pool\b"
)
_WORDS = (
    b"async def", b"await", b"thread", b"Thread", b"multiprocess", b"asyncio", b"subprocess", b"popen", b"Popen",
    b"system", b"getoutput", b"Executor", b"Lock(", b"run_in_executor", b"_pb2_grpc", b"__del__", b"Pool",
)  # fmt: skip
"""One of these is in whatever `_TRACE` finds; looking for fixed words is many times as fast."""
_GUARDS = re.compile(rb"\b(?:Lock|Condition|Semaphore|threading\.local)\(")
_SHARES = re.compile(rb"(?m)^[ \t]+(?:global[ \t]+\w|cls\.\w+[^=\n]*=[^=]|(?:_\w+|[A-Z_]+)\[[^=\n]*=[^=])")
"""How functions bind what is there once for the whole process: `global x`, `cls.x = …`, `_cache[k] = …`."""
_IMPORT = re.compile(
    rb"^[ \t]*(?:from[ \t]*([.\w]+)[ \t]+import\b[ \t]*(\([^)]*\)|(?:\\\r?\n|[^\n;#])*)"
    rb"|import[ \t]+((?:\\\r?\n|[^\n;#])*))",
    re.MULTILINE,
)
_TESTS = re.compile(r"(?:^|\.)(?:tests?|test_\w+|testing|conftest)(?:\.|$)")
_WORD = re.compile(rb"\w+")
_COMMENT = re.compile(rb"#[^\n]*")


def has_trace(source: SourceFile, roles: Roles) -> bool:
    """Whether a cheap look at a file finds words of concurrency, or a package together with one of its words."""
    if (any(map(source.data.__contains__, _WORDS)) and _TRACE.search(source.data)) or (
        roles.user_pattern is not None and roles.user_pattern.search(source.data)
    ):
        return True
    packages = {word for line in _IMPORT.finditer(source.data) for word in _WORD.findall(line[0])}
    patterns = (roles.telling_pattern(package.decode(errors="replace")) for package in sorted(packages))
    return any(pattern is not None and pattern.search(source.data) for pattern in patterns)


def guards(source: SourceFile) -> bool:
    """Whether a file makes locks, or state of one thread, for the program itself."""
    return not _TESTS.search(source.module) and _GUARDS.search(source.data) is not None


def shares(source: SourceFile) -> bool:
    """Whether functions of a file may set what is there once for the whole process."""
    return _SHARES.search(source.data) is not None


@dataclass(frozen=True, slots=True)
class _Imported:
    """One name an import statement binds; `name` is None for a module, `*` for all that it has."""

    file: SourceFile
    name: str | None
    bound: str


class Loader:
    """Opens the modules to start from, and those that import what matters in them.

    The rest of the project is known by its import statements only; what a name leads into is opened then.
    """

    def __init__(
        self, project: Project, files: Sequence[SourceFile], roles: Roles, *, everything: bool = False
    ) -> None:
        self._project = project
        traced = {s.name for s in files if (everything and s.asked) or has_trace(s, roles)}
        guarded = {_package(s) for s in files if s.name in traced and guards(s)}
        self._traced = [s for s in files if s.name in traced or (_package(s) in guarded and shares(s))]
        project.expect(self._traced)
        self._imports = {source.name: (source, tuple(self._imports_of(source))) for source in files}
        near = (imported.file for source in self._traced for imported in self._imports[source.name][1])
        project.expect({file.name: file for file in near}.values())

    def start(self) -> list[Module]:
        """The modules with a trace of their own, in the order of the files."""
        return self._open(self._traced)

    def importers(self, names: Mapping[str, set[str]]) -> list[Module]:
        """Modules opened because they import one of the names; see `_importing`."""
        return self._open([source for source in self._importing(names) if not self._project.is_open(source)])

    def _open(self, sources: Sequence[SourceFile]) -> list[Module]:
        self._project.expect(sources)
        modules = [self._project.open(source) for source in sources]
        return [module for module in modules if module is not None]

    def _importing(self, names: Mapping[str, set[str]]) -> list[SourceFile]:
        """The files that import one of the names, also from a module that only passes it on.

        `names` are those of global things by the reported name of the file that defines them.
        """
        wanted = {name: set(words) for name, words in names.items()}
        found: dict[str, SourceFile] = {}
        grew = True
        while grew:
            grew = False
            for source, imports in self._imports.values():
                bound = {word for one in imports for word in self._bound(source, one, wanted)}
                if bound:
                    found[source.name] = source
                    known = wanted.setdefault(source.name, set())
                    grew = grew or not bound <= known
                    known |= bound
        return [source for source, _ in self._imports.values() if source.name in found]

    def _bound(self, source: SourceFile, imported: _Imported, wanted: Mapping[str, set[str]]) -> Iterator[str]:
        """The names that an import makes a wanted thing known by in its file."""
        words = wanted.get(imported.file.name)
        if not words or imported.file is source:
            return
        if imported.name is None:
            self._project.sought.setdefault(source.name, set()).update(words)
            if mentions(words, source.data):
                yield imported.bound
        elif imported.name == "*":
            yield from words
        elif imported.name in words:
            yield imported.bound

    def _imports_of(self, source: SourceFile) -> Iterator[_Imported]:
        for statement in _IMPORT.finditer(source.data):
            module, names, modules = (
                _COMMENT.sub(b"", part or b"").decode(errors="replace") for part in statement.groups()
            )
            if modules:
                for dotted, bound in _pairs(modules):
                    yield from self._module(source, dotted, bound or dotted.partition(".")[0])
                continue
            level = len(module) - len(module.lstrip("."))
            target = absolute_name(source, module.lstrip("."), level)
            for name, bound in _pairs(names.strip("()")):
                yield from self._module(source, f"{target}.{name}", bound or name)
                file = self._project.source(target, source)
                if file is not None:
                    yield _Imported(file, name, bound or name)

    def _module(self, source: SourceFile, dotted: str, bound: str) -> Iterator[_Imported]:
        file = self._project.source(dotted, source)
        if file is not None:
            yield _Imported(file, None, bound)


def _package(source: SourceFile) -> str:
    return source.module.partition(".")[0]


def _pairs(names: str) -> Iterator[tuple[str, str]]:
    """`a, b as c` → (a, ""), (b, c)."""
    for part in names.replace("\\", " ").split(","):
        name, _, bound = part.strip().partition(" as ")
        if name.strip():
            yield name.strip(), bound.strip()


def mentions(words: Iterable[str], data: bytes) -> bool:
    """Whether a file has one of the words behind a dot."""
    after = b"|".join(re.escape(word.encode()) for word in sorted(words))
    return re.search(rb"\.\s*(?:" + after + rb")\b", data) is not None


def imports_in(data: bytes) -> bytes:
    """The import statements of a file, one after the other; two files with the same lead to the same."""
    return b"\0".join(statement[0] for statement in _IMPORT.finditer(data))
