"""A Jupyter notebook as one Python text: its cells of code one below the other, magics taken out."""

import ast
import json
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

SUFFIX = ".ipynb"
# https://ipython.readthedocs.io/en/stable/interactive/magics.html: those whose body is Python of the same kernel.
_PYTHON_MAGICS = frozenset({"capture", "concurlint", "debug", "prun", "python", "python3", "time", "timeit"})
_CELL_MAGIC = re.compile(r"\s*%%(\w+)")
_LINE_MAGIC = re.compile(r"(?P<indent>\s*)(?:%{1,2}[A-Za-z_]|!|\?{1,2}[\w.%])")
_HELP = re.compile(r"(?P<indent>\s*)%{0,2}[\w.]+\?{1,2}\s*$")
_ASSIGNED = re.compile(r"(?P<target>\s*[\w\s,.\[\]'\"()*]+=\s*)(?:%[A-Za-z_]|!)")


class NotebookError(Exception):
    """The file is no notebook; the text is the reason, in a few words."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of code: its number among all cells from 1, its first line in the one text, and what is written in it."""

    number: int
    start: int
    source: str


@dataclass(frozen=True, slots=True)
class Notebook:
    """The one text, and the cells it is made of."""

    text: str
    cells: tuple[Cell, ...]


def read_notebook(data: bytes) -> Notebook:
    """The cells of a notebook in Python, none of one in another language; raises NotebookError."""
    cells: list[Cell] = []
    pieces: list[str] = []
    line = 1
    for number, source in _sources(_document(data)):
        code = python_of(source)
        if code is None:
            continue
        cells.append(Cell(number, line, source))
        pieces.append(code if code.endswith("\n") else f"{code}\n")
        line += pieces[-1].count("\n")
    return Notebook("".join(pieces), tuple(cells))


def cell_at(cells: tuple[Cell, ...], line: int) -> Cell | None:
    """The cell that a line of the one text stands in."""
    return next((cell for cell in reversed(cells) if cell.start <= line), None)


def python_of(source: str) -> str | None:
    """What of a cell is Python, line for line; None where it is for something else, such as `%%bash`."""
    lines = source.split("\n")
    first = next((index for index, line in enumerate(lines) if line.strip()), None)
    magic = _CELL_MAGIC.match(lines[first]) if first is not None else None
    if magic is not None and first is not None:
        if magic[1] not in _PYTHON_MAGICS:
            return None
        lines[first] = f"# {lines[first]}"
    text = "\n".join(lines)
    return text if _is_python(text) else "\n".join(_without_magics(lines))


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _without_magics(lines: list[str]) -> Iterator[str]:
    """The lines, each magic and shell command a statement that does nothing."""
    goes_on = False
    for line in lines:
        magic = _LINE_MAGIC.match(line) or _HELP.match(line)
        assigned = _ASSIGNED.match(line)
        if goes_on:
            goes_on = line.endswith("\\")
            yield f"# {line}"
        elif magic is not None:
            goes_on = line.endswith("\\")
            yield f"{magic['indent']}pass  # {line.strip()}"
        elif assigned is not None:
            goes_on = line.endswith("\\")
            yield f"{assigned['target']}None  # {line[assigned.end('target') :]}"
        else:
            yield line


def _document(data: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise NotebookError("is no notebook: it is not JSON") from error
    if not isinstance(document, dict) or not isinstance(document.get("cells", document.get("worksheets")), list):
        raise NotebookError("is no notebook: it has no cells")
    return document


def _sources(document: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """The cells of code with their numbers. https://nbformat.readthedocs.io/en/latest/format_description.html."""
    if _language(document) not in ("", "python"):
        return
    for number, cell in enumerate(_cells(document), start=1):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            written = "".join(map(str, source)) if isinstance(source, list) else str(source)
            yield number, written.replace("\r\n", "\n").replace("\r", "\n")


def _cells(document: Mapping[str, object]) -> Iterator[object]:
    """The cells of all worksheets, of which the third version of the format may have several."""
    sheets = document.get("worksheets")
    for holder in [document, *(sheets if isinstance(sheets, list) else [])]:
        cells = holder.get("cells") if isinstance(holder, dict) else None
        yield from cells if isinstance(cells, list) else []


def _language(document: Mapping[str, object]) -> str:
    """The language of the kernel in small letters; "" where it is not told."""
    metadata = document.get("metadata")
    for key, name in (("language_info", "name"), ("kernelspec", "language")):
        told = metadata.get(key) if isinstance(metadata, dict) else None
        language = told.get(name) if isinstance(told, dict) else None
        if isinstance(language, str):
            return language.lower()
    return ""
