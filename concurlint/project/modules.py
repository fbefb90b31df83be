"""The files of a project as modules of code objects, each parsed when it is first needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from concurlint.facts.records import Binding, Import, ModuleFacts, Scope
from concurlint.facts.syntax import Name, Place, spelled
from concurlint.finding import Span
from concurlint.source import SourceFile


@dataclass(slots=True, eq=False)
class Code:
    """A code object of the project: a module body, class body, function or lambda."""

    module: Module
    scope: Scope
    parent: Code | None
    children: list[Code] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name it was defined with; `<lambda>` and the module's name for those without one."""
        return self.scope.name or self.module.name

    @property
    def qualname(self) -> str:
        """Name with the enclosing classes and functions, as Python's `__qualname__` without `<locals>`."""
        if self.parent is None or self.parent.scope.kind == "module":
            return self.name
        return f"{self.parent.qualname}.{self.name}"

    @property
    def owner(self) -> Code | None:
        """The class a method is defined in."""
        parent = self.parent
        if self.scope.kind == "function" and parent is not None and parent.scope.kind == "class":
            return parent
        return None

    @property
    def is_async(self) -> bool:
        return self.scope.is_async

    @property
    def enclosing_class(self) -> Code | None:
        """The nearest class around, also through nested functions."""
        code: Code | None = self
        while code is not None and code.scope.kind != "class":
            code = code.parent
        return code

    def span(self, at: Place) -> Span:
        """The place in this code's file as a span."""
        return Span(self.module.source.name, *at)

    def self_name(self) -> str | None:
        """The name of the first parameter of a method, None where there is no instance or class in it."""
        if self.owner is None or not self.scope.parameters:
            return None
        first = self.scope.parameters[0]
        static = any(isinstance(d, Name) and d.id == "staticmethod" for d in self.scope.decorators)
        return None if static or first.kind != "positional" else first.name

    def family(self) -> Iterator[Code]:
        """This code and all defined inside it."""
        yield self
        for child in self.children:
            yield from child.family()


@dataclass(slots=False, eq=False)
class Module:
    """A parsed file: its code objects in the order of its scopes, the module body first."""

    name: str
    source: SourceFile
    facts: ModuleFacts
    codes: list[Code] = field(default_factory=list)

    def __post_init__(self) -> None:
        for scope in self.facts.scopes:
            parent = self.codes[scope.parent] if scope.parent is not None else None
            code = Code(self, scope, parent)
            self.codes.append(code)
            if parent is not None:
                parent.children.append(code)

    @property
    def body(self) -> Code:
        return self.codes[0]

    @cached_property
    def global_writes(self) -> Mapping[str, list[tuple[Binding, Code]]]:
        """Bindings of global names made by functions that declare them `global`."""
        found: dict[str, list[tuple[Binding, Code]]] = {}
        for code in self.codes[1:]:
            for name in sorted(code.scope.globals):
                for binding in code.scope.bindings.get(name, ()):
                    found.setdefault(name, []).append((binding, code))
        return found

    def absolute(self, imported: Import) -> str:
        """The dotted name of the module an import names, relative ones worked out."""
        return absolute_name(self.source, imported.module, imported.level)


def absolute_name(source: SourceFile, module: str, level: int) -> str:
    """The dotted name of `module` as an import in that file means it, relative by `level`."""
    if not level:
        return module
    parts = source.module.split(".")
    drop = level - (1 if source.is_package else 0)
    parts = parts[: len(parts) - drop] if drop else parts
    return ".".join([*parts, module] if module else parts)


Parse = Callable[[SourceFile], ModuleFacts | None]
Expect = Callable[[Iterable[SourceFile]], None]


class Project:
    """All source files by the dotted names they can be imported by; parsed on demand."""

    def __init__(self, files: Iterable[SourceFile], parse: Parse, expect: Expect | None = None) -> None:
        """Take the files and who parses them; `expect` is told which will probably be opened."""
        self._parse = parse
        self._expect = expect
        self._modules: dict[str, Module | None] = {}
        self.property_names: set[str] = set()
        self.method_names: set[str] = set()
        self.loaded: list[Module] = []
        self.sought: dict[str, set[str]] = {}  # words that files were looked through for, by their reported names
        self._named: dict[str, list[SourceFile]] = {}
        self._around: dict[str, list[tuple[SourceFile, str]]] = {}
        for source in files:
            for name in (source.module, *source.aliases):
                self._named.setdefault(name, []).append(source)
                package = name
                while "." in package:
                    package = package.rpartition(".")[0]
                    self._around.setdefault(package, []).append((source, name))

    def source(self, name: str, importer: SourceFile | None = None) -> SourceFile | None:
        """The file that is imported as `name`, None where the project has none.

        A name relative to a folder counts for files below that folder only, the nearest first; a file's
        own dotted name counts for everybody.
        """
        named = self._named.get(name, ())
        if importer is not None:
            near = [f for f in named if _serves(f, name, importer)]
            if near:
                return max(near, key=lambda f: len(f.folder_of(name).parts))
        return next((f for f in named if f.module == name), None)

    def knows(self, name: str, importer: SourceFile | None = None) -> bool:
        """Whether `name` is a module of the project or a (namespace) package around one."""
        return self.source(name, importer) is not None or next(self.below(name, importer), None) is not None

    def below(self, name: str, importer: SourceFile | None = None) -> Iterator[SourceFile]:
        """The files of the package imported as `name`, whether that has a file of its own or not."""
        for source, dotted in self._around.get(name, ()):
            if source.module == dotted or (importer is not None and _serves(source, dotted, importer)):
                yield source

    def module(self, name: str, importer: SourceFile | None = None) -> Module | None:
        """The parsed module imported as `name`; None where there is none or it cannot be parsed."""
        source = self.source(name, importer)
        return self.open(source) if source is not None else None

    def expect(self, sources: Iterable[SourceFile]) -> None:
        """Announce files that will probably be opened."""
        if self._expect is not None:
            self._expect(source for source in sources if not self.is_open(source))

    def is_open(self, source: SourceFile) -> bool:
        """Whether somebody has asked for the parsed module of the file."""
        return str(source.path) in self._modules

    def open(self, source: SourceFile) -> Module | None:
        """The parsed module of a file."""
        key = str(source.path)
        if key not in self._modules:
            self._modules[key] = None
            facts = self._parse(source)
            if facts is not None:
                module = Module(source.module, source, facts)
                self._modules[key] = module
                self.loaded.append(module)
                self.method_names.update(code.name for code in module.codes if code.owner is not None)
                self.property_names.update(
                    code.name for code in module.codes if code.owner is not None and _may_be_property(code)
                )
        return self._modules[key]


def _serves(file: SourceFile, name: str, importer: SourceFile) -> bool:
    """Whether `importer` lies below the folder from which `file` is imported as `name`."""
    folder = file.path.parts[: -1 - name.count(".") - file.is_package]
    return importer.path.parts[: len(folder)] == folder


def _may_be_property(code: Code) -> bool:
    return any("property" in spelled(decorator) for decorator in code.scope.decorators)
