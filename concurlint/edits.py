"""Edits that leave a file's meaning as it was: where its lines are now, and the words that only came or went."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TypeAlias

_ODD = re.compile(rb"[\r\f\0]")
"""What else than a line feed may end a line, for one reader or another."""
_TOLD = re.compile(rb"(?i)noqa|concurlint:|flake8|ccl\d|coding|def test|pytest|unittest")
"""What somebody reads in comments and strings; an edit of such lines may mean anything."""
_OF_THREADS = re.compile(rb"(?i)thread[- _]?safe|\bthreads\b")
"""What a docstring may claim of its class."""
_KNOWN_BY_NAME = re.compile(r"__|test|pytest_")
_MOST_PAIRS = 4_000_000
"""Lines of both sides, multiplied, beyond which finding out what moved is not worth the time."""

Lines: TypeAlias = Mapping[int, int]
_DEFINED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
_PLACED = (ast.stmt, ast.expr, ast.excepthandler, ast.arg, ast.keyword, ast.alias, ast.pattern)
_PLAIN = (ast.Constant, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple)


@dataclass(frozen=True, slots=True)
class Quiet:
    """An edit that changes nothing for anybody else.

    `lines` maps old lines to new ones, `rest` is the text that was and is there. Besides it there are only comments,
    docstrings, and functions that compute from their arguments alone; `words` are the names these have or use. As
    long as nobody else has these words, nobody can call such a function or know what it looks at.
    """

    lines: Lines
    words: frozenset[str]
    rest: bytes


def quiet_edit(old: bytes, new: bytes) -> Quiet | None:
    """How a file was edited; None where that may matter to somebody."""
    if _ODD.search(old) or _ODD.search(new):
        return None
    before, after = old.split(b"\n"), new.split(b"\n")
    lines = _kept_lines(before, after)
    if lines is None:
        return None
    kept = set(lines.values())
    changed = [line for number, line in enumerate(before, 1) if number not in lines]
    changed += [line for number, line in enumerate(after, 1) if number not in kept]
    changed += [
        text for o, n in lines.items() if before[o - 1] != after[n - 1] for text in (before[o - 1], after[n - 1])
    ]
    if _TOLD.search(b"\n".join(changed)):
        return None
    try:
        trees = ast.parse(old), ast.parse(new)
        comparison = _Comparison(lines, may_claim=bool(_OF_THREADS.search(old) or _OF_THREADS.search(new)))
        words = comparison.of_modules(*trees)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    if words is None:
        return None
    return Quiet(lines, words, b"\n".join(before[number - 1] for number in lines if number not in comparison.passing))


def any_of(words: Iterable[str]) -> re.Pattern[bytes]:
    """Finds any of these names as a whole word."""
    return re.compile(rb"\b(?:" + b"|".join(re.escape(word.encode()) for word in sorted(words)) + rb")\b")


def has_word(text: bytes, words: re.Pattern[bytes]) -> bool:
    """Whether the code of a file has one of the words, in a name or a string; comments and docstrings do not count."""
    if words.search(text) is None:
        return False
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return True
    said = {id(node.body[0]) for node in ast.walk(tree) if isinstance(node, _DEFINED) and _docstring(node) is not None}
    queue: list[ast.AST] = [tree]
    for node in queue:
        if id(node) not in said:
            parts = (part for name in node._fields for part in _as_list(getattr(node, name, None)))
            if any(words.search(str(part).encode("utf-8", "replace")) for part in parts):
                return True
            queue += ast.iter_child_nodes(node)
    return False


def _as_list(field: object) -> list[object]:
    """What a node holds that is no node."""
    return [part for part in (field if isinstance(field, list) else [field]) if not isinstance(part, ast.AST)]


def _kept_lines(before: Sequence[bytes], after: Sequence[bytes]) -> Lines | None:
    """The lines that are the same on both sides, or differ by what a comment behind them says."""
    start = _in_common(before, after)
    end = min(_in_common(before[::-1], after[::-1]), len(before) - start, len(after) - start)
    old, new = before[start : len(before) - end], after[start : len(after) - end]
    if len(old) * len(new) > _MOST_PAIRS:
        return None
    lines = {number: number for number in range(1, start + 1)}
    replaced: list[tuple[int, int]] = []
    for what, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if i2 - i1 == j2 - j1:
            pairs = zip(range(start + i1 + 1, start + i2 + 1), range(start + j1 + 1, start + j2 + 1), strict=True)
            if what == "equal":
                lines.update(pairs)
            else:
                replaced += pairs
    if replaced:
        codes = _without_comments(before), _without_comments(after)
        lines.update((o, n) for o, n in replaced if o in codes[0] and codes[0][o] == codes[1].get(n))
    shift = len(after) - len(before)
    lines.update((number, number + shift) for number in range(len(before) - end + 1, len(before) + 1))
    return lines


def _in_common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many lines are the same from the beginning on."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (here, there) in enumerate(pairs) if here != there), min(len(one), len(other)))


def _without_comments(lines: Sequence[bytes]) -> dict[int, bytes]:
    """The code of each line, without the comment behind it; nothing of a file that is broken."""
    code = {number: line.rstrip() for number, line in enumerate(lines, 1)}
    try:
        for token in tokenize.tokenize(io.BytesIO(b"\n".join(lines)).readline):
            if token.type == tokenize.COMMENT:
                number, column = token.start
                code[number] = lines[number - 1].decode()[:column].rstrip().encode()
    except (tokenize.TokenError, SyntaxError, UnicodeError):
        return {}
    return {number: line for number, line in code.items() if line}


class _Comparison:
    """Goes through two trees side by side."""

    def __init__(self, lines: Lines, *, may_claim: bool) -> None:
        self._lines = lines
        self._may_claim = may_claim
        self.passing: set[int] = set()  # old lines of such functions

    def of_modules(self, old: ast.Module, new: ast.Module) -> frozenset[str] | None:
        """The words of functions that are only on one side; None where something else is."""
        words: set[str] = set()
        local: set[str] = set()
        olds, news = _body(old, new)[::-1], _body(new, old)[::-1]
        while olds or news:
            if olds and news and self._same(olds[-1], news[-1]):
                olds.pop()
                news.pop()
                continue
            found = _self_contained(news[-1]) if news else None
            if found is not None:
                passing = _lines_of(news.pop())
                self.passing |= {number for number, now in self._lines.items() if now in passing}
            else:
                found = _self_contained(olds[-1]) if olds else None
                if found is None:
                    return None
                self.passing |= set(_lines_of(olds.pop()))
            words |= found[0]
            local |= found[1]
        names = _global_names(old) | _global_names(new)
        if words and ("*" in names or local & names):
            return None
        return frozenset(words) if self._same_docstring(old, new) else None

    def _same(self, old: object, new: object) -> bool:
        if type(old) is not type(new):
            return False
        if isinstance(old, ast.AST) and isinstance(new, ast.AST):
            if not self._at_same_place(old, new) or not self._same_docstring(old, new):
                return False
            if isinstance(old, _DEFINED) and not self._same(_body(old, new), _body(new, old)):
                return False
            names = (name for name in old._fields if name != "body" or not isinstance(old, _DEFINED))
            return all(self._same(getattr(old, name, None), getattr(new, name, None)) for name in names)
        if isinstance(old, list) and isinstance(new, list):
            return len(old) == len(new) and all(map(self._same, old, new))
        return repr(old) == repr(new)

    def _same_docstring(self, old: ast.AST, new: ast.AST) -> bool:
        """Whether what a docstring says stays the same, or is of no interest."""
        return not self._may_claim or _docstring(old) == _docstring(new)

    def _at_same_place(self, old: ast.AST, new: ast.AST) -> bool:
        if not isinstance(old, _PLACED) or not isinstance(new, _PLACED):
            return True
        if self._lines.get(old.lineno) != new.lineno or old.col_offset != new.col_offset:
            return False
        # A definition with nothing but a docstring ends where that does, and it may be another one.
        if _docstring(old) is not None and isinstance(old, _DEFINED) and len(old.body) == 1:
            return True
        return self._lines.get(old.end_lineno or 0) == new.end_lineno and old.end_col_offset == new.end_col_offset


def _lines_of(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _body(node: ast.AST, other: ast.AST) -> list[ast.stmt]:
    """The statements of a definition without its docstring, where the other has one too."""
    body = node.body if isinstance(node, _DEFINED) else []
    return body[1:] if _docstring(node) is not None and _docstring(other) is not None else body


def _docstring(node: ast.AST) -> str | None:
    return ast.get_docstring(node, clean=False) if isinstance(node, _DEFINED) else None


def _self_contained(node: ast.stmt) -> tuple[set[str], set[str]] | None:
    """The words of a function that nothing but its arguments matters to, and its local names; None for all else."""
    if not isinstance(node, ast.FunctionDef) or node.decorator_list or node.returns:
        return None
    if getattr(node, "type_params", []) or _KNOWN_BY_NAME.match(node.name):
        return None
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.defaults or any(arguments.kw_defaults):
        return None
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    if any(each.annotation for each in named):
        return None
    if not node.name.isascii():
        return None
    words, local = {node.name}, {each.arg for each in named}
    for statement in _flat(node.body):
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                parts: list[ast.expr | None] = [value]
            case ast.Return(value=value):
                name, parts = "", [value]
            case ast.If(test=value):
                name, parts = "", [value]
            case ast.Pass() | ast.Expr(value=ast.Constant()):
                name, parts = "", []
            case _:
                return None
        if not all(part is None or _is_plain(part, local, words) for part in parts):
            return None
        if name:
            local.add(name)
    return words, local


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for statement in body:
        yield statement
        if isinstance(statement, ast.If):
            yield from _flat(statement.body)
            yield from _flat(statement.orelse)


def _is_plain(expression: ast.expr, local: set[str], words: set[str]) -> bool:
    """Whether nothing is called and no name is read but local ones; attributes are added to the words."""
    for node in ast.walk(expression):
        if isinstance(node, ast.Name):
            if node.id not in local:
                return False
        elif isinstance(node, ast.Attribute):
            if not node.attr.isascii():
                return False
            words.add(node.attr)
        elif isinstance(node, ast.expr) and not isinstance(node, _PLAIN):
            return False
    return True


def _global_names(module: ast.Module) -> set[str]:
    """The names that are bound at the top of a file, or by functions as `global`; `*` where nobody knows which."""
    names: set[str] = set()
    inner: list[ast.AST] = []
    queue: list[ast.AST] = list(module.body)
    for node in queue:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            names.add(node.name)
            inner.append(node)
            continue
        if isinstance(node, ast.alias):
            names.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, (ast.ExceptHandler, ast.MatchAs, ast.MatchStar)) and node.name:
            names.add(node.name)
        elif isinstance(node, ast.MatchMapping) and node.rest:
            names.add(node.rest)
        queue += ast.iter_child_nodes(node)
    names |= {name for top in inner for node in ast.walk(top) if isinstance(node, ast.Global) for name in node.names}
    return names
