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

_TRACE = re.compile(
    rb"(?i)thread[- _]?(?:un)?safe|(?:between|across|by|from) (?:multiple |several |many |different )?threads"
)
_SAFE = re.compile(
    r"(?i)\bthread[- ]?(?:un)?safe(?:ly|ty)?\b"
    r"|\b(?:shared?|used?|called?) (?:safely )?(?:between|across|by|from|in)"
    r" (?:multiple |several |many |different )threads"
)
_NOT = r"not?|non|never|un|cannot|without|neither|nor|none|nothing|nobody|hardly|must|lacks?|lacking"
_DENIED = re.compile(rf"(?i)(?:\b(?:{_NOT})|n['’]t|isnt)\b[\s\w,\"*`()'’-]{{0,40}}$")
_DENIED_AFTER = re.compile(
    r"(?i)[\s:?*`=–—-]*(?:(?:is|are|was|has)\b[\s\w]{0,20}?)?"
    r"(?:\b(?:not?|none|never|nothing|unsafe|up to|left to|(?:(?:is|are) )?(?:the|your) (?:caller|user|client|respons))"
    r"|n['’]t\b)"
)
"""What follows a topic: "Thread safety: none", "Thread safety is the caller's", "thread-safe: no"."""
_OF_PART = re.compile(r"(?i)\bonly\b[^.;]{0,80}$")
"""What comes before a claim for one part of what is described: "only its token is thread-safe"."""
_CONFINED = re.compile(
    r"(?i)\b(?:must|only|sole|always|exclusively)\b[^.]{0,60}\b(?:on|in|from|by|to)\s+"
    r"(?:the|its|that|this|one|a single)\s+(?:[\w-]+\s+){0,2}thread\b(?!s)"
)
"""What is for one thread: "must be used on that thread", "only from the main thread"."""
_COMMENT = re.compile(r"#\s*concurlint:\s*(?P<no>not-)?thread-safe\b")
_BLOCK = re.compile(r"```.*?```|~~~.*?~~~|^(?: {4}|\t)[^\n]*$", re.DOTALL | re.MULTILINE)
"""Code on a page: what stands in it is no claim."""
_LONGEST = 400
_PROMISE = re.compile(r"(?i)\s*[-*+]\s+(?:it is |fully )?[*_`]*thread[- ]?safe(?:ty)?[*_`]*[.,;!]?\s*")
"""The whole of an item in a list of features."""


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
            self._known[module] = _read(module.source.data) if _has_trace(module.source.data) else {}
        return self._known[module].get(code.scope.at[0] if code.scope.kind == "class" else 0)

    @cached_property
    def of_package(self) -> str:
        """The page that promises thread safety of all that the project is, "" for none: in a list of what it has."""
        for path in pages_of(self._root):
            data = _prose(path)
            if any(_PROMISE.fullmatch(line) for line in data.splitlines()):
                return path.name
        return ""

    @cached_property
    def _documented(self) -> frozenset[str]:
        """Names of classes of which a page of the project says that they are thread-safe."""
        names: set[str] = set()
        for path in pages_of(self._root):
            names |= _named_on(path)
        return frozenset(names)


def _has_trace(data: bytes) -> bool:
    # Few files have even this word, and looking for one that is fixed is many times as fast.
    return b"thread" in data.lower() and _TRACE.search(data) is not None


def _prose(path: Path) -> str:
    """What stands on a page beside code, "" if it says nothing of threads."""
    try:
        data = path.read_bytes()
    except OSError:
        return ""
    return _BLOCK.sub("\n\n", data.decode("utf-8", "replace")) if _has_trace(data) else ""


def _named_on(path: Path) -> set[str]:
    """The names of classes in sentences that claim safety."""
    sentences = re.split(r"(?<=[.!?])\s+|\n\s*\n|\n[-*|] ", _prose(path))
    said = [sentence for sentence in sentences if len(sentence) < _LONGEST and _claims(sentence)]
    return {name for sentence in said for name in re.findall(r"\b[A-Z]\w*[a-z]\w*\b", sentence)}


def _claims(text: str) -> bool | None:
    """True where a text says that something is safe among threads, False where it says the opposite."""
    for found in _SAFE.finditer(text):
        if "unsafe" in found.group().lower() or _DENIED.search(text[: found.start()]):
            return False
        if _DENIED_AFTER.match(text, found.end()) or _OF_PART.search(text[: found.start()]):
            return False
        if not found.group().lower().endswith("ty"):
            return _unless_confined(text)
    return _unless_confined(text) if _SAFE.search(text) else None


def _unless_confined(text: str) -> bool | None:
    """A claim stands, unless a part of what is described is for one thread: of which part it speaks is not known."""
    return None if _CONFINED.search(text) else True


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
