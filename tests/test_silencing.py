"""Comments that silence a finding: put where they count, and counted there."""

import ast

import pytest

from concurlint.finding import Finding, Level, Span
from concurlint.silencing import Insertion, silence_file, silence_findings, silence_line
from concurlint.source import lines_of
from concurlint.suppress import silence
from tests.conftest import LintFolder
from tests.pages import PROJECTS


def inserted(text: str, edit: Insertion) -> str:
    """The text with the insertion made."""
    lines = lines_of(text)
    before = lines[edit.line - 1] if edit.line <= len(lines) else ""
    new = before[: edit.column - 1] + edit.text + before[edit.column - 1 :]
    return "".join([*lines[: edit.line - 1], new, *lines[edit.line :]])


def is_silent(text: str, line: int) -> bool:
    """Whether a finding of CCL501 on that line is silenced, and no comment is of no use."""
    finding = Finding("CCL501", "blocking-call-in-async", Level.WARNING, "blocks", Span("a.py", line, 1, line, 2))
    found = silence([finding], {"a.py": text})
    return not found.kept and not found.unused


@pytest.mark.parametrize(
    ("text", "line", "silent"),
    [
        ("a()\nb()\n", 1, "a()  # noqa: CCL501\nb()\n"),
        ("a()", 1, "a()  # noqa: CCL501"),
        ("a()\r\nb()\r\n", 2, "a()\r\nb()  # noqa: CCL501\r\n"),
        ("a()  # why\n", 1, "a()  # why  # noqa: CCL501\n"),
        ("a()  # noqa: E501\n", 1, "a()  # noqa: E501, CCL501\n"),
        ("a()  # noqa: E501,W291  because\n", 1, "a()  # noqa: E501,W291, CCL501  because\n"),
        ("a()  # concurlint: ignore[CCL401]\n", 1, "a()  # concurlint: ignore[CCL401, CCL501]\n"),
        ('a("""x\ny""")\n', 1, 'a("""x\ny""")  # noqa: CCL501\n'),
        ("a(1, \\\n  2)\n", 1, "a(1, \\\n  2)  # noqa: CCL501\n"),
        ("a(\n  b(),\n  c(),\n)\n", 2, "a(\n  b(),  # noqa: CCL501\n  c(),\n)\n"),
        ("x = 1\n\x0c\nb()\n", 3, "x = 1\n\x0c\nb()  # noqa: CCL501\n"),
    ],
)
def test_a_line_is_silenced_at_its_real_end(text: str, line: int, silent: str):
    edit = silence_line(text, line, "CCL501")
    assert edit is not None
    assert inserted(text, edit) == silent
    assert is_silent(silent, line) or "E501" in silent or "CCL401" in silent


def test_the_reason_follows_the_code():
    edit = silence_line("a()\n", 1, "CCL501", "starts once")
    assert edit == Insertion(1, 4, "  # noqa: CCL501 - starts once")
    assert is_silent(inserted("a()\n", edit), 1)


def test_an_empty_line_has_nothing_to_silence():
    assert silence_line("a()\n\nb()\n", 2, "CCL501") is None


@pytest.mark.parametrize(
    ("text", "silent"),
    [
        ("a()\n", "# concurlint: ignore-file[CCL501]\na()\n"),
        ("#!/usr/bin/env python\n# -*- coding: utf-8 -*-\na()\n", None),
        ("", "# concurlint: ignore-file[CCL501]\n"),
    ],
)
def test_a_file_is_silenced_below_what_must_stand_first(text: str, silent: str | None):
    new = inserted(text, silence_file(text, "CCL501"))
    lines = text.splitlines(keepends=True)
    assert new == (
        silent if silent is not None else "".join([*lines[:2], "# concurlint: ignore-file[CCL501]\n", lines[2]])
    )
    assert is_silent(new, len(lines) + 1)


def test_every_finding_of_the_example_project_can_be_silenced(lint_folder: LintFolder):
    result = lint_folder(PROJECTS / "deploy_tool")
    assert len(result.findings) > 5
    for finding in result.findings:
        text = result.texts[finding.span.path]
        edit = silence_line(text, finding.span.line, finding.code)
        assert edit is not None
        new = inserted(text, edit)
        assert finding not in silence([finding], {finding.span.path: new}).kept
        ast.parse(new)


def test_every_finding_of_a_file_is_silenced_but_those_no_comment_reaches():
    text = "a(\n  b(),\n)\nc()  # noqa: E501\n"
    found = [
        Finding(code, "made-up", Level.WARNING, "is wrong", Span("a.py", line, 1, line, 2))
        for code, line in (("CCL501", 2), ("CCL301", 2), ("CCL501", 4), ("CCL001", 4), ("CCL501", 9))
    ]
    silent = "a(\n  b(),  # noqa: CCL501, CCL301\n)\nc()  # noqa: E501, CCL501\n"
    assert silence_findings(text, found, "old") == (
        silent.replace("CCL501, CCL301", "CCL501, CCL301 - old"),
        (found[3], found[4]),
    )
    assert silence_findings(text, found)[0] == silent
