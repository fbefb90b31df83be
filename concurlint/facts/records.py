"""What happens in the scopes of one file, each record stamped with its context."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from concurlint.facts.flow import NOTHING, Flow
from concurlint.facts.packing import record
from concurlint.facts.syntax import Argument, Call, Expression, Place


@record
class Condition:
    """A test that is known to have come out as `holds` wherever it stands in a context."""

    test: Expression
    holds: bool


@record
class Entered:
    """One item of a `with`: the context manager, whether `async with`, and the name it is bound to."""

    manager: Expression
    is_async: bool
    at: Place
    block: int


@record
class Attempt:
    """Being inside one part of a `try`: its number in the scope and which part."""

    number: int
    part: Literal["body", "handler", "else", "finally"]


@record
class Context:
    """Where in its scope something happens; one object is shared by all that happens in one block.

    `blocks` numbers the enclosing blocks, outermost first; the last is the block itself.
    """

    entered: tuple[Entered, ...] = ()
    loops: tuple[int, ...] = ()
    conditions: tuple[Condition, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    blocks: tuple[int, ...] = (0,)
    deferred: bool = False  # inside a generator expression: runs when somebody iterates


@record
class CallSite:
    """A call, in order of evaluation within its scope."""

    call: Call
    context: Context
    order: int
    statement: Place
    awaited: bool
    dropped: bool  # the call is a whole expression statement, or such a statement throws its result away


AccessKind = Literal["read", "write", "augment", "delete"]


@record
class Access:
    """A read or write of a name that is not local, of an attribute, or of an item.

    For `augment` the value is what is combined in, `operator` the operator.
    """

    kind: AccessKind
    target: Expression
    value: Expression | None
    context: Context
    order: int
    statement: Place
    operator: str = ""
    annotation: Expression | None = None


BindingKind = Literal[
    "assign",
    "annotate",
    "augment",
    "for",
    "with",
    "import",
    "def",
    "class",
    "except",
    "parameter",
    "delete",
    "match",
]


@record
class Import:
    """What an import binds: `name` of `module` (relative by `level`), or the module itself."""

    module: str
    name: str | None
    level: int
    whole: bool = False  # `import a.b` binds `a`; `import a.b as c` binds the module a.b


@record
class Binding:
    """One way a name gets a value. `path` are the positions taken when a tuple is unpacked."""

    name: str
    kind: BindingKind
    value: Expression | None
    context: Context
    order: int
    at: Place
    path: tuple[int, ...] = ()
    imported: Import | None = None
    scope: int | None = None
    annotation: Expression | None = None
    operator: str = ""  # of `augment`


@dataclass(slots=True, eq=False)
class Loop:
    """A `for`, `while` or comprehension clause; `operations` counts the arithmetic right in its body."""

    number: int
    kind: Literal["for", "while", "comprehension"]
    target: Expression | None
    iterable: Expression | None  # the test of a while
    context: Context
    at: Place
    order: int
    block: int
    is_async: bool = False
    operations: int = 0
    has_await: bool = False
    leaves: bool = False  # contains a break, return or raise of its own
    end: int = 0


@record
class Branch:
    """An `if` (or a conditional loop test): the test and the blocks of both sides."""

    test: Expression
    context: Context
    order: int
    body: int
    orelse: int | None
    at: Place
    ends: bool  # the body always leaves the block
    else_ends: bool = False


@record
class Handler:
    """An `except` clause of try number `attempt`, which stands in `context`.

    `reraises` when there is a `raise` in its body; `leaves` when the body never comes to its end, and
    `continues` when that may be because it turns to the next round of a loop.
    """

    attempt: int
    types: tuple[Expression, ...]
    block: int
    at: Place
    reraises: bool
    leaves: bool
    continues: bool
    context: Context


@record
class Returned:
    value: Expression | None
    context: Context
    order: int
    at: Place


@record
class Awaited:
    """An `await`, `async for` or `async with`: a place where other tasks may run."""

    value: Expression | None
    context: Context
    order: int
    at: Place


@record
class Parameter:
    name: str
    kind: Literal["positional", "keyword", "args", "kwargs"]
    annotation: Expression | None
    default: Expression | None


ScopeKind = Literal["module", "class", "function", "lambda"]


@dataclass(slots=True, eq=False)
class Scope:
    """A module body, class body, function or lambda and everything that happens right in it."""

    number: int
    kind: ScopeKind
    name: str
    parent: int | None
    at: Place
    defined: Context
    parameters: tuple[Parameter, ...] = ()
    decorators: tuple[Expression, ...] = ()
    bases: tuple[Argument, ...] = ()
    returns: Expression | None = None
    is_async: bool = False
    is_generator: bool = False
    globals: set[str] = field(default_factory=set)
    nonlocals: set[str] = field(default_factory=set)
    bindings: dict[str, list[Binding]] = field(default_factory=dict)
    uses: dict[str, int] = field(default_factory=dict)  # how often each name is read
    calls: list[CallSite] = field(default_factory=list)
    accesses: list[Access] = field(default_factory=list)
    loops: list[Loop] = field(default_factory=list)
    branches: list[Branch] = field(default_factory=list)
    handlers: list[Handler] = field(default_factory=list)
    returned: list[Returned] = field(default_factory=list)
    yielded: list[Returned] = field(default_factory=list)
    raised: list[Returned] = field(default_factory=list)  # the value is None where the error in hand is raised again
    awaits: list[Awaited] = field(default_factory=list)
    entered: list[tuple[Entered, Context, int]] = field(default_factory=list)
    flow: Flow = NOTHING


@dataclass(slots=True, eq=False)
class ModuleFacts:
    """All that one file says: its scopes (the first is the module body) and star imports."""

    scopes: list[Scope]
    stars: list[tuple[Import, Context]]
    exported: tuple[str, ...] | None = None


TOO_DEEP = "nested too deeply to be read"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a file has no records: one line, and where the parser stopped; `is_valid` if Python itself reads it."""

    message: str
    line: int = 1
    column: int = 1
    is_valid: bool = False


@dataclass(frozen=True, slots=True)
class Parsed:
    """What reading a file gave: records, or else a trouble."""

    facts: ModuleFacts | None
    trouble: Trouble | None = None
