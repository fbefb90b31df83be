"""A map as text: what runs where, shared state with those rows first that call for a look, locks, and loops."""

from collections.abc import Iterator, Sequence

from concurlint.effects.overview.records import Access, Entry, LockRow, LoopRow, Order, Overview, State
from concurlint.finding import Span
from concurlint.report.visible import visible


def render(overviews: Sequence[Overview]) -> str:
    """All tables, one after another."""
    return "".join(f"{visible(line)}\n" for one in overviews for line in _lines(one)).lstrip("\n")


def _lines(one: Overview) -> Iterator[str]:
    looks = sum(state.mark.calls_for_a_look for state in one.states)
    yield from _heading(f"What runs where ({len(one.entries)})")
    for entry in one.entries:
        if entry.where != "callers":
            yield from _entry(entry)
    yield from _callers([entry for entry in one.entries if entry.where == "callers"])
    yield from _heading(f"Shared state ({len(one.states)}; {looks} to look at)")
    for state in one.states:
        yield from _state(state)
    yield from _heading(f"Locks ({len(one.locks)})")
    for lock in one.locks:
        yield from _lock(lock)
    yield from _heading(f"Order of locks ({len(one.orders)})")
    for order in one.orders:
        yield _order(order)
    yield from _heading(f"Event loops ({one.coroutines} coroutines; {len(one.loops)} calls that may block)")
    for loop in one.loops:
        yield _loop(loop)


def _heading(text: str) -> Iterator[str]:
    yield ""
    yield text
    yield "-" * len(text)


def _entry(entry: Entry) -> Iterator[str]:
    yield f"{entry.where:<9} {entry.code}  {place(entry.at)}"
    yield f"          {how(entry)}"


def _callers(entries: Sequence[Entry]) -> Iterator[str]:
    """What users may call from several threads at once, by what says so."""
    for evidence in dict.fromkeys(entry.by for entry in entries):
        alike = [entry.code for entry in entries if entry.by == evidence]
        yield f"callers   {evidence}"
        yield f"          {', '.join(name.rpartition('.')[2] for name in alike)}"


def how(entry: Entry) -> str:
    """Who has it run, from where, and how far it leads."""
    parts = [entry.by]
    if entry.started is not None:
        parts.append(f"at {place(entry.started)}")
    if entry.several:
        parts.append("several at once")
    if entry.reaches:
        parts.append(f"leads to {entry.reaches} function{'s' * (entry.reaches != 1)}")
    return ", ".join(parts)


def _state(state: State) -> Iterator[str]:
    yield f"{state.mark.value:<17} {name_of(state)}  {place(state.at)}"
    yield f"                  {state.says}"
    if state.mark.calls_for_a_look:
        for line in dict.fromkeys(_access(access) for access in state.accesses):
            yield f"                  {line}"


def name_of(state: State) -> str:
    """Module, owner and name."""
    return ".".join(part for part in (state.module, state.owner, state.name) if part)


def _access(access: Access) -> str:
    where = f"{access.how:<7} {access.code}  {place(access.at)}  {guard(access)}"
    return where if access.at_construction else f"{where}  [{', '.join(access.contexts)}]"


def guard(access: Access) -> str:
    """Under which locks, in words."""
    if access.at_construction:
        return "while it is made"
    if access.locks:
        return f"under {', '.join(access.locks)}"
    return "perhaps under a lock" if access.unsure else "no lock"


def _lock(lock: LockRow) -> Iterator[str]:
    made = f"  made at {place(lock.made)}" if lock.made is not None else ""
    yield f"{lock.name}  {lock.kind}{made}"
    yield f"    taken at {_places([taken.at for taken in lock.taken])}"
    if lock.guards:
        yield f"    guards {', '.join(lock.guards)}"


def _order(order: Order) -> str:
    both = "  and the other way round" if order.inverted else ""
    return f"{order.first} > {order.second}  {order.code}  {place(order.at)}{both}"


def _loop(loop: LoopRow) -> str:
    through = f", through {loop.steps - 1} more" if loop.steps > 1 else ""
    return f"{loop.code}  `{loop.call}` waits in `{loop.blocks}`{through}  {place(loop.at)}"


def _places(spans: Sequence[Span], most: int = 6) -> str:
    more = f" and {len(spans) - most} more" if len(spans) > most else ""
    return ", ".join(place(span) for span in spans[:most]) + more


def place(span: Span) -> str:
    """Path and line, as editors and terminals open it."""
    return f"{span.path}:{span.line}"
