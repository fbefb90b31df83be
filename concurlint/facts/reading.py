"""Source files → their records, and what kept a file from being read."""

import ast
import gc
import re
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import libcst as cst

from concurlint.facts.collect import collect
from concurlint.facts.records import ModuleFacts
from concurlint.source import SourceFile, decode


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file has no records: one line, and the place the parser stopped at."""

    message: str
    line: int = 1
    column: int = 1


@contextmanager
def collection_paused() -> Iterator[None]:
    """The cyclic garbage collector switched off: parsing makes millions of objects that all stay."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


class Reader:
    """Parses files once and keeps what went wrong by the file's reported name."""

    def __init__(self) -> None:
        self.troubles: dict[str, Trouble] = {}
        self._read: set[str] = set()

    def facts(self, source: SourceFile) -> ModuleFacts | None:
        """The records of a file, None (and a trouble) if it cannot be read or parsed."""
        self._read.add(source.name)
        tree = self._tree(source)
        if tree is None:
            return None
        try:
            return collect(tree)
        except RecursionError:
            self.troubles[source.name] = Trouble("nested too deeply to be read")
            return None

    def _tree(self, source: SourceFile) -> cst.Module | None:
        if source.trouble:
            self.troubles[source.name] = Trouble(source.trouble)
            return None
        try:
            return cst.parse_module(source.data)
        except cst.ParserSyntaxError as error:
            self.troubles[source.name] = _unparsable(source, error)
        except (UnicodeDecodeError, SyntaxError, LookupError) as error:
            self.troubles[source.name] = Trouble(f"cannot be decoded: {_one_line(error)}")
        except Exception as error:
            self.troubles[source.name] = Trouble(f"cannot be parsed: {_one_line(error)}")
        return None

    def check_rest(self, sources: Iterable[SourceFile]) -> None:
        """Find what is wrong with files that nothing else had to read.

        Python's own parser is ten times as fast, so it sorts out the good ones; LibCST has the last word.
        """
        for source in sources:
            if source.name in self._read:
                continue
            if source.trouble:
                self.troubles[source.name] = Trouble(source.trouble)
                continue
            try:
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    ast.parse(decode(source.data))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                self._tree(source)


_STOPPED_AT = re.compile(r"error at (\d+):(\d+)")


def _unparsable(source: SourceFile, error: cst.ParserSyntaxError) -> Trouble:
    """Python's own words and place where Python objects too.

    LibCST lists the tokens it would have taken, which helps nobody; of a bad token it does not say where.
    """
    stopped = _STOPPED_AT.search(error.message)
    line, column = (int(stopped[1]), int(stopped[2])) if stopped else (0, 0)
    reason = error.message.removeprefix("parser error: ").removeprefix("tokenizer error: ")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(decode(source.data))
    except SyntaxError as own:
        reason = own.msg
        line, column = own.lineno or line, own.offset or column
    except (ValueError, RecursionError, MemoryError):
        pass
    return Trouble(f"cannot be parsed: {_one_line(reason)}", max(line, 1), max(column, 1))


def _one_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return text[:70].rstrip(" .")
