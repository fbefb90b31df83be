"""What an operation on one cell of a pandas frame is for the whole column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from concurlint.catalog.tables import table


@dataclass(frozen=True, slots=True)
class ColumnForm:
    """How a call on cells is written for columns: `form` with one argument, `forms` by their number.

    `test`: the result is true or false for each row. A form of `""` means that there is none.
    """

    form: str
    forms: dict[str, str] = field(default_factory=dict)
    test: bool = False

    def of(self, arguments: int) -> str:
        """The form for so many arguments, `""` without one."""
        return self.forms.get(str(arguments), self.form if arguments == 1 else "")


def _table() -> Mapping[str, Any]:
    return table("columns")


def column_form(name: str) -> ColumnForm | None:
    """What a call of the library function `name` on a cell is for the column, None where that is not known."""
    line = _table()["functions"].get(name)
    if line is not None:
        return ColumnForm(**line)
    package, _, last = name.rpartition(".")
    if last in _table()["elementwise"].get(package, ()):
        return ColumnForm("@", test=name in _table()["elementwise"]["tests"])
    return None


def column_method(method: str) -> tuple[str, bool]:
    """The accessor (`str`, `dt`) that has a cell's method for the column, and whether it tests; `""` for none."""
    methods = _table()["methods"]
    accessor = next((one for one in ("str", "dt") if method in methods[one]), "")
    return accessor, method in methods["tests"]


def column_attribute(attr: str) -> str:
    """The accessor that has a cell's attribute for the column, `""` for none."""
    return "dt" if attr in _table()["attributes"]["dt"] else ""


def reduces(method: str) -> bool:
    """Whether a method of a row is one of the frame over `axis=1`."""
    return method in _table()["reductions"]["names"]


def reduces_to_test(method: str) -> bool:
    """Whether a reducing method tells of each row whether something is so."""
    return method in _table()["reductions"]["tests"]


def gives_rows(method: str) -> bool:
    """Whether a method of a frame gives its rows one by one."""
    return method in _table()["loops"]["names"]


def accesses(attr: str) -> Literal["label", "position", "whole", ""]:
    """By what an attribute of a frame or row gives cells; `""` if it does not."""
    ways: tuple[Literal["label", "position", "whole"], ...] = ("label", "position", "whole")
    return next((way for way in ways if attr in _table()["accessors"][way]), "")


def reduction(function: str) -> str:
    """The method of a frame over `axis=1` that does what the library function does to a row; `""` for none."""
    found: str = _table()["reducers"].get(function, "")
    return found


def is_of_row(attr: str) -> bool:
    """Whether an attribute of a row is the row's own and no column."""
    return attr in _table()["row"]["names"]


def is_around(function: str) -> bool:
    """Whether a call of the library function gives what it is given, item by item."""
    return function in _table()["around"]["names"]


def few_rows(name: str) -> tuple[str, int | None, int] | None:
    """The parameter of a call that says how many rows its frame has, and their number where it is not given."""
    line = _table()["rows"].get(name)
    return (line[0], line[1] if line[1] >= 0 else None, line[2]) if line is not None else None


def consumer(function: str) -> str:
    """The method of a column that gives what the library function makes of all values; `""` if there is none."""
    found: str = _table()["consumers"].get(function, "")
    return found
