"""Names that Python itself gives a meaning: methods run by syntax and protocols, whatever class has them."""

from typing import Final

# Facts about the language: they stand here as code, once, and not in the catalogue of libraries.


BEFORE_SHARING: Final = frozenset(
    {
        "__init__", "__new__", "__set_name__", "__init_subclass__", "__setstate__",
        "__reduce__", "__copy__", "__deepcopy__", "__del__",
    }
)  # fmt: skip
"""Run while nobody else has the object: it is being made, copied or thrown away."""

PICKLING: Final = frozenset({"__getstate__", "__reduce__", "__reduce_ex__", "__getnewargs__", "__getnewargs_ex__"})
"""Say themselves what of an object is pickled."""

ENTERING: Final = frozenset({"__enter__", "__aenter__"})
LEAVING: Final = frozenset({"__exit__", "__aexit__"})
"""What `with` runs before and after its block."""
