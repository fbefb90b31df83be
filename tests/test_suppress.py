"""What a comment silences, where it counts, and which comments silence nothing."""

import pytest

from concurlint.finding import Finding, Level, Span
from concurlint.suppress import Silenced, Unused, silence

NAMES = {
    "CCL001": "unreadable-file",
    "CCL002": "unused-suppression",
    "CCL201": "cpu-bound-work-in-threads",
    "CCL301": "shared-write-unlocked",
    "CCL401": "shell-string-command",
}


def at(line: int, code: str = "CCL201", path: str = "a.py") -> Finding:
    return Finding(code, NAMES[code], Level.WARNING, "is wrong", Span(path, line, 1, line, 5))


def run(text: str, *findings: Finding, active: set[str] | None = None) -> Silenced:
    return silence(findings, {"a.py": text}, active)


def is_silent(text: str, finding: Finding) -> bool:
    return not run(text, finding).kept


def unused(text: str, *findings: Finding, active: set[str] | None = None) -> list[tuple[int, tuple[str, ...]]]:
    return [(found.span.line, found.codes) for found in run(text, *findings, active=active).unused]


# What a comment says


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "#noqa",
        "# NoQA",
        "# noqa: CCL201",
        "# noqa:CCL201",
        "# NOQA : ccl201",
        "# noqa: E501,CCL201",
        "# noqa: E501 CCL201",
        "# noqa: E501, CCL201, W291",
        "# noqa: CCL2",
        "# noqa: CCL20",
        "# noqa: CCL",
        "# noqa: CCL201 because it is small",
        "# noqa: CCL201 - because",
        "# noqa:",
        "# noqa: cpu-bound-work-in-threads",
        "# noqa: E501, cpu-bound-work-in-threads because",
        "# type: ignore  # noqa: CCL201",
        "# type: ignore[attr-defined] # noqa",
        "# concurlint: ignore",
        "#concurlint:ignore",
        "# Concurlint: Ignore",
        "# concurlint: ignore - because",
        "# concurlint: ignore[CCL201]",
        "# concurlint: ignore[ccl201]",
        "# concurlint: ignore [CCL201]",
        "# concurlint: ignore[CCL2]",
        "# concurlint: ignore[CCL301 CCL201]",
        "# concurlint: ignore[ CCL301 , cpu-bound-work-in-threads ]",
        "# concurlint: ignore[CPU-Bound-Work-in-Threads]",
        "# noqa: E501  # concurlint: ignore[CCL201]",
        "# concurlint: ignore[CCL301]  # noqa: CCL201",
        "# pragma: no cover, concurlint: ignore # noqa",
    ],
)
def test_a_comment_silences_the_finding_on_its_line(comment: str) -> None:
    assert is_silent(f"work()  {comment}\n", at(1))


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa: E501",
        "# noqa: CCL301",
        "# noqa: CCL2011",
        "# noqa: C90,C4",
        "# noqaah",
        "# no qa",
        "noqa = 1  # see noqa",
        "# concurlint: ignore[CCL301]",
        "# concurlint: ignore[cpu-bound]",
        "# concurlint: ignore[]",
        "# concurlint: ignore[CCL201",
        "# concurlint: ignored",
        "# concurlint: ignore-all",
        "# concurlint: ignore-file",
        "# concurlint: ignore-file[CCL201]",
        "# flake8: noqa",
        "# ruff: noqa",
        '"# noqa"',
        '"# concurlint: ignore"',
    ],
)
def test_other_text_behind_code_silences_nothing(comment: str) -> None:
    assert not is_silent(f"work();  {comment}\n", at(1))


def test_a_comment_for_one_rule_leaves_the_others() -> None:
    findings = (at(1), at(1, "CCL301"), at(1, "CCL401"))
    assert run("work()  # noqa: CCL201, CCL401\n", *findings).kept == (findings[1],)


def test_the_findings_that_stay_keep_their_order() -> None:
    text = "a()\nb()  # noqa\nc()\n"
    findings = (at(3), at(2), at(1), at(1, path="other.py"))
    assert run(text, *findings).kept == (findings[0], findings[2], findings[3])


def test_a_comment_in_one_file_says_nothing_about_another() -> None:
    other = at(1, path="b.py")
    assert silence([other], {"a.py": "x()  # noqa\n", "b.py": "x()\n"}).kept == (other,)


def test_files_without_text_keep_their_findings() -> None:
    assert silence([at(1)], {}) == Silenced((at(1),), ())


# Where it counts


def test_a_comment_on_another_line_does_not_count() -> None:
    text = "# noqa\nwork()\n# noqa\n"
    assert not is_silent(text, at(2))


STATEMENT = """\
import threading
threading.Thread({first}
    target=work,{second}
    args=(1,){third}
){last}
after()
"""


@pytest.mark.parametrize(
    ("place", "lines"), [("first", {2, 3, 4, 5}), ("second", {3}), ("third", {4}), ("last", {2, 3, 4, 5})]
)
def test_a_comment_at_either_end_of_a_statement_counts_for_all_its_lines(place: str, lines: set[int]) -> None:
    places = dict.fromkeys(("first", "second", "third", "last"), "")
    text = STATEMENT.format(**places | {place: "  # noqa: CCL201"})
    assert {line for line in range(1, 7) if is_silent(text, at(line))} == lines


def test_a_comment_of_its_own_inside_a_statement_counts_for_nothing_else() -> None:
    text = "f(\n    # noqa\n    work,\n)\n"
    assert [line for line in range(1, 5) if is_silent(text, at(line))] == [2]


def test_a_comment_behind_a_string_of_many_lines_counts_for_all_of_them() -> None:
    text = 'f(\n    a,\n    """x\n    y""",  # noqa\n    b,\n)\n'
    assert [line for line in range(1, 7) if is_silent(text, at(line))] == [3, 4]


def test_a_comment_behind_continued_lines_counts_for_all_of_them() -> None:
    text = "x = a + \\\n    b + \\\n    c  # noqa\ny = 1\n"
    assert [line for line in range(1, 5) if is_silent(text, at(line))] == [1, 2, 3]


def test_a_comment_on_a_header_does_not_count_for_the_body() -> None:
    text = "with a(\n    b\n):  # noqa\n    work()\n"
    assert [line for line in range(1, 5) if is_silent(text, at(line))] == [1, 2, 3]


def test_a_comment_on_the_last_line_needs_no_line_end() -> None:
    assert is_silent("a()\nwork()  # noqa", at(2))


def test_lines_that_end_as_on_windows_count_the_same() -> None:
    text = "a()\r\nwork(  # noqa\r\n  b)\r\nc()\r\n"
    assert [line for line in range(1, 5) if is_silent(text, at(line))] == [2, 3]


def test_comments_inside_strings_are_no_comments() -> None:
    text = 'text = """\nwork()  # noqa\n# concurlint: ignore-file\n"""\nwork("# noqa")\n'
    assert [line for line in range(1, 6) if is_silent(text, at(line))] == []
    assert unused(text) == []


# Whole files


@pytest.mark.parametrize(
    "comment",
    [
        "# concurlint: ignore-file",
        "# concurlint: ignore-file[CCL201]",
        "# concurlint: ignore-file[CCL301, cpu-bound-work-in-threads]",
        "    # concurlint: ignore-file - made by a tool",
        "# flake8: noqa",
        "# flake8: noqa: CCL201",
        "# flake8: noqa: E501, CCL2",
        "#  FLAKE8: NoQA ",
    ],
)
def test_a_comment_for_the_whole_file_may_stand_anywhere(comment: str) -> None:
    assert is_silent(f"{comment}\nwork()\n", at(2))
    assert is_silent(f"work()\nif a:\n    b(\n{comment}\n    )\n", at(1))


@pytest.mark.parametrize(
    "comment",
    ["# concurlint: ignore-file[CCL301]", "# flake8: noqa: E501", "# flake8: noqa because", "# ruff: noqa"],
)
def test_a_comment_for_the_whole_file_may_be_about_something_else(comment: str) -> None:
    assert not is_silent(f"{comment}\nwork()\n", at(2))


# Files that are broken


def test_an_unreadable_file_is_silenced_as_a_whole_only() -> None:
    broken = at(2, "CCL001")
    assert run("x = 1\ny = (  # noqa\n", broken).kept == (broken,)
    assert run("x = 1\ny = (  # concurlint: ignore\n", broken).kept == (broken,)
    assert run("# concurlint: ignore-file\nx = 1\ny = (\n", broken).kept == ()
    assert run("# concurlint: ignore-file[unreadable-file]\nx = 1\ny = (\n", broken).kept == ()
    assert run("# concurlint: ignore-file[CCL301]\nx = 1\ny = (\n", broken).kept == (broken,)


@pytest.mark.parametrize("error", ["x = (\n", "x = '''\n", "if a:\n    b\n  c\n", "x = $\n", "x = 'a\n"])
def test_a_file_that_cannot_be_cut_into_tokens_is_silenced_from_behind_the_error(error: str) -> None:
    text = f"{error}y = 1\n  # concurlint: ignore-file\nz = 2\n"
    assert is_silent(text, at(1, "CCL001"))


def test_comments_before_an_error_count() -> None:
    assert is_silent("work()  # noqa: CCL201\nx = '''\n", at(1))


def test_in_a_file_that_cannot_be_parsed_no_comment_is_unused() -> None:
    text = "work()  # noqa: CCL201\nx = (\n"
    assert unused(text) == [(1, ("CCL201",))]
    assert unused(text, at(2, "CCL001")) == []


# Comments that silence nothing


@pytest.mark.parametrize(
    ("comment", "codes"),
    [
        ("# noqa: CCL201", ("CCL201",)),
        ("# noqa: E501,ccl201", ("CCL201",)),
        ("# noqa: CCL2", ("CCL2",)),
        ("# noqa: CCL201, CCL301", ("CCL201", "CCL301")),
        ("# concurlint: ignore", ()),
        ("# concurlint: ignore[]", ()),
        ("# concurlint: ignore[CCL201]", ("CCL201",)),
        ("# concurlint: ignore[Shared-Write-Unlocked]", ("shared-write-unlocked",)),
        ("# concurlint: ignore-file", ()),
    ],
)
def test_a_comment_that_silences_nothing_is_unused(comment: str, codes: tuple[str, ...]) -> None:
    text = f"\nwork()  {comment}\n"
    span = Span("a.py", 2, 9, 2, 9 + len(comment))
    assert run(text).unused == (Unused(span, comment, codes),)


@pytest.mark.parametrize(
    "comment",
    ["# noqa", "# noqa: E501", "# noqa: E501,W291", "# flake8: noqa", "# flake8: noqa: E501", "# nothing"],
)
def test_a_comment_that_may_be_meant_for_others_is_never_unused(comment: str) -> None:
    assert unused(f"{comment}\nwork()  {comment}\n", at(1, "CCL301")) == []


@pytest.mark.parametrize("comment", ["# concurlint: ignore-file[CCL301]", "# flake8: noqa: CCL301"])
def test_a_comment_for_the_whole_file_may_be_unused_too(comment: str) -> None:
    text = f"work()\n{comment}\n"
    assert unused(text, at(1)) == [(2, ("CCL301",))]
    assert unused(text, at(1, "CCL301")) == []


def test_of_several_codes_only_those_in_vain_are_unused() -> None:
    text = "work()  # noqa: E501,CCL201,CCL301\nwork()  # concurlint: ignore[CCL4, shared-write-unlocked]\n"
    findings = (at(1), at(2, "CCL301"))
    assert unused(text, *findings) == [(1, ("CCL301",)), (2, ("CCL4",))]


def test_two_comments_that_silence_one_finding_are_both_of_use() -> None:
    text = "work(  # noqa: CCL201\n)  # concurlint: ignore[CCL201]\n# concurlint: ignore-file[CCL2]\n"
    assert unused(text, at(1)) == []


def test_a_comment_on_the_line_above_is_unused() -> None:
    assert unused("# concurlint: ignore[CCL201]\nwork()\n", at(2)) == [(1, ("CCL201",))]


def test_unused_comments_come_in_the_order_of_files_and_lines() -> None:
    texts = {"b.py": "x()  # noqa: CCL3\n", "a.py": "x()\ny()  # noqa: CCL2\nz()  # noqa: CCL1\n"}
    found = [(one.span.path, one.span.line) for one in silence([], texts).unused]
    assert found == [("a.py", 2), ("a.py", 3), ("b.py", 1)]


def test_a_rule_that_was_not_asked_makes_no_comment_unused() -> None:
    text = "a()  # noqa: CCL301\nb()  # concurlint: ignore[CCL3, CCL2, shared-write-unlocked]\n"
    assert unused(text, active={"CCL201", NAMES["CCL201"]}) == [(2, ("CCL2",))]
    both = {"CCL201", "CCL301", NAMES["CCL201"], NAMES["CCL301"]}
    assert unused(text, active=both) == [(1, ("CCL301",)), (2, ("CCL3", "CCL2", "shared-write-unlocked"))]


@pytest.mark.parametrize(
    "text",
    [
        "work()  # noqa: CCL201, CCL002\n",
        "work()  # noqa: CCL\nother()  # noqa: CCL0\n",
        "work()  # concurlint: ignore[CCL201, unused-suppression]\n",
        "work()  # concurlint: ignore[CCL201]  # noqa\n",
        "# concurlint: ignore-file[CCL002]\nwork()  # noqa: CCL201\n",
        "# flake8: noqa\nwork()  # noqa: CCL201\n",
    ],
)
def test_the_report_of_unused_comments_can_be_silenced_itself(text: str) -> None:
    assert unused(text) == []


@pytest.mark.parametrize(
    "comment", ["# noqa: this is fine", "# noqa: shared-write-unlockd", "# noqa: because", "#NOQA:x"]
)
def test_a_noqa_that_names_no_rule_silences_nothing_and_is_told_where_something_is_found(comment: str) -> None:
    result = run(f"work()  {comment}\nrest()  {comment}\n", at(1))
    word = comment.partition(":")[2].split()[0]
    assert result.kept == (at(1),)
    assert [(found.span.line, found.unknown) for found in result.unused] == [(1, word)]


def test_a_name_of_another_tool_beside_a_code_is_no_business_of_ours() -> None:
    for comment in ("# noqa: E501 well-known", "# noqa: E501, line-too-long"):
        assert run(f"work()  {comment}\n", at(1)) == Silenced((at(1),), ())


def test_a_misspelt_name_in_a_comment_of_ours_is_told() -> None:
    assert unused("work()  # concurlint: ignore[shared-write-unlockd]\n", at(1)) == [(1, ("shared-write-unlockd",))]
