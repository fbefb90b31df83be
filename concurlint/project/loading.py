"""Which files of a project are read at all: those with a trace of concurrency, and what their calls lead to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from concurlint.project.modules import Module, Project
from concurlint.source import SourceFile

_TRACE = (
    rb"thread|Thread|multiprocess|asyncio|async def|await |concurrent|subprocess|os\.system|import[^\n]*\bsystem\b|"
    rb"popen|Popen|Process|getoutput|Executor|Lock\(|executor|_thread|fork|spawn|anyio|trio|gevent|celery|joblib"
)
_MOST_ROUNDS = 2  # a wrapper's wrapper is the longest chain of files without a trace that people write


def trace_pattern(packages: Iterable[str]) -> re.Pattern[bytes]:
    """What a file must contain to be worth reading: words of concurrency, or a package that blocks."""
    names = sorted(re.escape(name).encode() for name in packages)
    return re.compile(_TRACE + (rb"|\b(?:" + rb"|".join(names) + rb")\b" if names else b""))


def link(project: Project, files: Sequence[SourceFile], packages: Iterable[str]) -> list[Module]:
    """The modules to start from; others are read when a name leads into them."""
    pattern = trace_pattern(packages)
    wanted = [source for source in files if pattern.search(source.data)]
    modules = [project.open(source) for source in wanted]
    found = [module for module in modules if module is not None]
    for _ in range(_MOST_ROUNDS):
        callers = _callers(project, files, found)
        if not callers:
            break
        found += callers
    return found


def _callers(project: Project, files: Sequence[SourceFile], modules: Sequence[Module]) -> list[Module]:
    """Files that import one of the modules by its last name: what they call at import, or pass in, counts."""
    own = {module.source.path for module in modules}
    names = {module.name.rpartition(".")[2] for module in modules if module.name}
    names |= {m.name.rpartition(".")[0].rpartition(".")[2] for m in modules if m.source.is_package}
    names.discard("")
    if not names:
        return []
    words = b"|".join(re.escape(name).encode() for name in sorted(names))
    pattern = re.compile(rb"(?m)^\s*(?:from|import)\b[^\n]*\b(?:" + words + rb")\b")
    extra = [source for source in files if source.path not in own and pattern.search(source.data)]
    opened = [project.open(source) for source in extra]
    return [module for module in opened if module is not None]
