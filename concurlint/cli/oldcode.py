"""What `check` does for old code bases besides reporting: `--update-baseline`, `--add-noqa`."""

import io
import tokenize
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import click

from concurlint.baseline import part
from concurlint.decoding import decode
from concurlint.documents import Cell
from concurlint.documents.notebooks import SUFFIX
from concurlint.finding import Finding
from concurlint.linting import Result
from concurlint.report.cells import called, place_in
from concurlint.report.saving import save, save_bytes
from concurlint.report.statistics import counted
from concurlint.silencing import silence_findings
from concurlint.streams import CLEAN, complain, reason, say, warn


def update_baseline(result: Result) -> int:
    """Write what was found into the baselines of the settings; the exit status."""
    findings = sorted((*result.findings, *result.known), key=lambda finding: finding.sort_key)
    parted = part(findings, result.texts, result.configs, made_anew=True)
    for kept in parted.baselines:
        try:
            save(kept.path, kept.renewed())
        except OSError as error:
            raise click.ClickException(f"cannot write {kept.path}: {reason(error)}") from error
        count = len(kept.now) + len(kept.unasked)
        gone = f", {len(kept.gone)} taken out" if kept.gone else ""
        say(f"{kept.path.name}: {counted(count, 'finding', 'findings')}{gone}")
    return CLEAN


def add_noqa(result: Result, why: str) -> int:
    """Put a comment behind each finding; the exit status."""
    files = comments = 0
    for name, group in groupby(result.findings, key=lambda finding: finding.span.path):
        findings = list(group)
        left = _silence_file(Path(name), findings, why)
        comments += len(findings) - len(left)
        files += len(left) < len(findings)
        for finding in left:
            warn(_unsilenced(finding, result.cells.get(name, ())))
    say(f"added {counted(comments, 'comment', 'comments')} in {counted(files, 'file', 'files')}")
    return CLEAN


def _unsilenced(finding: Finding, cells: Sequence[Cell]) -> str:
    found = place_in(cells, finding.span)
    if found is None:
        return f"{finding.span.path}:{finding.span.line}: no comment can silence {finding.code} here"
    cell, span = found
    return f"{called(span.path, cell)}:{span.line}: write `# noqa: {finding.code}` there: notebooks are not rewritten"


def _silence_file(path: Path, findings: Sequence[Finding], why: str) -> Sequence[Finding]:
    """Those of the findings that could not be silenced; the file keeps its encoding and line ends."""
    if path.suffix == SUFFIX:
        return findings
    try:
        data = path.read_bytes()
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text, left = silence_findings(decode(data), findings, why)
        save_bytes(path, text.encode(encoding))
    except (SyntaxError, UnicodeError):
        return findings
    except OSError as error:
        complain(f"cannot write {path}: {reason(error)}")
        return findings
    return left
