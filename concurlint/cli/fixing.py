"""`concurlint check --fix` and `--fix-diff`: what was mended is written or shown, and told in one line."""

import difflib
from collections.abc import Iterator

from concurlint.decoding import decode
from concurlint.finding import Finding
from concurlint.repairing import Repaired
from concurlint.report.saving import save_bytes
from concurlint.report.statistics import counted
from concurlint.source import Unsaved, lines_of, shown_path
from concurlint.streams import complain, reason, say, show, show_bytes, warn


def write(repaired: Repaired, unsaved: Unsaved) -> bool:
    """Put what was mended onto the disk, and what came through standard input onto standard output.

    False if a file could not be written; the others are.
    """
    is_written = True
    for path, (_, after) in repaired.files.items():
        if path in unsaved:
            continue
        try:
            save_bytes(path, after)
        except OSError as error:
            complain(f"cannot write {shown_path(path)}: {reason(error)}")
            is_written = False
    for path, given in unsaved.items():
        if given is not None:
            show_bytes(repaired.files.get(path, (given, given))[1])
    return is_written


def show_diff(repaired: Repaired) -> None:
    """Print what would be changed in the form that `patch` and `git apply` take."""
    for path, (before, after) in sorted(repaired.files.items()):
        show("".join(_diff(shown_path(path), decode(before), decode(after))))


def _diff(name: str, before: str, after: str) -> Iterator[str]:
    old, new = lines_of(before), lines_of(after)
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def tell(repaired: Repaired, *, is_written: bool, is_wanted: bool) -> None:
    """How much was mended in how many files, by rule; and what was not, because its fix would do harm."""
    if is_wanted and not is_written:
        return  # which file could not be written has been told
    for finding in repaired.refused:
        warn(_refused(finding))
    if repaired.fixed:
        by_rule = ", ".join(f"{code} {number}" for code, number in sorted(repaired.fixed.items()))
        files = counted(len(repaired.files), "file", "files")
        verb = "mended" if is_written else "would mend"
        say(f"{verb} {counted(sum(repaired.fixed.values()), 'finding', 'findings')} in {files}: {by_rule}")
    elif not is_wanted:
        say("nothing would be mended")


def _refused(finding: Finding) -> str:
    span = finding.span
    return f"{span.path}:{span.line}: {finding.code} is left: its fix would bring another finding, or break the file"
