"""Which names `from MODULE import *` brings of a library."""

from functools import cache

from concurlint.catalog.tables import of_package, table


@cache
def star_names(module: str) -> frozenset[str]:
    """The names that a star import of the library module brings, as far as the tables know any of them.

    For modules of the standard library they are listed; for others all public names count that have a line of their
    own. What such a line is only a part of (`package.module` in `package.module.function`) may be a module.
    """
    listed = table("stars")["names"].get(module)
    if listed is not None:
        return frozenset(listed)
    package = module.partition(".")[0]
    roles = of_package("roles", package)
    known = {*of_package("calls", package).get("calls", ()), *of_package("calls", package).get("same", ())}
    for section, lines in roles.items():
        known.update(*lines.values()) if section == "traits" else known.update(lines)
    inside = (name.removeprefix(f"{module}.") for name in known if name.startswith(f"{module}."))
    return frozenset(name for name in inside if "." not in name and not name.startswith("_"))
