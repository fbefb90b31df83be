"""Every setting by its key: what may stand there, what holds where nothing does, what it is for, and its option."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What the value of a key is."""

    CODES = "codes"
    GLOBS = "globs"
    FLAG = "flag"
    PYTHON = "python"
    PLATFORM = "platform"
    IGNORES = "ignores"
    CALLS = "calls"
    ROLES = "roles"
    FILE = "file"
    THREADS = "threads"
    NAMES = "names"


ASSUMED = "assumed"
"""The value of `threads` that asks for no evidence."""


class Section(StrEnum):
    """What a setting is about, as the help of the command line has it."""

    RULES = "Rule selection"
    FILES = "File selection"
    TARGET = "What the code is for"
    OLD = "Old code bases"
    CACHE = "Cache"
    OTHER = "Other"


@dataclass(frozen=True, slots=True)
class Key:
    """One key; `default` as it would be written in TOML, `option` the option that says the same."""

    name: str
    kind: Kind
    section: Section
    default: str
    says: str
    option: str = ""


KEYS = (
    Key(
        "select",
        Kind.CODES,
        Section.RULES,
        "[]",
        "Only these rules: CCL2, CCL301 or names.",
        "--select",
    ),
    Key(
        "extend-select",
        Kind.CODES,
        Section.RULES,
        "[]",
        "These rules too, besides those that are on.",
        "--extend-select",
    ),
    Key(
        "ignore",
        Kind.CODES,
        Section.RULES,
        "[]",
        "Not these rules; where both name a rule, the closer of select and ignore wins.",
        "--ignore",
    ),
    Key(
        "extend-ignore",
        Kind.CODES,
        Section.RULES,
        "[]",
        "The same as ignore.",
        "--extend-ignore",
    ),
    Key(
        "per-file-ignores",
        Kind.IGNORES,
        Section.RULES,
        "{}",
        "Rules that are not for some files.",
        "--per-file-ignores",
    ),
    Key(
        "extend-per-file-ignores",
        Kind.IGNORES,
        Section.RULES,
        "{}",
        "The same, besides those that are there.",
        "--extend-per-file-ignores",
    ),
    Key(
        "advice",
        Kind.FLAG,
        Section.RULES,
        "false",
        "Also say where another tool would serve better.",
        "--advice",
    ),
    Key(
        "pedantic",
        Kind.FLAG,
        Section.RULES,
        "false",
        "Also say what is less sure, or does little harm.",
        "--pedantic",
    ),
    Key(
        "exclude",
        Kind.GLOBS,
        Section.FILES,
        "[]",
        "Files and folders to leave out, written as lines of a .gitignore.",
        "--exclude",
    ),
    Key(
        "extend-exclude",
        Kind.GLOBS,
        Section.FILES,
        "[]",
        "The same, besides those that are there.",
        "--extend-exclude",
    ),
    Key(
        "force-exclude",
        Kind.FLAG,
        Section.FILES,
        "false",
        "Leave files out even where they are named one by one, as pre-commit does.",
        "--force-exclude",
    ),
    Key(
        "respect-gitignore",
        Kind.FLAG,
        Section.FILES,
        "true",
        "Leave out what git ignores.",
        "--respect-gitignore",
    ),
    Key(
        "baseline",
        Kind.FILE,
        Section.OLD,
        '""',
        "Findings that are known: leave out those that this file holds.",
        "--baseline",
    ),
    Key(
        "cache-dir",
        Kind.FILE,
        Section.CACHE,
        '".concurlint_cache"',
        "The folder of what later runs need not find out again.",
        "--cache-dir",
    ),
    Key(
        "target-python",
        Kind.PYTHON,
        Section.TARGET,
        '"3.11"',
        "The oldest Python the code is for; else what the project requires, else the one that runs.",
        "--target-python",
    ),
    Key(
        "target-platform",
        Kind.PLATFORM,
        Section.TARGET,
        '"all"',
        "Where the code is to run: linux, macos, windows or all.",
        "--target-platform",
    ),
    Key(
        "target-free-threaded",
        Kind.FLAG,
        Section.TARGET,
        "false",
        "The code is to run on a build without the GIL.",
        "--free-threaded",
    ),
    Key(
        "threads",
        Kind.THREADS,
        Section.TARGET,
        '"evidence"',
        "Take every public function and method to be called by several threads at once, on one object.",
        "--assume-threads",
    ),
    Key(
        "thread-safe",
        Kind.NAMES,
        Section.OTHER,
        "[]",
        "Classes and modules that promise to be safe for several threads, by their dotted names.",
    ),
    Key(
        "not-thread-safe",
        Kind.NAMES,
        Section.OTHER,
        "[]",
        "Classes and modules that promise the opposite.",
    ),
    Key(
        "calls",
        Kind.CALLS,
        Section.OTHER,
        "{}",
        "What calls of libraries do, by their dotted names.",
    ),
    Key(
        "roles",
        Kind.ROLES,
        Section.OTHER,
        "{}",
        "Who runs the functions of a framework, and where, by the names of its decorators, base classes and calls.",
    ),
    Key(
        "extend",
        Kind.FILE,
        Section.OTHER,
        '""',
        "A table to start from: the path of a TOML file, as seen from this one.",
    ),
)
NAMES = tuple(key.name for key in KEYS)
OPTIONS = {key.name: key.option for key in KEYS if key.option}
