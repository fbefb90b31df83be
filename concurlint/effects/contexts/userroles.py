"""The names for which users have told who runs what, also those that the project defines itself."""

from __future__ import annotations

from collections.abc import Iterator

from concurlint.catalog.roles import Roles
from concurlint.project.callgraph import library_name
from concurlint.project.evaluate import Evaluator
from concurlint.project.modules import Code
from concurlint.project.values import Bound, ClassOf, Function, ModuleOf, Value


class RoleNames:
    """Gives things the names that roles know them by: a user may name a thing as it is defined, or as imported."""

    def __init__(self, evaluator: Evaluator, roles: Roles) -> None:
        self._evaluator = evaluator
        self._known: dict[Code, str] = {}
        for name in roles.of_user.names:
            for code in self._standing_for(name):
                self._known.setdefault(code, name)

    def of(self, value: Value) -> str:
        """The name of a library thing, or that of a project's own if a user has named it; else `""`."""
        return library_name(value) or self.of_own(value)

    def of_own(self, value: Value) -> str:
        """The name that a user has given for a function or class of the project; `""` for all others."""
        code = _defined(value) if self._known else None
        return self._known.get(code, "") if code is not None else ""

    def _standing_for(self, name: str) -> Iterator[Code]:
        """The functions and classes of the project that a dotted name stands for, defined there or imported there."""
        parts = name.split(".")
        for cut in range(len(parts) - 1, 0, -1):
            module = self._evaluator.project.module(".".join(parts[:cut]), None)
            if module is None:
                continue
            own = next((code for code in module.codes[1:] if code.qualname == ".".join(parts[cut:])), None)
            values: list[Value] = [ModuleOf(module)]
            for part in parts[cut:] if own is None else ():
                values = [found for value in values for found in self._evaluator.attribute(value, part)]
            found = [own] if own is not None else [_defined(value) for value in values]
            yield from (code for code in found if code is not None)
            return


def _defined(value: Value) -> Code | None:
    match value:
        case Bound(function=Function(code=code)) | Function(code=code) | ClassOf(code=code):
            return code
    return None
