"""What a name stands for: locals, globals, imports of every form, builtins."""

from __future__ import annotations

import builtins

from concurlint.catalog.stars import star_names
from concurlint.catalog.tables import is_known
from concurlint.facts.records import Import
from concurlint.project.classes import holder, is_self
from concurlint.project.inference import Inference
from concurlint.project.modules import Code, Module
from concurlint.project.values import (
    UNKNOWN,
    ClassOf,
    Instance,
    Library,
    ModuleOf,
    Namespace,
    Values,
    one,
    union,
)
from concurlint.source import SourceFile

_BUILTINS = frozenset(dir(builtins))


class Naming:
    """Resolves names on behalf of an `Evaluator`."""

    def __init__(self, evaluator: Inference) -> None:
        self._evaluator = evaluator
        self._imports: set[int] = set()

    def name(self, code: Code, name: str) -> Values:
        """What a name may stand for where it is used in `code`."""
        home = holder(code, name)
        if home is None:
            return self.global_name(code.module, name)
        cls = is_self(code, name)
        if cls is not None:
            return self._self_value(home, cls)
        return union(self._evaluator.binding(binding, home) for binding in home.scope.bindings[name])

    def _self_value(self, method: Code, cls: Code) -> Values:
        keeps = {self._evaluator.decorating.keeps(d, method.parent or method) for d in method.scope.decorators}
        if "class" in keeps or method.name in ("__new__", "__init_subclass__", "__class_getitem__"):
            return one(ClassOf(cls))
        return one(Instance(ClassOf(cls)))

    def global_name(self, module: Module, name: str) -> Values:
        """What a global name of a module, or else a builtin, may stand for."""
        found = self.namespace(module, name)
        if found is not None:
            return found
        if name in _BUILTINS:
            return one(Library(f"builtins.{name}"))
        return UNKNOWN

    def namespace(self, module: Module, name: str, seen: frozenset[str] = frozenset()) -> Values | None:
        """What the module binds `name` to, None if nothing there does."""
        body = module.body
        bindings = body.scope.bindings.get(name, [])
        written = module.global_writes.get(name, [])
        if bindings or written:
            parts = [self._evaluator.binding(binding, body) for binding in bindings]
            parts += [self._evaluator.binding(binding, code) for binding, code in written]
            return union(parts)
        unknown = False
        for imported, _ in reversed(module.facts.stars):  # the last one wins
            target = module.absolute(imported)
            if target in seen:
                continue
            other = self._evaluator.project.module(target, module.source)
            if other is None:
                foreign = not imported.level and not self._evaluator.project.knows(target, module.source)
                if foreign and name in star_names(self._evaluator.roles.canonical(target)):
                    brought = one(Library(self._evaluator.roles.canonical(f"{target}.{name}")))
                    return union((brought, UNKNOWN)) if unknown else brought  # a later star may bring another
                unknown = unknown or (foreign and not is_known(target.partition(".")[0]))
                continue
            if other.facts.exported is not None and name not in other.facts.exported:
                continue
            if other.facts.exported is None and name.startswith("_"):
                continue
            found = self.namespace(other, name, seen | {target})
            if found is not None:
                return found
        return UNKNOWN if unknown and name not in _BUILTINS else None

    def imported(self, imported: Import, module: Module) -> Values:
        """What an import binds its name to; a circle of imports binds it to nothing known."""
        if id(imported) in self._imports:
            self._evaluator.doubts += 1
            return UNKNOWN
        self._imports.add(id(imported))
        try:
            return self._imported(imported, module)
        finally:
            self._imports.discard(id(imported))

    def _imported(self, imported: Import, module: Module) -> Values:
        target = module.absolute(imported)
        near = module.source
        if imported.name is None:
            return self.dotted(target if imported.whole else target.partition(".")[0], near)
        source = self._evaluator.project.module(target, near)
        if source is not None:
            if source is not module or imported.name not in module.body.scope.bindings:
                found = self.namespace(source, imported.name)
                if found is not None and (
                    found.items or not self._evaluator.project.knows(f"{target}.{imported.name}", near)
                ):
                    return found
        if self._evaluator.project.knows(target, near):
            inner = f"{target}.{imported.name}"
            return self.dotted(inner, near) if self._evaluator.project.knows(inner, near) else UNKNOWN
        if imported.level:
            return UNKNOWN
        return one(Library(self._evaluator.roles.canonical(f"{target}.{imported.name}")))

    def dotted(self, name: str, importer: SourceFile | None = None) -> Values:
        """The module, package or library thing of that dotted name, as a file would import it."""
        module = self._evaluator.project.module(name, importer)
        if module is not None:
            return one(ModuleOf(module))
        if self._evaluator.project.knows(name, importer):
            return one(Namespace(name))
        return one(Library(self._evaluator.roles.canonical(name)))
