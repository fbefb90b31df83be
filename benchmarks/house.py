"""Measures how the code is built, at the revision before effects/ was rebuilt and now, by the same rules.

    python benchmarks/house.py            prints the figures
    python benchmarks/house.py --write    renews house.md

It needs git, with the earlier revision in the history, and grimp (it comes with import-linter).
"""

import argparse
import ast
import json
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLE = Path(__file__).with_name("house.md")
BEFORE = "65c717e"

_DUNDER = re.compile(r"__\w+__")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.\w+)*\.?")
_NAMED = re.compile(r'^"([\w.*]+)" = ', re.MULTILINE)
_LISTED = re.compile(r'"([A-Za-z_]\w*(?:\.\w+)*)"')
_SEARCHED = {"callers", "edges"}
_TAKES = {"pop", "popleft"}
_GIVES = {"append", "extend"}
_ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
_RULE_FOLDERS = ("concurlint/checks/*.py", ":!concurlint/checks/__init__.py")


@dataclass(frozen=True)
class House:
    """What was counted in one revision; each list holds the places."""

    folders: dict[str, int]
    lines: int
    circles: list[str]
    walkers: list[str]
    searches: list[str]
    tables: list[str]
    rule: tuple[str, int, int]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure both, print, and keep the page if asked to."""
    parser = argparse.ArgumentParser(description="how the code is built, before and now")
    parser.add_argument("--write", action="store_true", help="renew house.md")
    parser.add_argument("--places", action="store_true", help="print every place that was counted now")
    parser.add_argument("--imports", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.imports is not None:
        print(json.dumps(circles(options.imports)))
        return
    words = library_words(ROOT)
    now = measured(ROOT, "HEAD", words)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made) / "before"
        git("worktree", "add", "--quiet", "--detach", str(folder), BEFORE)
        try:
            before = measured(folder, BEFORE, words)
        finally:
            git("worktree", "remove", "--force", str(folder))
    text = report(before, now)
    print(text, end="")
    if options.places:
        for place in (*now.circles, *now.walkers, *now.searches, *now.tables):
            print(place)
    if options.write:
        TABLE.write_text(text, encoding="utf-8")


def git(*words: str) -> str:
    """What a git command says, run in this repository."""
    return subprocess.run(("git", *words), cwd=ROOT, capture_output=True, text=True, check=True).stdout


def measured(root: Path, revision: str, words: frozenset[str]) -> House:
    """All figures of the tree at `root`; `revision` is where its history ends."""
    effects = root / "concurlint" / "effects"
    files = sorted(effects.rglob("*.py"))
    trees = {file.relative_to(root / "concurlint").as_posix(): ast.parse(file.read_text("utf-8")) for file in files}
    folders = Counter(
        file.parent.relative_to(effects.parent).as_posix() for file in files if file.name != "__init__.py"
    )
    command = (sys.executable, str(Path(__file__)), "--imports", str(root))
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return House(
        folders=dict(sorted(folders.items())),
        lines=sum(len(file.read_text("utf-8").splitlines()) for file in files),
        circles=json.loads(done.stdout),
        walkers=[name for name, tree in trees.items() if "/flow/" not in name and walks_blocks(tree)],
        searches=[f"{name}: {found}" for name, tree in trees.items() for found in searches(tree)],
        tables=[f"{name}:{line}" for name, tree in trees.items() for line in string_tables(tree, words)],
        rule=newest_rule(revision),
    )


# imports


def circles(root: Path) -> list[str]:
    """Groups of modules that import each other, also only for type checkers, in the package under `root`."""
    import grimp

    sys.path.insert(0, str(root))
    graph = grimp.build_graph("concurlint", cache_dir=None)
    for public in graph.find_modules_directly_imported_by("concurlint"):  # only when somebody asks for the name
        graph.remove_import(importer="concurlint", imported=public)
    below = {module: graph.find_downstream_modules(module) for module in graph.modules}
    groups = {
        tuple(sorted({module, *(other for other in below[module] if module in below[other])}))
        for module in graph.modules
    }
    return [" ".join(group) for group in sorted(groups) if len(group) > 1]


# flow


def walks_blocks(tree: ast.Module) -> bool:
    """Whether a module goes by blocks, branches and handlers, or compares order numbers, to tell what comes first."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in ("blocks", "block", "orelse"):
            return True
        if isinstance(node, ast.Compare) and any(isinstance(sign, _ORDERED) for sign in node.ops):
            sides = (node.left, *node.comparators)
            if any(isinstance(side, ast.Attribute) and side.attr == "order" for side in sides):
                return True
    return False


# searches


def searches(tree: ast.Module) -> Iterator[str]:
    """Functions that go over callers or edges of the call graph on and on, by a queue or by calling themselves."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for cls in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        functions |= {f".{node.name}": node for node in cls.body if isinstance(node, ast.FunctionDef)}
    calls = {name: {called for called in _called(node) if called in functions} for name, node in functions.items()}
    told: set[str] = set()
    for name, node in functions.items():
        circle = {other for other in _reached(calls, name) if name in _reached(calls, other)}
        asks = any(_asks_graph(functions[other]) for other in circle | {name})
        if asks and not told & circle and (circle or (_asks_graph(node) and _goes_on(node))):
            told |= circle
            yield name.removeprefix(".")


def _called(function: ast.FunctionDef) -> Iterator[str]:
    """The functions of the module that a function calls, and with a dot the methods of its own class."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call):
            match node.func:
                case ast.Name(id=name):
                    yield name
                case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=name):
                    yield f".{name}"


def _reached(calls: dict[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    queue = [start]
    while queue:
        new = calls[queue.pop()] - found
        found |= new
        queue += new
    return found


def _asks_graph(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Attribute) and node.attr in _SEARCHED for node in ast.walk(function))


def _goes_on(function: ast.FunctionDef) -> bool:
    """Whether a function takes from a queue until that is empty, or goes over a list that grows meanwhile."""
    for loop in ast.walk(function):
        if isinstance(loop, ast.While) and _called_methods(loop) & _TAKES:
            return True
        if isinstance(loop, ast.For) and isinstance(loop.iter, ast.Name):
            added = [node.target for node in ast.walk(loop) if isinstance(node, ast.AugAssign)]
            grown = {target.id for target in added if isinstance(target, ast.Name)}
            if loop.iter.id in grown or _called_methods(loop, loop.iter.id) & _GIVES:
                return True
    return False


def _called_methods(loop: ast.AST, owner: str | None = None) -> set[str]:
    """The methods that are called in a loop, or those of a name."""
    return {
        node.func.attr
        for node in ast.walk(loop)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        if owner is None or (isinstance(node.func.value, ast.Name) and node.func.value.id == owner)
    }


# tables


def library_words(root: Path) -> frozenset[str]:
    """The last parts of all names in the catalogue."""
    catalog = root / "concurlint" / "catalog"
    found: set[str] = set()
    for file in (*catalog.glob("calls/*.toml"), *catalog.glob("roles/*.toml")):
        text = file.read_text("utf-8")
        found.update(name.rpartition(".")[2] for name in (*_NAMED.findall(text), *_LISTED.findall(text)))
    return frozenset(found) - own_words(catalog)


def own_words(catalog: Path) -> frozenset[str]:
    """Words of concurlint's own that libraries use too: kinds of objects and of records."""
    kinds = re.findall(r'kind = "([\w-]+)"', "".join(f.read_text("utf-8") for f in catalog.glob("roles/*.toml")))
    rooms = (catalog, catalog.parent / "facts", catalog.parent / "project")
    records = "".join(file.read_text("utf-8") for room in rooms for file in room.glob("*.py"))
    compared = re.findall(r'(?:kind|operator|part|on|status|changes) (?:==|in|not in) \(?("[^\n:]*)', records)
    written = (word for text in compared for word in re.findall(r'"([\w-]+)"', text))
    effects = "".join(file.read_text("utf-8") for file in (catalog.parent / "effects").rglob("*.py"))
    typed = re.sub(r"Trait: TypeAlias = Literal\[[^\]]*\]", "", records) + effects
    literals = re.findall(r"Literal\[([^\]]*)\]", typed)
    literals += re.findall(r'^    [A-Z_]+ = ("\w+")$', records, re.MULTILINE)
    return frozenset((*kinds, *written, *re.findall(r'"([\w-]+)"', "".join(literals))))


def string_tables(tree: ast.Module, words: frozenset[str]) -> Iterator[int]:
    """The lines of displays with two or more strings of which at least half are names of libraries or methods."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if id(node) in inside or not isinstance(node, (ast.Set, ast.Tuple, ast.List, ast.Dict)):
            continue
        parts = [part for part in ast.walk(node) if isinstance(part, ast.Constant) and isinstance(part.value, str)]
        texts = [str(part.value) for part in parts if not _DUNDER.fullmatch(str(part.value))]
        known = [text for text in texts if _DOTTED.fullmatch(text) and ("." in text or text in words)]
        if len(known) >= 2 and 2 * len(known) >= len(texts):
            inside |= {id(part) for part in ast.walk(node)}
            yield node.lineno


# rules


def newest_rule(revision: str) -> tuple[str, int, int]:
    """The newest check at a revision, with the files and lines that its commit touched."""
    asked = ("log", "-1", "--diff-filter=A", "--format=%h", "--name-only", revision, "--", *_RULE_FOLDERS)
    commit, _, names = git(*asked).partition("\n")
    name = Path(names.split()[0]).stem.replace("_", "-")
    touched = [line.split("\t") for line in git("show", "--numstat", "--format=", commit.strip()).splitlines() if line]
    return name, len(touched), sum(int(added) for added, _, _ in touched if added.isdigit())


# the page


def report(before: House, now: House) -> str:
    """The page, in Markdown."""
    rows = [
        ("folders of `effects/`", len(before.folders), len(now.folders)),
        ("modules in the largest of them", max(before.folders.values()), max(now.folders.values())),
        ("lines of `effects/`", before.lines, now.lines),
        ("circles of imports in the package", len(before.circles), len(now.circles)),
        ("modules that walk blocks or compare order numbers, outside `flow/`", len(before.walkers), len(now.walkers)),
        ("searches through the call graph of a module's own", len(before.searches), len(now.searches)),
        ("tables of library names in `effects/`", len(before.tables), len(now.tables)),
        ("files touched for the newest rule", before.rule[1], now.rule[1]),
        ("lines added for it", before.rule[2], now.rule[2]),
    ]
    shown = [f"| {name} | {one} | {two} |" for name, one, two in rows]
    rooms = [f"| `{folder}/` | {count} |" for folder, count in now.folders.items()]
    return "\n".join(
        [
            "# The house",
            "",
            f"Counted by the same rules at revision {BEFORE}, before `effects/` was rebuilt, and now.",
            f"The newest rule was {before.rule[0]} then, and is {now.rule[0]} now.",
            "",
            "| | before | now |",
            "| --- | ---: | ---: |",
            *shown,
            "",
            "| folder | modules |",
            "| --- | ---: |",
            *rooms,
            "",
            "`--places` prints every place that was counted. Renew with `python benchmarks/house.py --write`.",
            "",
        ]
    )


if __name__ == "__main__":
    main()
