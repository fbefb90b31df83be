"""Verdicts as they are seen from a folder: with paths relative to it."""

import os
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path, PurePath

from concurlint.finding import Finding, Span
from concurlint.report.profiled.paths import measured_path
from concurlint.verdicts.change import Change
from concurlint.verdicts.verdict import Verdict


def seen_from(folder: Path, verdicts: Iterable[Verdict], paths: Collection[str]) -> tuple[Verdict, ...]:
    """The verdicts with paths relative to `folder`, as `concurlint check` has them, instead of to the project."""

    def relative(path: str) -> str:
        return os.path.relpath(path, folder).replace(os.sep, "/") if PurePath(path).is_absolute() else path

    def moved(span: Span) -> Span:
        found = measured_path(span.path, paths)
        return replace(span, path=relative(found)) if PurePath(found).is_absolute() else span

    def changed(change: Change | None) -> Change | None:
        if change is None:
            return None
        return replace(change, files=tuple(replace(file, path=relative(file.path)) for file in change.files))

    def finding(one: Finding) -> Finding:
        trace = tuple(replace(step, span=moved(step.span)) for step in one.trace)
        return replace(one, span=moved(one.span), trace=trace)

    return tuple(
        replace(verdict, finding=finding(verdict.finding), change=changed(verdict.change)) for verdict in verdicts
    )
