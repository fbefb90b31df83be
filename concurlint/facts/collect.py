"""One file's LibCST tree → its records: the one visitor, and the only one to keep a stack."""

import libcst as cst

from concurlint.facts.compound import CompoundStatements
from concurlint.facts.positions import places
from concurlint.facts.records import ModuleFacts
from concurlint.facts.syntax import Collection, Constant


def collect(tree: cst.Module) -> ModuleFacts:
    """The records of a parsed file; pure, so that it can run in another process and be cached."""
    return _Collector(tree).module()


class _Collector(CompoundStatements):
    """Opens the scopes; what stands in them is read by its bases."""

    def __init__(self, tree: cst.Module) -> None:
        super().__init__(places(tree))
        self._tree = tree
        self._statements[cst.FunctionDef] = self._function
        self._statements[cst.ClassDef] = self._class

    def module(self) -> ModuleFacts:
        scope = self.open_scope("module", "", (1, 1, 1, 1))
        self.scope = scope
        self.body(self._tree.body)
        scope.flow = self.flow.finish()
        return ModuleFacts(self.scopes, self._stars, self._exported())

    def _exported(self) -> tuple[str, ...] | None:
        names: list[str] = []
        bound = self.scopes[0].bindings.get("__all__")
        if not bound:
            return None
        for binding in bound:
            if not isinstance(binding.value, Collection):
                return None
            names += [i.value for i in binding.value.items if isinstance(i, Constant) and isinstance(i.value, str)]
        return tuple(names)

    def _function(self, node: cst.FunctionDef) -> bool:
        self.statement = self.place(node.name)
        decorators = tuple(self.expression(d.decorator) for d in node.decorators)
        parameters = self.parameters(node.params)
        returns = self.annotation(node.returns)
        scope = self.open_scope("function", node.name.value, self.place(node.name))
        scope.decorators = decorators
        scope.parameters = parameters
        scope.returns = returns
        scope.is_async = node.asynchronous is not None
        self.bind(node.name.value, "def", None, self.place(node.name), scope=scope.number)
        with self.within(scope):
            self.bind_parameters(scope)
            self.body(node.body.body)
        return False

    def _class(self, node: cst.ClassDef) -> bool:
        self.statement = self.place(node.name)
        decorators = tuple(self.expression(d.decorator) for d in node.decorators)
        bases = tuple(self.argument(a) for a in (*node.bases, *node.keywords))
        scope = self.open_scope("class", node.name.value, self.place(node.name))
        scope.decorators = decorators
        scope.bases = bases
        self.bind(node.name.value, "class", None, self.place(node.name), scope=scope.number)
        with self.within(scope):
            self.body(node.body.body)
        return False
