"""A notebook's cells as one text."""

import json

import pytest

from concurlint.documents.notebooks import Cell, NotebookError, cell_at, python_of, read_notebook


def notebook(*cells: tuple[str, str], language: str = "python") -> bytes:
    """A notebook of cells by their kinds, as Jupyter writes it."""
    made = [{"cell_type": kind, "metadata": {}, "source": source.splitlines(True)} for kind, source in cells]
    document = {"nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"language": language}}, "cells": made}
    return json.dumps(document).encode()


def test_cells_of_code_stand_one_below_the_other_and_keep_their_numbers():
    read = read_notebook(notebook(("markdown", "# Title"), ("code", "a = 1\nb = 2"), ("raw", "x"), ("code", "c\n")))
    assert (read.text, read.cells) == ("a = 1\nb = 2\nc\n", (Cell(2, 1, "a = 1\nb = 2"), Cell(4, 3, "c\n")))
    assert [cell_at(read.cells, line) for line in (1, 2, 3)] == [read.cells[0], read.cells[0], read.cells[1]]


def test_an_older_notebook_has_its_cells_in_worksheets():
    old = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [{"cell_type": "code", "input": "a = 1"}]}]}
    assert read_notebook(json.dumps(old).encode()).cells == (Cell(1, 1, "a = 1"),)


def test_a_notebook_in_another_language_has_no_cells():
    assert read_notebook(notebook(("code", "x <- 1"), language="R")).cells == ()


@pytest.mark.parametrize(
    ("data", "says"),
    [(b"a = 1\n", "is no notebook: it is not JSON"), (b"[]", "is no notebook: it has no cells"), (b"", "JSON")],
)
def test_what_is_no_notebook_is_told(data: bytes, says: str):
    with pytest.raises(NotebookError, match=says):
        read_notebook(data)


@pytest.mark.parametrize(
    ("source", "python"),
    [
        ("%matplotlib inline\nx = 1", "pass  # %matplotlib inline\nx = 1"),
        ("if a:\n    !ls", "if a:\n    pass  # !ls"),
        ("!ls \\\n  -l\nx", "pass  # !ls \\\n#   -l\nx"),
        ("files = !ls", "files = None  # !ls"),
        ("a, b = %time f()", "a, b = None  # %time f()"),
        ("print?", "pass  # print?"),
        ("??print", "pass  # ??print"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("\n%%timeit -n 3\nf()", "\n# %%timeit -n 3\nf()"),
        ("%%bash\nls", None),
        ("text = '''\n%d\n!x\n'''", "text = '''\n%d\n!x\n'''"),
        ("x = (10\n%y)", "x = (10\n%y)"),
        ("await f()", "await f()"),
        ("x = (", "x = ("),
    ],
)
def test_magics_are_skipped_line_for_line(source: str, python: str | None):
    assert python_of(source) == python
