"""What is analysed of a file, and what is shown of it, where the two are not the same."""

from dataclasses import dataclass
from pathlib import Path

from concurlint.documents.marimo import flattened, is_marimo
from concurlint.documents.notebooks import SUFFIX, Cell, NotebookError, read_notebook


@dataclass(frozen=True, slots=True)
class Document:
    """`code`: what is analysed, as a file of Python; `shown`: what reports show, None where it is the same.

    `cells` are those of a Jupyter notebook. Of what `is_notebook`, no process of its own runs the top level again.
    """

    code: bytes
    shown: bytes | None = None
    cells: tuple[Cell, ...] = ()
    is_notebook: bool = False
    trouble: str = ""


def open_document(path: Path, data: bytes) -> Document:
    """A file that holds `data`, as it is to be analysed."""
    if path.suffix == SUFFIX:
        try:
            notebook = read_notebook(data)
        except NotebookError as error:
            return Document(b"", is_notebook=True, trouble=str(error))
        return Document(notebook.text.encode("utf-8", "surrogatepass"), None, notebook.cells, is_notebook=True)
    if is_marimo(data):
        code = flattened(data.decode("utf-8", "replace").replace("\r\n", "\n"))
        if code is not None:
            return Document(code.encode(), data, is_notebook=True)
    return Document(data)
