"""Pages of rules are found and read."""

from pathlib import Path

import pytest

from concurlint.rulebook import page_path, parse_page, read_page

RULES = Path(__file__).parent.parent / "rules"

TEXT = """\
# CCL901 made-up-for-a-test

A thing that is
wrong in `this` way.

Level: **error**

## Why

It is.

## Flagged

### A title

```python
# Not a heading: `concurlint check --fix`
x = 1  # error
```

````text
```
`concurlint check --fix` mends it.
````

## Missed alarms

None known.
"""


def codes() -> list[str]:
    return sorted(path.name[:6] for path in RULES.glob("CCL*.md"))


def test_there_are_pages() -> None:
    assert "CCL301" in codes()


@pytest.mark.parametrize("code", codes())
def test_every_page_is_found_by_its_code_and_says_what_it_is(code: str) -> None:
    path = page_path(code)
    page = read_page(code)
    assert path is not None
    assert page is not None
    assert path.parent == RULES
    assert path.name == f"{page.code}-{page.name}.md"
    assert page.code == code
    assert page.title == f"{page.code} {page.name}"
    assert page.text == path.read_text(encoding="utf-8")
    assert page.summary
    assert "\n" not in page.summary
    assert page.summary in " ".join(page.text.split())


def test_a_code_is_found_in_small_letters() -> None:
    assert page_path("ccl301") == next(RULES.glob("CCL301-*.md"))


@pytest.mark.parametrize("code", ["CCL000", "CCL", "CCL3", "E501", "", "CCL*", "*", "../CCL301", "CCL301-shared"])
def test_what_is_no_code_of_a_rule_has_no_page(code: str) -> None:
    assert page_path(code) is None
    assert read_page(code) is None


def test_a_page_is_read_by_its_headings() -> None:
    page = parse_page("CCL901-made-up-for-a-test", TEXT)
    assert (page.code, page.name) == ("CCL901", "made-up-for-a-test")
    assert page.title == "CCL901 made-up-for-a-test"
    assert page.summary == "A thing that is wrong in `this` way."
    assert page.text == TEXT


def test_a_rule_is_fixable_where_its_page_says_so_outside_of_the_examples() -> None:
    assert not parse_page("CCL901-x", TEXT).fixable
    assert parse_page("CCL901-x", f"{TEXT}\n`concurlint check --fix` does it.\n").fixable


def test_a_page_without_a_heading_is_titled_by_its_file() -> None:
    assert parse_page("CCL901-made-up", "Just text.\n").title == "CCL901 made-up"
