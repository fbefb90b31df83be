"""The static run on one page: paths → findings."""

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from concurlint.baseline import compare, entries, gone_note, part
from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.checks import unreadable_file, unused_suppression
from concurlint.config import Config, Settings
from concurlint.crash import module_in_hand
from concurlint.documents import Cell
from concurlint.effects.linking import link
from concurlint.effects.program import Program
from concurlint.facts.ahead import Ahead
from concurlint.facts.memory import Memory
from concurlint.facts.parsing import collection_paused
from concurlint.facts.reading import Reader
from concurlint.finding import Finding, Span
from concurlint.project.modules import Module, Project
from concurlint.registry import RULES, VERDICTS
from concurlint.revision import Changes
from concurlint.rule import Rule
from concurlint.rulebook import nearest_rule
from concurlint.shares import Share, share_out
from concurlint.source import NOTHING_UNSAVED, SourceFile, Sources, Unsaved, find_sources, shown_path
from concurlint.suppress import Unused, silence
from concurlint.watching import Unwatched, Watch

_MOST_BROKEN = 20  # files on which one rule may break before it is given up
_COMMENT = re.compile(rb"(?i)#.*(?:CCL\d|concurlint:)")


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    `findings` are sorted and those silenced by comments or configuration left out; `files` is how many
    were checked; `seconds` the wall time; `troubles` one line each for what went wrong inside, `notes` for what
    the user should know; `texts` the source of every file that a finding or its trace names; `cells` those of
    notebooks, whose lines are counted through all of them; `configs` the settings of every file that was checked,
    by its name. Not among `findings` are those `known` from a baseline, and the `held_back`, which only `pedantic`
    shows.
    """

    findings: tuple[Finding, ...]
    files: int
    seconds: float
    troubles: tuple[str, ...]
    texts: Mapping[str, str]
    cells: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    configs: Mapping[str, Config] = field(default_factory=dict)
    known: tuple[Finding, ...] = ()
    held_back: int = 0


def lint(
    paths: Sequence[Path],
    settings: Settings,
    *,
    workers: int | None = 1,
    unsaved: Unsaved = NOTHING_UNSAVED,
    baselines: bool = True,
    watch: Watch | None = None,
) -> Result:
    """Check the files under `paths` within their project; what is `unsaved` counts as if it were on the disk.

    `settings` are one `Config` for all, or whoever knows that of each file. Without `baselines`, what they hold is
    found like anything else.

    With more than one of `workers` (None: one for each usable core), many files are parsed in as many
    processes; the caller's main module must be guarded then, as for any use of `multiprocessing`. The
    result is the same.

    Raises `SourceError` for a path that cannot be checked and `CatalogError` for a bad entry of
    `[tool.concurlint.calls]` or `[tool.concurlint.roles]`.
    """
    start = time.perf_counter()
    watch = watch or Unwatched()
    watch.begin("looking for files")
    result = lint_sources(find_sources(paths, settings, unsaved), settings, workers=workers, watch=watch)
    result = without_known(result) if baselines else result
    return replace(result, seconds=time.perf_counter() - start)


def lint_changes(
    paths: Sequence[Path],
    settings: Settings,
    changes: Changes,
    *,
    workers: int | None = 1,
    watch: Watch | None = None,
) -> Result:
    """Check as `lint` does, and leave out what was there before the changes: a finding far away may be due to them."""
    start = time.perf_counter()
    memory = Memory()
    now, before = (
        lint_sources(find_sources(paths, settings, unsaved), settings, workers=workers, memory=memory, watch=watch)
        for unsaved in (NOTHING_UNSAVED, changes.before)
    )
    called = {shown_path(old): shown_path(new) for old, new in changes.renamed.items()}
    there = [replace(e, path=called.get(e.path, e.path)) for e in entries(before.findings, before.texts)]
    compared = compare(now.findings, entries(now.findings, now.texts), there, set(now.configs))
    result = without_known(replace(now, findings=compared.new))
    return replace(result, seconds=time.perf_counter() - start)


def without_known(result: Result) -> Result:
    """Leave out what the baselines of the settings hold, and note what of it is gone."""
    parted = part(result.findings, result.texts, result.configs)
    gone = (gone_note(kept) for kept in parted.baselines if kept.gone)
    return replace(result, findings=parted.new, known=parted.known, notes=(*result.notes, *gone))


def lint_sources(
    sources: Sources,
    settings: Settings,
    *,
    workers: int | None = 1,
    memory: Memory | None = None,
    alone: bool = False,
    watch: Watch | None = None,
) -> Result:
    """Check the files of a project that are asked about; `memory` has what earlier runs have read.

    `alone`: start from these files and see what they lead to, but not who else leads to them or shares what
    they use. That is quick, and not the whole truth.
    """
    start = time.perf_counter()
    watch = watch or Unwatched()
    watch.begin("reading and linking files")
    shares = share_out(sources.files, settings)
    by_name = {source.name: source for source in sources.files}
    # A bad entry is told before anything is read.
    known = [(Effects(share.config.calls), Roles(share.config.roles)) for share in shares]
    with collection_paused():
        with Ahead(workers) as ahead:
            reader = Reader(ahead, memory, keep=len(shares) > 1, read=watch.step)
            programs = [_link(share, *facts, reader, alone=alone) for share, facts in zip(shares, known, strict=True)]
        rest = [source for source in sources.files if source.asked]
        watch.begin("looking at the rest", len(rest))
        reader.check_rest(rest)
        watch.begin("asking rules", len(RULES) * len(shares))
        troubles: list[str] = []
        found = [
            finding
            for share, program in zip(shares, programs, strict=True)
            for finding in _ask(program, share, troubles, watch)
            if finding.span.path in share.configs
        ]
    watch.begin("reading comments")
    configs = {name: config for share in shares for name, config in share.configs.items()}
    found += [_unreadable(by_name[name], reader) for name in configs if name in reader.troubles]
    wanted = [finding for finding in found if _wants(configs, finding, by_name)]
    texts = _texts(wanted, by_name)
    kept = _silenced(wanted, texts, by_name, configs)
    # Held back only now, so that a comment that silences one of these is not called superfluous.
    shown = [finding for finding in kept if configs[finding.span.path].pedantic or not finding.is_pedantic]
    return Result(
        findings=tuple(sorted(shown, key=lambda f: f.sort_key)),
        files=len(configs),
        seconds=time.perf_counter() - start,
        troubles=tuple(dict.fromkeys(troubles)),
        texts=texts,
        cells={name: by_name[name].cells for name in texts if by_name[name].cells},
        configs=configs,
        notes=tuple(f"no Python files to check under {path}" for path in sources.barren),
        held_back=len(kept) - len(shown),
    )


def _link(share: Share, effects: Effects, roles: Roles, reader: Reader, *, alone: bool) -> Program:
    project = Project(share.files, reader.facts, reader.expect)
    linked = [source for source in share.files if source.asked] if alone else share.files
    # Some rules speak of files with no trace of concurrency too.
    asks_all = any(rule.anywhere and share.wants(rule) for rule in RULES)
    asks_all = asks_all or share.config.threads == "assumed" or bool(share.config.thread_safe)
    return link(project, linked, share.config, effects, roles, everything=asks_all)


def _ask(program: Program, share: Share, troubles: list[str], watch: Watch) -> list[Finding]:
    """Every rule's findings; a rule that breaks is named and loses only its own."""
    found: dict[tuple[Span, str], Finding] = {}
    for rule in RULES:
        if share.wants(rule):
            for finding in _answers(rule, program, troubles):
                found.setdefault((finding.span, finding.code), finding)
        watch.step(f"{rule.code} {rule.name}")
    return list(found.values())


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


def _wants(configs: Mapping[str, Config], finding: Finding, by_name: Mapping[str, SourceFile]) -> bool:
    config, path = configs[finding.span.path], by_name[finding.span.path].path
    relative = path.relative_to(config.root) if path.is_relative_to(config.root) else path
    return config.wants(finding.code, finding.name, finding.level, relative.as_posix())


def _texts(findings: Sequence[Finding], by_name: Mapping[str, SourceFile]) -> dict[str, str]:
    names = {finding.span.path for finding in findings}
    names |= {step.span.path for finding in findings for step in finding.trace}
    names |= {n for n, s in by_name.items() if s.asked and _COMMENT.search(s.data)}
    return {name: by_name[name].text for name in sorted(names)}


def _silenced(
    findings: Sequence[Finding],
    texts: Mapping[str, str],
    by_name: Mapping[str, SourceFile],
    configs: Mapping[str, Config],
) -> list[Finding]:
    kept: list[Finding] = []
    unused_comments: list[Unused] = []
    for config in {id(config): config for config in configs.values()}.values():
        active = {w for r in RULES if config.wants(r.code, r.name, r.level, "") for w in (r.code, r.name)}
        asked = {name: text for name, text in texts.items() if configs.get(name) is config}
        # A verdict needs a measured run: whether its comment silences anything is not for this one to say.
        inactive = {word for rule in (*RULES, *VERDICTS) for word in (rule.code, rule.name)} - active
        of_these = [finding for finding in findings if configs[finding.span.path] is config]
        result = silence(of_these, asked, active, inactive | {"CCL000"})
        kept += result.kept
        unused_comments += result.unused
    for unused in unused_comments:
        codes = ", ".join(unused.codes)
        subject = codes if unused.partly else unused.comment
        finding = unused_suppression.rule.finding(
            unused.span,
            f"`{subject}` silences nothing" if len(subject) < 70 else "this comment silences nothing",
            help=_no_rule(unused.unknown) if unused.unknown else f"remove {codes or 'the comment'}",
        )
        if _wants(configs, finding, by_name):
            kept.append(finding)
    return kept


def _no_rule(name: str) -> str:
    nearest = nearest_rule(name)
    return f"no rule is called `{name}`; {f'the nearest is `{nearest}`' if nearest else 'name its code'}"
