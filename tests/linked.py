"""Small projects written by a test and linked, and what the expressions in them stand for, in words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import dedent

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.config import load
from concurlint.effects.linking import link as link_program
from concurlint.effects.program import Program
from concurlint.facts.reading import Reader
from concurlint.project.callgraph import CallGraph
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code, Module, Project
from concurlint.project.values import (
    Bound,
    ClassOf,
    Container,
    Coroutine,
    Function,
    Instance,
    Library,
    Literal,
    ModuleOf,
    Namespace,
    Parent,
    Partial,
    Value,
    Values,
)
from concurlint.source import find_sources

Files = Mapping[str, str]
"""Texts of files (indented as the test is) by their paths below the project's folder."""


@dataclass(frozen=True)
class Linked:
    """A project with every file read and every call resolved, arguments bound to parameters."""

    project: Project
    evaluator: Evaluator
    graph: CallGraph

    def here(self, module: str = "app") -> str:
        """What the name `here` is bound to in a module, in words; one line for each binding of it."""
        lines = [
            in_words(self.evaluator.binding(binding, code))
            for code in self.module(module).codes
            for binding in code.scope.bindings.get("here", ())
        ]
        return "\n".join(lines)

    def module(self, name: str) -> Module:
        """The module of that name, as a file at the root of the project imports it."""
        module = self.project.module(name)
        assert module is not None
        return module

    def code(self, qualname: str, module: str = "app") -> Code:
        """The code object of that qualified name."""
        return next(code for code in self.module(module).codes if code.qualname == qualname)


Link = Callable[..., Linked]


def write(folder: Path, files: Files) -> None:
    """Write the files of a project into `folder`, with a pyproject.toml that makes it one."""
    (folder / "pyproject.toml").touch()
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(dedent(text), encoding="utf-8")


def link(folder: Path, files: Files) -> Linked:
    """Link the files without looking for threads or anything else that effects know of."""
    write(folder, files)
    project = Project(find_sources([folder], load(folder)).files, Reader().facts)
    effects = Effects({})
    evaluator = Evaluator(project, Roles(), lambda name: effects.lookup(name) is not None)
    graph = CallGraph(evaluator)
    modules = [project.open(source) for source in find_sources([folder], load(folder)).files]
    opened = [module for module in modules if module is not None]
    graph.build(opened)
    evaluator.callers = graph.known_callers()
    evaluator.forget()
    graph.build(opened)
    return Linked(project, evaluator, graph)


def program(folder: Path, files: Files) -> Program:
    """The Program of the files, as a check is given it."""
    write(folder, files)
    config = load(folder)
    sources = find_sources([folder], config).files
    return link_program(Project(sources, Reader().facts), sources, config, Effects(config.calls), Roles())


def in_words(values: Values) -> str:
    """Everything a value may be, `?` where it may be more."""
    words = sorted({word(value) for value in values})
    return " | ".join(words if values.whole else [*words, "?"])


def word(value: Value) -> str:
    """One value: `def app.f`, `class app.C`, `<app.C>` for an object, `<app.C>.m` for its method."""
    match value:
        case Library(name=name):
            return name
        case ModuleOf(module=module):
            return f"module {module.name}"
        case Namespace(name=name):
            return f"package {name}"
        case Function(code=code):
            return f"def {dotted(code)}"
        case ClassOf(code=code):
            return f"class {dotted(code)}"
        case Instance(of=of):
            return f"<{of.name if isinstance(of, Library) else dotted(of.code)}>"
        case Bound(function=function, owner=owner):
            name = function.name.rpartition(".")[2] if isinstance(function, Library) else function.code.name
            return f"{word(owner)}.{name}"
        case Partial(work=work):
            return f"partial({word(work)})"
        case Parent(code=code):
            return f"super of {dotted(code)}"
        case Literal(value=constant):
            return repr(constant)
        case Coroutine(function=code):
            return f"coroutine of {dotted(code)}"
        case Container(kind=kind):
            return kind


def dotted(code: Code) -> str:
    """The module and the qualified name of a code object."""
    return f"{code.module.name}.{code.qualname or '<lambda>'}"
