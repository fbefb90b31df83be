"""Every example of every rule, on its page and in its cases, gets exactly the findings that its comments promise."""

import re
from dataclasses import replace

import pytest

from concurlint.finding import Finding
from tests.conftest import LintExample, said
from tests.pages import ROOT, Example, PageError, RulePage, differences, read_page, rule_pages

LONGEST_MESSAGE = 100


def pages() -> list[RulePage | PageError]:
    """Every page in code order; for one that can't be read, the reason."""
    found: list[RulePage | PageError] = []
    for path in rule_pages():
        try:
            found.append(read_page(path))
        except PageError as error:
            found.append(error)
    return found


def examples() -> list[object]:
    """One parameter for each example; for a page that can't be read, one that fails with the reason."""
    found: list[object] = []
    for page in pages():
        if isinstance(page, PageError):
            found.append(pytest.param(page, id=str(page)))
        else:
            found.extend(pytest.param(example, id=example.name) for example in page.examples)
    return found


every_page = pytest.mark.parametrize(
    "page", [page for page in pages() if isinstance(page, RulePage)], ids=lambda page: page.code
)


@pytest.mark.parametrize("example", examples())
def test_an_example_gets_what_it_promises(example: Example | PageError, lint_example: LintExample) -> None:
    if isinstance(example, PageError):
        pytest.fail(str(example), pytrace=False)
    result = lint_example(example)
    lines = [*differences(example.markers.promised, said(result.findings)), *result.troubles]
    if lines:
        place = f"{example.path.relative_to(ROOT)}:{example.line}"
        pytest.fail("\n".join([f"{place}: {example.name}", *lines]), pytrace=False)


# What is found on the examples is also what wording and spans are held to: in this module it is found once.


@every_page
def test_messages_keep_the_style_of_the_house(page: RulePage, lint_example: LintExample) -> None:
    findings = [finding for example in page.examples for finding in lint_example(example).findings]
    assert findings
    assert [(finding.message, slip) for finding in findings for slip in slips(finding)] == []


def slips(finding: Finding) -> list[str]:
    """What is wrong with the wording of `finding`."""
    claims = {
        "too long": len(finding.message) > LONGEST_MESSAGE,
        "ends with a full stop": finding.message.endswith((".", "!")),
        "starts with a capital": not re.match(r"[a-z0-9`]", finding.message),
        "more than one line": "\n" in finding.message,
        "no help": not finding.help,
        "an empty step": any(not step.message for step in finding.trace),
    }
    return [slip for slip, holds in claims.items() if holds]


@every_page
def test_spans_lie_inside_their_files(page: RulePage, lint_example: LintExample) -> None:
    for example in page.examples:
        for finding in lint_example(example).findings:
            for span in [finding.span, *(step.span for step in finding.trace)]:
                lines = example.files[span.path].splitlines()
                assert 1 <= span.line <= span.end_line <= max(len(lines), 1)
                assert (span.line, span.column) <= (span.end_line, span.end_column)


@every_page
def test_each_comment_that_a_page_tells_silences_its_rule(page: RulePage, lint_example: LintExample) -> None:
    comments = re.findall(r"`(# [^`]+)`", page.sections["Silence"])
    assert comments
    for comment in comments:
        findings = lint_example(commented(page.under("Flagged")[0], comment)).findings
        assert [finding for finding in findings if finding.code == page.code] == []


def commented(example: Example, comment: str) -> Example:
    """The example with `comment` in place of those that promise a finding, or above all where it is for a file."""
    files = {name: text.splitlines() for name, text in example.files.items()}
    for promise in example.markers.promised:
        lines = files[promise.path]
        if "ignore-file" in comment:
            lines.insert(0, comment)
        else:
            code, _, _ = lines[promise.line - 1].partition("  # ")
            lines[promise.line - 1] = f"{code}  {comment}"
    return replace(example, files={name: "\n".join([*lines, ""]) for name, lines in files.items()})
