"""Files of a project → what is found in them: read, linked, asked, and what comments silence left out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from concurlint.answers import COMMENT, Answer, Told, answer_of, names_in
from concurlint.catalog.effects import Effects
from concurlint.catalog.roles import Roles
from concurlint.checks import unreadable_file, unused_suppression
from concurlint.config import Config
from concurlint.crash import module_in_hand
from concurlint.effects.linking import link
from concurlint.effects.program import Program
from concurlint.facts.ahead import Ahead
from concurlint.facts.memory import Memory
from concurlint.facts.reading import Reader, collection_paused
from concurlint.facts.records import Trouble
from concurlint.facts.room import with_room
from concurlint.finding import Finding, Span
from concurlint.project.loading import has_trace
from concurlint.project.modules import Module, Project
from concurlint.registry import RULES, VERDICTS
from concurlint.rule import Rule
from concurlint.rulebook import nearest_rule
from concurlint.shares import Share
from concurlint.source import SourceFile
from concurlint.standing import Seen
from concurlint.suppress import Unused, silence
from concurlint.watching import Watch

_FIXABLE = {rule.code for rule in RULES if rule.fixable}
_MOST_BROKEN = 20  # files on which one rule may break before it is given up


def analyse(
    files: Sequence[SourceFile],
    shares: Sequence[Share],
    *,
    ahead: Ahead,
    memory: Memory | None,
    alone: bool,
    watch: Watch,
) -> tuple[Answer, Seen | None]:
    """What is to be said of the files that are asked about, see `lint_sources`; and all that was seen on the way."""
    watch.begin("reading and linking files")
    by_name = {source.name: source for source in files}
    # A bad entry is told before anything is read.
    known = [(Effects(share.config.calls), Roles(share.config.roles)) for share in shares]
    with collection_paused():
        reader = Reader(ahead, memory, keep=len(shares) > 1, read=watch.step)
        programs = [
            with_room(partial(_link, share, *facts, reader, alone=alone))
            for share, facts in zip(shares, known, strict=True)
        ]
        rest = [source for source in files if source.asked]
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
    unread = {name: reader.troubles[name] for name in configs if name in reader.troubles}
    found += [_unreadable(by_name[name], trouble) for name, trouble in unread.items() if not trouble.is_valid]
    skipped = tuple(sorted(name for name, trouble in unread.items() if trouble.is_valid))
    told = _told([finding for finding in found if _wants(configs, finding, by_name)], files, configs, skipped)
    asked = {name: program for share, program in zip(shares, programs, strict=True) for name in share.configs}
    told = replace(told, kept=_mended(told.kept, configs, asked))
    answer = replace(answer_of(told, files, configs), troubles=tuple(dict.fromkeys(troubles)))
    if len(shares) != 1 or alone:
        return answer, None
    sought = {name: tuple(sorted(words)) for name, words in programs[0].project.sought.items()}
    broken = tuple(sorted(reader.troubles))
    mendable = tuple(sorted({finding.span.path for finding in told.kept if finding.code in _FIXABLE}))
    return answer, Seen(told, frozenset(reader.opened), sought, broken, mendable, everything=asks_all(shares[0]))


def expect(shares: Sequence[Share], ahead: Ahead, memory: Memory | None) -> None:
    """Have the files parsed ahead that will be read of all these."""
    reader = Reader(ahead, memory)
    found: dict[str, SourceFile] = {}
    for share in shares:
        roles, everything = Roles(share.config.roles), asks_all(share)
        found |= {s.name: s for s in share.files if (everything and s.asked) or has_trace(s, roles)}
    reader.expect(found.values())


def _told(
    wanted: Sequence[Finding], files: Sequence[SourceFile], configs: Mapping[str, Config], skipped: tuple[str, ...]
) -> Told:
    """What is left when comments have been read, and what these say in vain."""
    by_name = {source.name: source for source in files}
    names = {name for finding in wanted for name in names_in(finding)}
    names |= {source.name for source in files if source.asked and COMMENT.search(source.data)}
    kept = _silenced(wanted, {name: by_name[name].text for name in sorted(names)}, by_name, configs)
    left = {id(finding) for finding in kept}
    named: dict[str, tuple[str, ...]] = {}
    for finding in wanted:
        if id(finding) not in left:
            named[finding.span.path] = (*named.get(finding.span.path, ()), *names_in(finding)[1:])
    return Told(tuple(kept), named, skipped)


def _mended(
    findings: Sequence[Finding], configs: Mapping[str, Config], programs: Mapping[str, Program]
) -> tuple[Finding, ...]:
    """The findings, those that are shown with their fixes.

    Held back only now, so that a comment that silences one of these is not called superfluous.
    """
    held = [finding for finding in findings if finding.is_pedantic and not configs[finding.span.path].pedantic]
    left = {id(finding) for finding in held}
    shown = [finding for finding in findings if id(finding) not in left]
    if not any(finding.code in _FIXABLE for finding in shown):
        return (*held, *shown)
    from concurlint.fixes.making import with_fixes  # slow to load, and many a run needs none of it

    return (*held, *with_fixes(shown, programs))


def _link(share: Share, effects: Effects, roles: Roles, reader: Reader, *, alone: bool) -> Program:
    project = Project(share.files, reader.facts, reader.expect)
    linked = [source for source in share.files if source.asked] if alone else share.files
    purposes = share.purposes(alone=alone)
    return link(project, linked, share.config, effects, roles, purposes=purposes, everything=asks_all(share))


def asks_all(share: Share) -> bool:
    """Whether files with no trace of concurrency are read too, because some rules speak of them."""
    speaks_of_all = any(rule.anywhere and share.wants(rule) for rule in RULES)
    return speaks_of_all or share.config.threads == "assumed" or bool(share.config.thread_safe)


def _ask(program: Program, share: Share, troubles: list[str], watch: Watch) -> list[Finding]:
    """Every rule's findings; a rule that breaks is named and loses only its own."""
    found: dict[tuple[Span, str], Finding] = {}
    for rule in RULES:
        if share.wants(rule):
            for finding in _answers(rule, program, troubles):
                found.setdefault((finding.span, finding.code), program.purposes.weighed(rule, finding))
        watch.step(f"{rule.code} {rule.name}")
    return list(found.values())


def _answers(rule: Rule[Program], program: Program, troubles: list[str]) -> Iterator[Finding]:
    """A rule's findings; where it breaks on a file, that is told and it is asked again without the file."""
    broken: list[Module] = []
    while len(broken) < _MOST_BROKEN:
        try:
            yield from _asked(rule, program.without(broken) if broken else program)
            return
        except Exception as error:  # a bug in one check must not lose any other finding
            module = module_in_hand(error)
            where = f"{module.source.name}: " if module is not None else ""
            what = f"{type(error).__name__}: {error}".splitlines()[0]
            troubles.append(f"{where}{rule.code} {rule.name} failed ({what}); please report it")
            if module is None or module in broken:
                return
            broken.append(module)


def _asked(rule: Rule[Program], program: Program) -> Iterator[Finding]:
    try:
        yield from rule.ask(program)
    except RecursionError:
        yield from with_room(lambda: list(rule.ask(program)))


def _unreadable(source: SourceFile, trouble: Trouble) -> Finding:
    span = Span(source.name, trouble.line, trouble.column, trouble.line, trouble.column + 1)
    return unreadable_file.rule.finding(
        span, trouble.message, help="the rest of the project was checked; mend or exclude this file"
    )


def _wants(configs: Mapping[str, Config], finding: Finding, by_name: Mapping[str, SourceFile]) -> bool:
    config, path = configs[finding.span.path], by_name[finding.span.path].path
    relative = path.relative_to(config.root) if path.is_relative_to(config.root) else path
    return config.wants(finding.code, finding.name, finding.level, relative.as_posix())


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
