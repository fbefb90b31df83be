"""What the names in a loop over a frame stand for: the row, its label, its position, its cells."""

from __future__ import annotations

from dataclasses import dataclass, field

from concurlint.catalog.columns import accesses, is_of_row
from concurlint.effects.dataframes.formulas import UNWRITTEN, Formula
from concurlint.facts.syntax import Attribute, Call, Collection, Constant, Expression, Item, Name, spelled
from concurlint.facts.unparse import written


@dataclass(slots=True)
class Rows:
    """One way through the rows of a frame; `frame` is how the frame is written, `spelling` its dotted name."""

    frame: str
    spelling: str
    rows: set[str] = field(default_factory=set)
    pairs: set[str] = field(default_factory=set)
    labels: set[str] = field(default_factory=set)
    positions: set[str] = field(default_factory=set)
    cells: dict[str, str] = field(default_factory=dict)
    are_tuples: bool = False
    looked: bool = False  # at a cell

    @property
    def names(self) -> set[str]:
        """All names that are another thing in each round."""
        return self.rows | self.pairs | self.labels | self.positions | set(self.cells)

    def column(self, key: Expression) -> Formula | None:
        """The column that `row[key]` is a cell of."""
        self.looked = True
        if isinstance(key, Constant) and isinstance(key.value, str):
            return Formula(f"{self.frame}[{_quoted(key.value)}]", name=key.value)
        if isinstance(key, Constant):
            return UNWRITTEN
        if isinstance(key, (Name, Attribute)) and spelled(key).partition(".")[0] not in self.names:
            return Formula(f"{self.frame}[{spelled(key)}]") if spelled(key) else UNWRITTEN
        return None

    def is_row(self, expression: Expression) -> bool:
        """Whether it is the whole row."""
        match expression:
            case Name(id=name):
                return name in self.rows
            case Item(value=Name(id=name), index=(Constant(value=1),)):
                return name in self.pairs
            case Item(value=Attribute(value=owner, attr="iloc"), index=(Name(id=name),)):
                return self.is_frame(owner) and name in self.positions
            case Item(value=Attribute(value=owner, attr="loc"), index=(Name(id=name),)):
                return self.is_frame(owner) and name in self.labels | self.positions
        return False

    def is_frame(self, expression: Expression) -> bool:
        """Whether it is the frame by its name."""
        return bool(self.spelling) and spelled(expression) == self.spelling

    def turns(self, expression: Expression) -> bool:
        """Whether it is the label or the position of the row."""
        return isinstance(expression, Name) and expression.id in self.labels | self.positions

    def cell(self, expression: Expression) -> Formula | None:
        """The column that an expression is one cell of; None if it is none."""
        match expression:
            case Name(id=name) if name in self.cells:
                column = self.cells[name]
                return Formula(f"{self.frame}[{_quoted(column)}]", name=column) if column else UNWRITTEN
            case Name(id=name) if name in self.labels:
                return Formula(f"{self.frame}.index")
            case Name(id=name) if name in self.positions:
                return Formula(f"np.arange(len({self.frame}))")
            case Item(value=Name(id=name), index=(Constant(value=0),)) if name in self.pairs:
                return Formula(f"{self.frame}.index")
            case Attribute(value=owner, attr=attr) if self.is_row(owner):
                return self._attribute(attr)
            case Item(value=Attribute(value=owner, attr=attr), index=(key,)) if accesses(attr) in ("label", "position"):
                if self.is_row(owner):
                    return self.column(key)
            case Item(value=Attribute(value=owner, attr=attr), index=(turn, key)) if self.is_frame(owner):
                if accesses(attr) == "label" and self.turns(turn):
                    return self.column(key)
                return UNWRITTEN if accesses(attr) == "position" and self.turns(turn) else None
            case Item(value=owner, index=(key,)) if self.is_row(owner):
                return self.column(key)
            case Call(function=Attribute(value=owner, attr="get"), arguments=(first, *more)) if self.is_row(owner):
                return UNWRITTEN if more else self.column(first.value)
            case Call(function=Name(id="getattr"), arguments=(first, second)) if self.is_row(first.value):
                return self.column(second.value)
        return self._of_column(expression)

    def _attribute(self, attr: str) -> Formula | None:
        if attr == ("Index" if self.are_tuples else "name"):
            return Formula(f"{self.frame}.index")
        if self.are_tuples:
            return UNWRITTEN if attr.startswith("_") else self.column(Constant(attr, (1, 1, 1, 1)))
        return None if is_of_row(attr) else self.column(Constant(attr, (1, 1, 1, 1)))

    def _of_column(self, expression: Expression) -> Formula | None:
        """`frame["a"][i]`, `frame.a.iloc[i]` and the like."""
        if not isinstance(expression, Item) or len(expression.index) != 1 or not self.turns(expression.index[0]):
            return None
        owner = expression.value
        if isinstance(owner, Attribute) and accesses(owner.attr):
            owner = owner.value
        match owner:
            case Item(value=frame, index=(key,)) if self.is_frame(frame):
                return self.column(key)
            case Attribute(value=frame, attr=attr) if self.is_frame(frame) and not is_of_row(attr):
                return self.column(Constant(attr, owner.at))
        return None

    def columns(self, expression: Expression) -> str:
        """`row[["a", "b"]]` and the row itself, as the frame they are of; `""` for anything else."""
        if self.is_row(expression):
            return self.frame
        if isinstance(expression, Item) and self.is_row(expression.value) and len(expression.index) == 1:
            several = expression.index[0]
            if isinstance(several, Collection) and written(several):
                return f"{self.frame}[{written(several)}]"
            if isinstance(several, (Name, Attribute)) and spelled(several).isupper():
                return f"{self.frame}[{spelled(several)}]"
        return ""


def _quoted(text: str) -> str:
    return '"' + text + '"' if '"' not in text and "\\" not in text else repr(text)
