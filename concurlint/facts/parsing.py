"""One source file → its records, or what kept it from being read; pure, so that any process can do it."""

import re
import warnings

import libcst as cst

from concurlint.decoding import decode
from concurlint.facts.collect import collect
from concurlint.facts.records import TOO_DEEP, Parsed, Trouble
from concurlint.facts.room import with_room
from concurlint.source import SourceFile


def parse(source: SourceFile) -> Parsed:
    """The records of a file, or why there are none."""
    if source.trouble:
        return Parsed(None, Trouble(source.trouble))
    try:
        return Parsed(with_room(lambda: collect(cst.parse_module(source.data))))
    except cst.ParserSyntaxError as error:
        return Parsed(None, _unparsable(source, error))
    except RecursionError:
        return Parsed(None, Trouble(TOO_DEEP, is_valid=_is_valid(source)))
    except (UnicodeDecodeError, SyntaxError, LookupError) as error:
        return Parsed(None, Trouble(f"cannot be decoded: {_one_line(error)}", is_valid=_is_valid(source)))
    except Exception as error:
        return Parsed(None, Trouble(f"cannot be parsed: {_one_line(error)}", is_valid=_is_valid(source)))


def _is_valid(source: SourceFile) -> bool:
    """Whether Python itself takes the file: then it is no fault of the program that it cannot be read here."""
    try:
        _compile(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _compile(source: SourceFile) -> None:
    # Where a deep stack is needed, a thread of its own does this, and the one that started it waits.
    with warnings.catch_warnings():  # concurlint: ignore[CCL310]
        warnings.simplefilter("ignore")
        # Unlike `ast.parse`, this objects to all that Python objects to: `return` outside of a function.
        compile(decode(source.data), source.name, "exec", dont_inherit=True)


_STOPPED_AT = re.compile(r"error at (\d+):(\d+)")


def _unparsable(source: SourceFile, error: cst.ParserSyntaxError) -> Trouble:
    """Python's own words and place where Python objects too.

    LibCST lists the tokens it would have taken, which helps nobody; of a bad token it does not say where.
    """
    stopped = _STOPPED_AT.search(error.message)
    line, column = (int(stopped[1]), int(stopped[2])) if stopped else (0, 0)
    reason = error.message.removeprefix("parser error: ").removeprefix("tokenizer error: ")
    valid = False
    try:
        _compile(source)
        valid = True
    except SyntaxError as own:
        reason = own.msg
        line, column = own.lineno or line, own.offset or column
    except (ValueError, RecursionError, MemoryError):
        pass
    return Trouble(f"cannot be parsed: {_one_line(reason)}", max(line, 1), max(column, 1), valid)


def _one_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0] if lines else type(error).__name__
    return text[:70].rstrip(" .")
