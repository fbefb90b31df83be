"""What comments and documentation say about threads: `# concurlint: thread-safe`, "instances are thread-safe"."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from concurlint.documentation import pages_of
from concurlint.effects.program import Program
from concurlint.finding import Confidence, Evidence
from concurlint.project.modules import Code, Module

_TRACE = re.compile(rb"(?i)thread[- _]?safe|(?:between|across|by|from) (?:multiple |several |many |different )?threads")
_SAFE = re.compile(
    r"(?i)\bthread[- ]?safe(?:ly|ty)?\b"
    r"|\b(?:shared?|used?|called?) (?:safely )?(?:between|across|by|from|in)"
    r" (?:multiple |several |many |different )threads"
)
_DENIED = re.compile(r"(?i)\b(?:not?|non|never|isn.t|aren.t|un|without|neither|nor|must)\b[\s\w,\"*`-]{0,40}$")
_COMMENT = re.compile(r"#\s*concurlint:\s*(?P<no>not-)?thread-safe\b")
_BLOCK = re.compile(r"```.*?```|~~~.*?~~~|^(?: {4}|\t)[^\n]*$", re.DOTALL | re.MULTILINE)
"""Code on a page: what stands in it is no claim."""
_LONGEST = 400


class Claims:
    """Looks for such words where a class, a module or a package is described."""

    def __init__(self, program: Program) -> None:
        self._root = program.config.root
        self._known: dict[Module, Mapping[int, tuple[bool, str]]] = {}

    def of(self, code: Code) -> Evidence | None:
        """What the words at a class or module say for it; None if nothing, or the opposite."""
        said = self._said(code)
        if said is not None:
            safe, how = said
            return (
                Evidence(how, Confidence.HIGH if how.startswith("a comment") else Confidence.MIDDLE) if safe else None
            )
        if code.scope.kind == "class" and code.name in self._documented:
            return Evidence(f"the documentation calls `{code.name}` thread-safe", Confidence.MIDDLE)
        return None

    def denies(self, code: Code) -> bool:
        """Whether the words at a class, or at its module, say that it is not for several threads at once."""
        said = self._said(code)
        return said is not None and not said[0]

    def _said(self, code: Code) -> tuple[bool, str] | None:
        module = code.module
        if module not in self._known:
            self._known[module] = _read(module.source.data) if _TRACE.search(module.source.data) else {}
        return self._known[module].get(code.scope.at[0] if code.scope.kind == "class" else 0)

    @cached_property
    def _documented(self) -> frozenset[str]:
        """Names of classes of which a page of the project says that they are thread-safe."""
        names: set[str] = set()
        for path in pages_of(self._root):
            names |= _named_on(path)
        return frozenset(names)


def _named_on(path: Path) -> set[str]:
    """The names of classes in sentences that claim safety."""
    try:
        data = path.read_bytes()
    except OSError:
        return set()
    if not _TRACE.search(data):
        return set()
    prose = _BLOCK.sub("\n\n", data.decode("utf-8", "replace"))
    sentences = re.split(r"(?<=[.!?])\s+|\n\s*\n|\n[-*|] ", prose)
    said = [sentence for sentence in sentences if len(sentence) < _LONGEST and _claims(sentence)]
    return {name for sentence in said for name in re.findall(r"\b[A-Z]\w*[a-z]\w*\b", sentence)}


def _claims(text: str) -> bool | None:
    """True where a text says that something is safe among threads, False where it says the opposite."""
    found = _SAFE.search(text)
    if found is None:
        return None
    return _DENIED.search(text[: found.start()]) is None


def _read(data: bytes) -> dict[int, tuple[bool, str]]:
    """By the line of a class (0 for the module): whether it is called safe, and by what."""
    try:
        tree = ast.parse(data)
    except (SyntaxError, ValueError, RecursionError):
        return {}
    lines = data.decode("utf-8", "replace").splitlines()
    found: dict[int, tuple[bool, str]] = {}
    for node in ast.walk(tree):
        if not isinstance(node, (ast.Module, ast.ClassDef)):
            continue
        line = node.lineno if isinstance(node, ast.ClassDef) else 0
        claim = _claims(ast.get_docstring(node) or "")
        if claim is not None:
            found[line] = (claim, "its docstring calls it thread-safe")
        first = min([line, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        for text in lines[max(first - 2, 0) : line] if line else lines[:3]:
            comment = _COMMENT.search(text)
            if comment is not None:
                found[line] = (comment["no"] is None, "a comment calls it thread-safe")
    return found
