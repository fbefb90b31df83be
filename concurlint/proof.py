"""What holds of a change before it is shown: it compiles, and concurlint has nothing new to say of it."""

import warnings
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from concurlint.config import Config
from concurlint.linting import lint_sources
from concurlint.source import SourceFile, Sources
from concurlint.verdicts.change import Change, Rewritten


def holds(change: Change, files: Sequence[SourceFile], config: Config) -> bool:
    """Whether all changed files compile, and no rule finds in them what it did not find before.

    `files` are those of the program that are in view: the changed ones, and what they import.
    """
    if not all(_compiles(file) for file in change.files):
        return False
    before = _found({file.path: file.before for file in change.files}, files, config)
    after = _found({file.path: file.after for file in change.files}, files, config)
    return not after - before


def _compiles(file: Rewritten) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(file.after, file.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _found(texts: Mapping[str, str], files: Sequence[SourceFile], config: Config) -> Counter[tuple[str, str]]:
    """How often each rule, advice too, has something to say of each of the texts."""
    sources = [
        replace(source, asked=True, data=texts[str(source.path)].encode())
        if str(source.path) in texts
        else replace(source, asked=False)
        for source in files
    ]
    result = lint_sources(Sources(config.root, tuple(sources)), config)
    return Counter((finding.span.path, finding.code) for finding in result.findings)
