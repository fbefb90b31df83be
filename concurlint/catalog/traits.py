"""Which traits library things have: what analyses ask where they would else keep lists of names."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal, TypeAlias

from concurlint.catalog.classes import inherited
from concurlint.catalog.tables import of_package, table

Trait: TypeAlias = Literal[
    "abandons",
    "acquires",
    "adds-behind",
    "adds-item",
    "adds-nothing",
    "after-init",
    "after-making",
    "alphabet-test",
    "annotates-items",
    "annotates-nothing",
    "annotates-value",
    "answer",
    "appends",
    "as-long",
    "as-many",
    "asks-alive",
    "asks-length",
    "asks-lock",
    "asks-nothing",
    "asks-path",
    "asks-state",
    "async-framework",
    "bounds-loop",
    "calls-at-exit",
    "cancellation",
    "catches-all",
    "catches-everything",
    "changes-argument",
    "changes-key",
    "chooses-for-all",
    "closed-choice",
    "command",
    "compiled",
    "compiles",
    "connects",
    "connects-late",
    "continues-answer",
    "coroutine-function",
    "dials",
    "digest",
    "draws",
    "draws-below",
    "drops-connections",
    "either-way",
    "ends-child",
    "ends-pool",
    "ends-process",
    "ends-task",
    "ends-thread",
    "enters",
    "execs",
    "exit-status",
    "exits-all",
    "exits-meant",
    "fails",
    "fetches-row",
    "feeds",
    "fills-in",
    "forks",
    "gathers",
    "gives-all",
    "gives-copies",
    "gives-way",
    "green-threads",
    "grows",
    "handles-lock",
    "handles-threads",
    "hands-on-all",
    "hands-on-error",
    "hardly-fails",
    "harmless-part",
    "implements-lock",
    "independent",
    "interrupts",
    "iterator",
    "joins",
    "keeps-connections",
    "kept-by-result",
    "kills",
    "kills-at-once",
    "lazy",
    "limits-threads",
    "limits-time",
    "lock-call",
    "lock-handle",
    "lockless",
    "looks-up",
    "makes-container",
    "makes-of-engine",
    "makes-pattern",
    "makes-unique",
    "may-last",
    "missing",
    "moves-path",
    "names-this-machine",
    "not-empty",
    "of-numbers",
    "one-operand",
    "only-looks",
    "only-tells",
    "out-of-date",
    "part-text",
    "pickler",
    "pipe",
    "pipe-argument",
    "plain-method",
    "plain-value",
    "platform",
    "process-primitive",
    "protocol",
    "pure",
    "puts",
    "quotes",
    "reaches-out",
    "reactor",
    "read-by-line",
    "reads-all",
    "reads-answer",
    "reads-given",
    "reads-line",
    "reads-pipes",
    "releases",
    "remembers",
    "removes-path",
    "renews",
    "reorders",
    "resizes",
    "runs-at-once",
    "runs-once",
    "runs-before-serving",
    "runs-sql",
    "runs-tasks",
    "same-items",
    "same-text",
    "seeds",
    "sends-work",
    "sets-waiting",
    "shared-by-processes",
    "shared-kind",
    "sleep",
    "suppresses",
    "swallows-errors",
    "takes",
    "takes-in",
    "takes-item",
    "takes-out",
    "tells-apart",
    "tells-misuse",
    "tells-thread",
    "tests-pattern",
    "thread-primitive",
    "timed-out",
    "torn",
    "tries-to-acquire",
    "type-checking",
    "unbound",
    "unchanged-text",
    "unshared",
    "uses-pattern",
    "uses-up",
    "view",
    "waits-for-child",
    "waits-for-end",
    "waits-for-futures",
    "waits-for-others",
    "waits-for-work",
    "waits-on-condition",
    "waits-on-queue",
    "waits-without-arguments",
    "while-logging",
    "winds-up",
    "yes-or-no",
]
"""What README.md says of each."""


@cache
def _traits(package: str) -> Mapping[str, frozenset[str]]:
    """The names of a package that have each trait."""
    sections = of_package("roles", package)
    found = {trait: set(names) for trait, names in sections.get("traits", {}).items()}
    for owner, traits in sections.get("methods", {}).items():
        for trait, methods in traits.items():
            found.setdefault(trait, set()).update(f"{owner}.{method}" for method in methods)
    return {trait: frozenset(names) for trait, names in found.items()}


@cache
def has(trait: Trait, name: str) -> bool:
    """Whether the library thing of that dotted name has the trait, itself or from a library base of its class."""
    return any(known in _traits(known.partition(".")[0]).get(trait, ()) for known in inherited(name))


def listed(trait: Trait, name: str) -> bool:
    """Whether the trait is that of exactly this name: what a call of a class does is not inherited."""
    return name in _traits(name.partition(".")[0]).get(trait, ())


def any_has(trait: Trait, package: str) -> bool:
    """Whether anything in a top-level package has the trait."""
    return trait in _traits(package)


@cache
def _guessed() -> Mapping[str, frozenset[str]]:
    """The last parts of names that are taken to have each trait where no more is known of them."""
    found = {trait: {name.removeprefix("*.") for name in names} for trait, names in _traits("_patterns").items()}
    for package in table("roles/_patterns")["guessed"]["packages"]:
        for traits in of_package("roles", package).get("methods", {}).values():
            for trait, methods in traits.items():
                found.setdefault(trait, set()).update(methods)
    return {trait: frozenset(names) for trait, names in found.items()}


def may(trait: Trait, name: str) -> bool:
    """Whether a method of that name, or another last part of a name of which no more is known, may have the trait."""
    return name in _guessed().get(trait, ())


def guessed(trait: Trait) -> frozenset[str]:
    """The last parts of names for which `may` holds."""
    return _guessed()[trait]


def spelt(trait: Trait, written: str) -> bool:
    """Whether a name as it is written, dotted or of a builtin, has the trait if it stands for what it seems to."""
    return listed(trait, written) or listed(trait, f"builtins.{written}")


def gil_package(name: str) -> str:
    """How the package is called, if importing it turns the GIL of a free-threaded build on; else `""`."""
    called: str = table("gil")["packages"].get(name, "")
    return called


@cache
def gil_pattern() -> re.Pattern[bytes]:
    """Finds files that may import a package for which `gil_package` has a name."""
    packages = "|".join(table("gil")["packages"])
    return re.compile(rf"\bimport\b.*\b(?:{packages})\b|\bfrom (?:{packages})\b".encode())
