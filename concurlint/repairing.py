"""`concurlint check --fix`: fixes made in memory until there are no more, each round checked before it counts."""

import ast
import io
import os
import tokenize
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from concurlint.baseline import compare, entries
from concurlint.decoding import decode
from concurlint.finding import Finding, Fix
from concurlint.fixes.applying import applied
from concurlint.linting import Result
from concurlint.source import NOTHING_UNSAVED, Unsaved

_MOST_ROUNDS = 40
"""Fixes that get in each other's way wait for the next round; those of a file that one spoils are tried in halves."""
_Key = tuple[str, str, Fix | None]
Check = Callable[[Mapping[Path, bytes]], Result]
"""What is found if files hold what is given for them, and else what is on the disk."""


@dataclass(frozen=True, slots=True)
class Repaired:
    """What was mended: `files` by absolute path with their content before and after; `fixed` counts by rule.

    `result` is what is found afterwards; `refused` are findings whose fix would have brought another finding, or
    what Python does not read.
    """

    result: Result
    files: Mapping[Path, tuple[bytes, bytes]]
    fixed: Mapping[str, int]
    refused: tuple[Finding, ...]


def repair(check: Check, unsaved: Unsaved = NOTHING_UNSAVED) -> Repaired:
    """Make all fixes that only take findings away. Nothing is written to the disk."""
    before = {path: data for path, data in unsaved.items() if data is not None}
    changed: dict[Path, bytes] = {}
    fixed: Counter[str] = Counter()
    refused: dict[_Key, Finding] = {}
    most: dict[Path, int] = {}
    result = check(changed)
    for _ in range(_MOST_ROUNDS):
        drafts = _round(result, {**before, **changed}, refused, most)
        if not drafts:
            break
        after = check({**changed, **{path: data for path, (data, _) in drafts.items()}})
        spoilt = _spoilt(result, after)
        if spoilt:
            # What is left is made in the next round, and looked at again.
            guilty = [path for path, (_, mended) in drafts.items() if mended[0].span.path in spoilt] or list(drafts)
            for path in guilty:
                _give_up(path, drafts[path][1], refused, most)
            continue
        changed |= {path: data for path, (data, _) in drafts.items()}
        fixed.update(finding.code for _, mended in drafts.values() for finding in mended)
        result = after
    files = {path: (before.get(path) or path.read_bytes(), data) for path, data in changed.items()}
    return Repaired(result, files, dict(fixed), tuple(refused.values()))


def _round(
    result: Result, held: Mapping[Path, bytes], refused: dict[_Key, Finding], most: dict[Path, int]
) -> dict[Path, tuple[bytes, Sequence[Finding]]]:
    """The new content of each file that can be mended, and the findings that are mended by it."""
    drafts: dict[Path, tuple[bytes, Sequence[Finding]]] = {}
    is_open = False
    wanted = [finding for finding in result.findings if finding.fix is not None and _key(finding) not in refused]
    for name, group in groupby(wanted, key=lambda finding: finding.span.path):
        path = Path(os.path.abspath(name))  # noqa: PTH100 - as `find_sources` has it
        findings = list(group)
        findings = findings[: most.get(path, len(findings))]
        try:
            data = held.get(path) or path.read_bytes()
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text, used = applied(decode(data), [finding.fix for finding in findings if finding.fix is not None])
            after = text.encode(encoding)
        except (OSError, SyntaxError, UnicodeError):
            refused.update({_key(finding): finding for finding in findings})
            continue
        made = [finding for finding in findings if finding.fix in used]
        if _is_python(after) or not _is_python(data):  # what a newer Python reads, the next check reads
            drafts[path] = after, made
        else:
            _give_up(path, made, refused, most)
            is_open = True
    if not drafts and is_open:
        return _round(result, held, refused, most)
    return drafts


def _give_up(path: Path, made: Sequence[Finding], refused: dict[_Key, Finding], most: dict[Path, int]) -> None:
    """The one fix that spoils its file is refused; of several, fewer are tried at once."""
    if len(made) == 1:
        refused[_key(made[0])] = made[0]
    else:
        most[path] = len(made) // 2


def _key(finding: Finding) -> _Key:
    return finding.span.path, finding.code, finding.fix


def _spoilt(before: Result, after: Result) -> set[str]:
    """The files in which something is found that was not there."""
    there = entries(before.findings, before.texts)
    found = compare(after.findings, entries(after.findings, after.texts), there, set(after.configs))
    codes = {(finding.span.path, finding.code, finding.message) for finding in before.findings}
    return {f.span.path for f in found.new if (f.span.path, f.code, f.message) not in codes}


def _is_python(data: bytes) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
