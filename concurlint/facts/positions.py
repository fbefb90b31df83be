"""Where each node of a LibCST tree stands in its text, found in the one walk that prints it."""

from dataclasses import dataclass, field
from types import TracebackType

import libcst as cst
from libcst._nodes.internal import CodegenState

from concurlint.facts.syntax import Place


class _Recorded:
    __slots__ = ("_node", "_start", "_state")

    def __init__(self, state: "_PositionState", node: cst.CSTNode) -> None:
        self._state = state
        self._node = node
        self._start = (0, 0)

    def __enter__(self) -> None:
        self._start = (self._state.line, self._state.column)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        line, column = self._start
        self._state.places[self._node] = (line, column, self._state.line, self._state.column)


@dataclass(frozen=False)
class _PositionState(CodegenState):
    """A code generator that throws the text away and keeps count of lines and columns.

    LibCST's own `PositionProvider` copies or re-walks the tree with two objects and two look-ups a
    node; counting in the generator itself takes a third of its time.
    """

    line: int = 1
    column: int = 1
    places: dict[cst.CSTNode, Place] = field(default_factory=dict)

    def add_indent_tokens(self) -> None:
        for token in self.indent_tokens:
            self.column += len(token)

    def add_token(self, value: str) -> None:
        if "\n" in value:
            self.line += value.count("\n")
            self.column = len(value) - value.rfind("\n")
        elif value == "\r":
            self.line += 1
            self.column = 1
        else:
            self.column += len(value)

    def record_syntactic_position(  # type: ignore[override]
        self,
        node: cst.CSTNode,
        *,
        start_node: cst.CSTNode | None = None,  # noqa: ARG002
        end_node: cst.CSTNode | None = None,  # noqa: ARG002
    ) -> _Recorded:
        return _Recorded(self, node)


def places(module: cst.Module) -> dict[cst.CSTNode, Place]:
    """Every node's place, parentheses around expressions left out."""
    state = _PositionState(default_indent=module.default_indent, default_newline=module.default_newline)
    module._codegen(state)
    return state.places
