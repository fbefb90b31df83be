"""Every example of every rule, on its page and in its cases, gets exactly the findings that its comments promise."""

import pytest

from tests.conftest import LintExample, said
from tests.pages import ROOT, Example, PageError, differences, read_page, rule_pages


def examples() -> list[object]:
    """One parameter for each example; for a page that can't be read, one that fails with the reason."""
    found: list[object] = []
    for path in rule_pages():
        try:
            page = read_page(path)
        except PageError as error:
            found.append(pytest.param(error, id=path.stem))
        else:
            found.extend(pytest.param(example, id=example.name) for example in page.examples)
    return found


@pytest.mark.parametrize("example", examples())
def test_an_example_gets_what_it_promises(example: Example | PageError, lint_example: LintExample) -> None:
    if isinstance(example, PageError):
        pytest.fail(str(example), pytrace=False)
    result = lint_example(example)
    lines = [*differences(example.markers.promised, said(result.findings)), *result.troubles]
    if lines:
        place = f"{example.path.relative_to(ROOT)}:{example.line}"
        pytest.fail("\n".join([f"{place}: {example.name}", *lines]), pytrace=False)
