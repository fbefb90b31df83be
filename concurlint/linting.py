"""The static run on one page: paths → findings."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.checks import unreadable_file, unused_suppression
from concurlint.config import Config
from concurlint.crash import module_in_hand
from concurlint.effects.linking import link
from concurlint.effects.program import Program
from concurlint.facts.ahead import Ahead
from concurlint.facts.memory import Memory
from concurlint.facts.parsing import collection_paused
from concurlint.facts.reading import Reader
from concurlint.finding import Finding, Span
from concurlint.project.modules import Module, Project
from concurlint.registry import RULES, VERDICTS
from concurlint.rule import Rule
from concurlint.source import NOTHING_UNSAVED, SourceFile, Sources, Unsaved, decode, find_sources
from concurlint.suppress import silence

_MOST_BROKEN = 20  # files on which one rule may break before it is given up
_COMMENT = re.compile(rb"(?i)#.*(?:CCL\d|concurlint:)")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    `findings` are sorted and those silenced by comments or configuration left out; `files` is how many
    were checked; `seconds` the wall time; `troubles` one line each for what went wrong inside; `texts` the
    source of every file that a finding or its trace names.
    """

    findings: tuple[Finding, ...]
    files: int
    seconds: float
    troubles: tuple[str, ...]
    texts: Mapping[str, str]


def lint(
    paths: Sequence[Path], config: Config, *, workers: int | None = 1, unsaved: Unsaved = NOTHING_UNSAVED
) -> Result:
    """Check the files under `paths` within their project; what is `unsaved` counts as if it were on the disk.

    With more than one of `workers` (None: one for each usable core), many files are parsed in as many
    processes; the caller's main module must be guarded then, as for any use of `multiprocessing`. The
    result is the same.

    Raises `SourceError` for a path that cannot be checked and `CatalogError` for a bad entry of
    `[tool.concurlint.calls]`.
    """
    start = time.perf_counter()
    result = lint_sources(find_sources(paths, config, unsaved), config, workers=workers)
    return replace(result, seconds=time.perf_counter() - start)


def lint_sources(
    sources: Sources, config: Config, *, workers: int | None = 1, memory: Memory | None = None, alone: bool = False
) -> Result:
    """Check the files of a project that are asked about; `memory` has what earlier runs have read.

    `alone`: start from these files and see what they lead to, but not who else leads to them or shares what
    they use. That is quick, and not the whole truth.
    """
    start = time.perf_counter()
    effects = Effects(config.calls)
    by_name = {source.name: source for source in sources.files}
    asked = tuple(source for source in sources.files if source.asked)
    with collection_paused():
        with Ahead(workers) as ahead:
            reader = Reader(ahead, memory)
            project = Project(sources.files, reader.facts, reader.expect)
            linked = asked if alone else sources.files
            program = link(project, linked, config, effects, Roles(), everything=_asks_all(config))
        reader.check_rest(asked)
        found, troubles = _ask(program)
    found += [_unreadable(source, reader) for source in asked if source.name in reader.troubles]
    wanted = [f for f in found if by_name[f.span.path].asked and _wants(config, f, by_name)]
    texts = _texts(wanted, by_name)
    kept = _silenced(wanted, texts, by_name, config)
    return Result(
        findings=tuple(sorted(kept, key=lambda f: f.sort_key)),
        files=len(asked),
        seconds=time.perf_counter() - start,
        troubles=tuple(troubles),
        texts=texts,
    )


def _asks_all(config: Config) -> bool:
    """Whether some rule that is wanted speaks of files with no trace of concurrency too."""
    return any(rule.anywhere and config.wants(rule.code, rule.name, rule.worst, "") for rule in RULES)


def _ask(program: Program) -> tuple[list[Finding], list[str]]:
    """Every rule's findings; a rule that breaks is named and loses only its own."""
    found: dict[tuple[Span, str], Finding] = {}
    troubles: list[str] = []
    for rule in RULES:
        if not program.config.wants(rule.code, rule.name, rule.worst, ""):
            continue
        for finding in _answers(rule, program, troubles):
            found.setdefault((finding.span, finding.code), finding)
    return list(found.values()), troubles


def _answers(rule: Rule[Program], program: Program, troubles: list[str]) -> Iterator[Finding]:
    """A rule's findings; where it breaks on a file, that is told and it is asked again without the file."""
    broken: list[Module] = []
    while len(broken) < _MOST_BROKEN:
        try:
            yield from rule.ask(program.without(broken) if broken else program)
            return
        except Exception as error:  # a bug in one check must not lose any other finding
            module = module_in_hand(error)
            where = f"{module.source.name}: " if module is not None else ""
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            troubles.append(f"{where}{rule.code} {rule.name} failed ({what}); please report it")
            if module is None or module in broken:
                return
            broken.append(module)


def _unreadable(source: SourceFile, reader: Reader) -> Finding:
    trouble = reader.troubles[source.name]
    span = Span(source.name, trouble.line, trouble.column, trouble.line, trouble.column + 1)
    return unreadable_file.rule.finding(
        span, trouble.message, help="the rest of the project was checked; mend or exclude this file"
    )


def _wants(config: Config, finding: Finding, by_name: Mapping[str, SourceFile]) -> bool:
    path = by_name[finding.span.path].path
    relative = path.relative_to(config.root) if path.is_relative_to(config.root) else path
    return config.wants(finding.code, finding.name, finding.level, relative.as_posix())


def _texts(findings: Sequence[Finding], by_name: Mapping[str, SourceFile]) -> dict[str, str]:
    names = {finding.span.path for finding in findings}
    names |= {step.span.path for finding in findings for step in finding.trace}
    names |= {n for n, s in by_name.items() if s.asked and _COMMENT.search(s.data)}
    texts: dict[str, str] = {}
    for name in sorted(names):
        try:
            texts[name] = decode(by_name[name].data)
        except (SyntaxError, UnicodeDecodeError):
            texts[name] = by_name[name].data.decode("latin-1")
    return texts


def _silenced(
    findings: Sequence[Finding], texts: Mapping[str, str], by_name: Mapping[str, SourceFile], config: Config
) -> list[Finding]:
    active = {
        word for rule in RULES if config.wants(rule.code, rule.name, rule.level, "") for word in (rule.code, rule.name)
    }
    asked = {name: text for name, text in texts.items() if by_name[name].asked}
    # A verdict needs a measured run: whether its comment silences anything is not for this one to say.
    inactive = {word for rule in (*RULES, *VERDICTS) for word in (rule.code, rule.name)} - active
    result = silence(findings, asked, active, inactive | {"CCL000"})
    kept = list(result.kept)
    for unused in result.unused:
        codes = ", ".join(unused.codes)
        subject = codes if unused.partly else unused.comment
        finding = unused_suppression.rule.finding(
            unused.span,
            f"`{subject}` silences nothing" if len(subject) < 70 else "this comment silences nothing",
            help=f"remove {codes or 'the comment'}",
        )
        if _wants(config, finding, by_name):
            kept.append(finding)
    return kept
