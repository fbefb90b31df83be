"""How records are declared: small, quickly made, known by identity."""

from dataclasses import dataclass
from typing import Any, TypeVar, dataclass_transform

from msgspec import Struct

_T = TypeVar("_T")
_STRUCT: Any = type(Struct)


@dataclass_transform(eq_default=False, frozen_default=True)
def record(cls: type[_T]) -> type[_T]:
    """A frozen class with slots that is known by identity, and passes for a dataclass.

    A large project has a million records. msgspec's structs are made in a fifth of the time of frozen dataclasses,
    and the garbage collector need not look at them: no record leads back to itself.
    """
    return _struct(cls, eq=False)


@dataclass_transform(eq_default=True, frozen_default=True)
def value(cls: type[_T]) -> type[_T]:
    """The same, known by what is in it; compared and hashed in C."""
    return _struct(cls, eq=True)


def _struct(cls: type[_T], *, eq: bool) -> type[_T]:
    plain: Any = dataclass(frozen=True, eq=False, repr=False)(cls)
    kept = {name: value for name, value in vars(plain).items() if name not in _MADE}
    made = _STRUCT(cls.__name__, (Struct,), kept, frozen=True, eq=eq, gc=False)
    made.__dataclass_fields__ = plain.__dataclass_fields__  # what `dataclasses.replace` and `fields` go by
    return made  # type: ignore[no-any-return]


_MADE = frozenset(
    {
        "__dict__",
        "__weakref__",
        "__init__",
        "__setattr__",
        "__delattr__",
        "__dataclass_fields__",
        "__dataclass_params__",
    }
    | {"__dataclass_params__", "__match_args__", "__replace__"}
)
"""What a dataclass has, and a struct has in its own way."""
