"""What tells findings apart, and stays when lines move."""

from dataclasses import replace

from concurlint.finding import Finding, Level, Span
from concurlint.fingerprint import Mark, mark

TEXT = """\
import time


class Bot:
    async def think(
        self,
    ) -> None:
        if self.tired:
            time.sleep(1)
            time.sleep( 1 )

    def rest(self):
        time.sleep(1)


time.sleep(1)
"""


def found(line: int, column: int, end: int, code: str = "CCL501", path: str = "a.py") -> Finding:
    span = Span(path, line, column, line, end)
    return Finding(code, "made-up-for-a-test", Level.WARNING, "`time.sleep` blocks", span)


FINDINGS = [found(9, 13, 26), found(10, 13, 28), found(13, 9, 22), found(16, 1, 14), found(9, 13, 26, "CCL502")]


def test_a_mark_is_the_rule_the_function_around_what_is_written_and_which_one_of_several():
    assert mark(FINDINGS, {"a.py": TEXT}) == [
        Mark("CCL501", "Bot.think", "time.sleep(1)", 1),
        Mark("CCL501", "Bot.think", "time.sleep( 1 )", 1),
        Mark("CCL501", "Bot.rest", "time.sleep(1)", 1),
        Mark("CCL501", "", "time.sleep(1)", 1),
        Mark("CCL502", "Bot.think", "time.sleep(1)", 1),
    ]


def test_equal_lines_of_one_function_are_counted_from_above_whatever_order_they_are_given_in():
    text = "def f():\n    stop()\n    stop()\n"
    marks = mark([found(3, 5, 11), found(2, 5, 11)], {"a.py": text})
    assert marks == [Mark("CCL501", "f", "stop()", 2), Mark("CCL501", "f", "stop()", 1)]


def test_a_mark_survives_lines_that_move_and_code_that_is_indented_anew():
    moved = [replace(finding, span=down(finding.span, 3)) for finding in FINDINGS]
    assert mark(moved, {"a.py": "# one\n\n# two\n" + TEXT}) == mark(FINDINGS, {"a.py": TEXT})
    deeper = TEXT.replace("            time.sleep(1)", "            while True:\n                time.sleep(1)")
    assert mark([found(10, 17, 30)], {"a.py": deeper}) == mark([FINDINGS[0]], {"a.py": TEXT})


def down(span: Span, lines: int) -> Span:
    return replace(span, line=span.line + lines, end_line=span.end_line + lines)


def test_all_digests_of_a_file_differ_and_no_machine_changes_them():
    digests = [each.digest for each in mark(FINDINGS, {"a.py": TEXT})]
    assert len(set(digests)) == len(digests)
    assert Mark("CCL501", "Bot.rest", "time.sleep(1)", 1).digest == "ad00f91fca5f3e1be6beb59d1ec3c0b8"


def test_a_file_that_is_not_there_or_is_shorter_leaves_the_message():
    expected = Mark("CCL501", "", "`time.sleep` blocks", 1)
    assert mark([found(9, 13, 26)], {}) == [expected]
    assert mark([found(9, 13, 26)], {"a.py": "x = 1\n"}) == [expected]


def test_no_lines_end_where_python_sees_no_line_end():
    text = "def f():\n    x = '\x0c\u2028'\n    stop()\n"
    assert mark([found(3, 5, 11)], {"a.py": text}) == [Mark("CCL501", "f", "stop()", 1)]
