"""Files that hold Python without being plain modules: notebooks, marimo's files, scripts without a suffix."""

from concurlint.documents.notebooks import Cell as Cell
from concurlint.documents.notebooks import cell_at as cell_at
from concurlint.documents.opening import Document as Document
from concurlint.documents.opening import open_document as open_document
