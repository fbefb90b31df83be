"""The classes of libraries: the one name each is known by, their library bases, what kind of thing they make."""

from collections.abc import Iterator
from functools import cache

from concurlint.catalog.entries import ClassRole
from concurlint.catalog.tables import line, values


@cache
def class_role(name: str) -> ClassRole | None:
    """What is known of the library class `name`, or None."""
    said = line("classes", name)
    return None if said is None else ClassRole(name, **values(said))


@cache
def canonical(name: str) -> str:
    """The one name a library thing is known by: `multiprocessing.context.Process` → `multiprocessing.Process`."""
    head, tail = name, ""
    while head:
        role = class_role(head)
        if role is not None and role.same:
            return canonical(role.same + tail)
        head, dot, last = head.rpartition(".")
        tail = dot + last + tail
    return name


@cache
def ancestry(name: str) -> tuple[str, ...]:
    """`name` and the names of its library bases, nearest first."""
    seen: dict[str, None] = {}
    queue = [name]
    while queue:
        current = canonical(queue.pop(0))
        if current not in seen:
            seen[current] = None
            role = class_role(current)
            queue.extend(role.bases if role else ())
    return tuple(seen)


@cache
def kind(name: str) -> str:
    """The kind of object the class makes (`lock`, `executor`, `queue` …), looked up through its bases."""
    roles = map(class_role, ancestry(name))
    return next((role.kind for role in roles if role is not None and role.kind), "")


def inherited(name: str) -> Iterator[str]:
    """A class and its library bases, or a method by the names of its class and of that class's bases."""
    yield from ancestry(name)
    owner, _, method = name.rpartition(".")
    for above in ancestry(owner)[1:] if owner else ():
        yield f"{above}.{method}"
