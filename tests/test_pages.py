"""Pages and markers are read as `rules/README.md` says, and refused where they are not."""

from pathlib import Path

import pytest

from tests.pages import (
    RULES,
    Markers,
    PageError,
    Promise,
    Said,
    differences,
    parse_cases,
    parse_page,
    pyproject,
    read_markers,
    read_page,
    rule_pages,
    write_example,
)

PAGE = """\
# CCL101 process-outside-main-guard

A process pool or process that starts while its module is imported.

Level: **error**

## Why

It starts itself again:

```python
Pool()  # error
```

## Flagged

### A pool at the top of the file

```python
from multiprocessing import Pool

Pool()  # error
```

### A pool in another module

`pool.py`:
```python
from multiprocessing import Pool

def make():
    return Pool()
```

The caller:

`pkg/__init__.py`:

```python
import pool

pool.make()  # error: "make", CCL204
```

## Good

### With a setting

Prose about `something`.

```toml
target-python = "3.14"
```

```python
print("# error")
```

## Silence

`# noqa: CCL101`.

## Missed alarms

- **A pool made by `exec`**: text is not read.

### A pool made by `exec`

```python
exec("import multiprocessing; multiprocessing.Pool()")  # missed
```

## False alarms

None known.
"""


CASES = """\
# CCL101 process-outside-main-guard

## Good

### Under the guard

```python
if __name__ == "__main__":
    print("# error")
```
"""


def page(text: str = PAGE):
    return parse_page(Path("rules/CCL101-process-outside-main-guard.md"), text)


def test_the_opening_gives_code_name_summary_and_level():
    read = page()
    assert (read.code, read.name, read.level) == ("CCL101", "process-outside-main-guard", "error")
    assert read.summary == "A process pool or process that starts while its module is imported."


def test_headings_come_in_the_order_of_the_page():
    assert page().headings == ("Why", "Flagged", "Good", "Silence", "Missed alarms", "False alarms")


def test_a_section_is_the_prose_above_its_examples():
    sections = page().sections
    assert sections["Missed alarms"] == "- **A pool made by `exec`**: text is not read."
    assert sections["False alarms"] == "None known."
    assert sections["Flagged"] == ""


def test_cases_are_examples_under_the_title_of_their_page():
    path = Path("rules/cases/CCL101.md")
    cases = parse_cases(path, CASES)
    assert (cases.path, cases.code, cases.name) == (path, "CCL101", "process-outside-main-guard")
    assert cases.headings == ("Good",)
    assert [(example.name, example.path, example.line) for example in cases.examples] == [
        ("CCL101 Good: Under the guard", path, 5)
    ]


def test_cases_without_a_title_are_refused():
    with pytest.raises(PageError, match=r"CCL101\.md:1: the first line"):
        parse_cases(Path("rules/cases/CCL101.md"), CASES.removeprefix("#"))


def test_an_example_belongs_to_its_rule_whichever_file_it_stands_in():
    read = read_page(rule_pages()[0])
    files = {example.path.relative_to(RULES).as_posix() for example in read.examples}
    assert files == {read.path.name, f"cases/{read.code}.md"}
    assert {example.code for example in read.examples} == {read.code}


def test_each_title_below_a_heading_is_one_example():
    assert [(example.heading, example.title) for example in page().examples] == [
        ("Flagged", "A pool at the top of the file"),
        ("Flagged", "A pool in another module"),
        ("Good", "With a setting"),
        ("Missed alarms", "A pool made by `exec`"),
    ]


def test_the_line_of_an_example_is_the_line_of_its_title():
    first = page().examples[0]
    assert PAGE.splitlines()[first.line - 1] == "### A pool at the top of the file"


def test_a_block_without_a_name_is_example_py():
    assert list(page().examples[0].files) == ["example.py"]
    assert page().examples[0].files["example.py"] == "from multiprocessing import Pool\n\nPool()  # error\n"


def test_a_paragraph_above_a_block_names_its_file():
    assert list(page().examples[1].files) == ["pool.py", "pkg/__init__.py"]


def test_a_bare_marker_speaks_of_the_rule_of_the_page():
    assert page().examples[0].markers.promised == {Promise("example.py", 3, "CCL101")}


def test_a_marker_may_hold_a_text_and_other_codes():
    assert page().examples[1].markers.promised == {
        Promise("pkg/__init__.py", 3, "CCL101", "make"),
        Promise("pkg/__init__.py", 3, "CCL204"),
    }


def test_a_marker_inside_a_string_is_no_marker():
    assert page().examples[2].markers == Markers(frozenset(), frozenset())


def test_a_missed_line_is_remembered():
    assert page().examples[3].markers == Markers(frozenset(), frozenset({("example.py", 1)}))


def test_a_toml_block_is_the_setting_of_its_example_alone():
    assert [example.config for example in page().examples] == ["", "", 'target-python = "3.14"\n', ""]


def test_blocks_that_only_explain_are_no_examples():
    assert not page().under("Why")


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("# CCL101 process", "CCL101 process", "first line"),
        ("A process pool or process that starts while its module is imported.\n", "", "no summary"),
        ("imported.\n", "imported.\nAnd more.\n", "not followed by `Level"),
        ("Level: **error**", "Level: error", "not followed by `Level"),
        ("### A pool at the top of the file\n", "", "without a `###` title"),
        ("`pkg/__init__.py`:\n", "`pool.py`:\n", "second block for `pool.py`"),
        ("```toml", "```json", "not `json`"),
        ('print("# error")\n```', "pass", "without an end"),
        ("## False alarms\n", "## False alarms\n\n### Empty\n", "holds no python block"),
        ('# error: "make", CCL204', "# error: 101", "neither a code"),
        ("# missed", "# missed: CCL101", "`# missed` is followed by"),
    ],
)
def test_a_page_written_otherwise_is_refused_with_the_reason(old, new, reason):
    assert PAGE.count(old) >= 1
    with pytest.raises(PageError, match=reason):
        page(PAGE.replace(old, new))


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("# error", {Promise("a.py", 1, "CCL301")}),
        ("#error", {Promise("a.py", 1, "CCL301")}),
        ("# error: CCL302", {Promise("a.py", 1, "CCL302")}),
        ("# error: CCL301, CCL303", {Promise("a.py", 1, "CCL301"), Promise("a.py", 1, "CCL303")}),
        ('# error: "a, b"', {Promise("a.py", 1, "CCL301", "a, b")}),
        ('# error: CCL302 "a", "b"', {Promise("a.py", 1, "CCL302", "a"), Promise("a.py", 1, "CCL301", "b")}),
        ("# noqa: CCL301  # error: CCL002", {Promise("a.py", 1, "CCL002")}),
        ("# the error is here", set()),
        ("# errors", set()),
    ],
)
def test_the_spellings_of_a_marker(comment, expected):
    assert read_markers({"a.py": f"x = 1  {comment}\n"}, "CCL301").promised == expected


@pytest.mark.parametrize("comment", ["# error:", "# error: CCL30", "# error: CCL301,", "# error handling", "# error:x"])
def test_a_marker_with_a_slip_is_refused(comment):
    with pytest.raises(PageError, match=r"^a\.py:2: "):
        read_markers({"a.py": f"\nx = 1  {comment}\n"}, "CCL301")


def test_a_project_marker_must_name_its_code():
    assert read_markers({"a.py": "x = 1  # error: CCL301\n"}).promised == {Promise("a.py", 1, "CCL301")}
    with pytest.raises(PageError, match="names no code"):
        read_markers({"a.py": "x = 1  # error\n"})
    with pytest.raises(PageError, match="neither a code"):
        read_markers({"a.py": 'x = 1  # error: "text"\n'})


def test_markers_count_in_a_file_that_is_not_python():
    text = "def f(:  # error\n    'unclosed\n"
    assert read_markers({"a.py": text}, "CCL001").promised == {Promise("a.py", 1, "CCL001")}


def test_an_example_is_written_with_its_settings(tmp_path):
    write_example(page().examples[1], tmp_path)
    assert sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")) == [
        "pkg",
        "pkg/__init__.py",
        "pool.py",
        "pyproject.toml",
    ]
    assert (tmp_path / "pyproject.toml").read_text() == (
        '[project]\nname = "example"\nversion = "0"\n\n[tool.concurlint]\n'
        'select = ["CCL", "CCL101"]\ntarget-python = "3.11"\n\n'
    )


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("", 'target-python = "3.11"\n'),
        ('target-python = "3.14"\n', 'target-python = "3.14"'),
        ("advice = true\n", 'target-python = "3.11"\nadvice = true'),
        ("[tool.concurlint]\nadvice = true\n", 'target-python = "3.11"\nadvice = true'),
        ('[calls]\n"a.b" = 1\n', 'target-python = "3.11"\n[tool.concurlint.calls]\n"a.b" = 1'),
        ('[tool.concurlint.calls."a.b"]\n', 'target-python = "3.11"\n[tool.concurlint.calls."a.b"]'),
        ("[[x]]", 'target-python = "3.11"\n[[x]]'),
    ],
)
def test_the_settings_of_an_example_are_the_table_of_concurlint(config, expected):
    opening = '[project]\nname = "example"\nversion = "0"\n\n[tool.concurlint]\n'
    assert pyproject(config) == f"{opening}{expected}\n"


def test_agreement_has_no_differences():
    promised = frozenset({Promise("a.py", 3, "CCL301"), Promise("a.py", 4, "CCL303", "cache")})
    found = [Said("a.py", 3, 1, "CCL301", "x"), Said("a.py", 4, 1, "CCL303", "the cache is tested")]
    assert differences(promised, found) == []


def test_both_kinds_of_miss_are_told_with_the_messages():
    promised = frozenset({Promise("a.py", 3, "CCL301"), Promise("a.py", 4, "CCL303", "cache")})
    found = [Said("a.py", 4, 1, "CCL303", "other"), Said("b.py", 9, 5, "CCL304", "a lock")]
    assert differences(promised, found) == [
        "promised, not found:  a.py:3: CCL301",
        'found without "cache":  a.py:4: CCL303 other',
        "found, not promised:  b.py:9:5: CCL304 a lock",
    ]
