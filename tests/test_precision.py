"""Findings on real packages are joined with judgments by content, not by line number."""

import tomllib

import pytest

from precision import Found, Judgment, JudgmentError, Key, findings, read_judgments, skeleton, table

ENTRY = """
[[judgment]]
package = "celery"
path = "celery/app.py"
code = "CCL301"
text = "self.n += 1"
verdict = false
reason = "one thread only"
"""


def finding(line: int, code: str = "CCL301"):
    step = {"path": "celery/app.py", "line": 9, "column": 1, "message": "a thread starts here"}
    return {
        "path": "celery/app.py",
        "line": line,
        "column": 5,
        "code": code,
        "message": "m",
        "trace": [step],
    }


def key(ordinal: int = 1, code: str = "CCL301") -> Key:
    return Key("celery", "celery/app.py", code, "self.n += 1", ordinal)


def found(ordinal: int = 1, code: str = "CCL301") -> Found:
    return Found(key(ordinal, code), 1, "m", ())


def test_a_finding_is_known_by_the_text_of_its_line_and_an_ordinal(tmp_path):
    (tmp_path / "celery").mkdir()
    (tmp_path / "celery" / "app.py").write_text("    self.n += 1\nx = 1\n        self.n += 1\n")
    answer = {"findings": [finding(3), finding(1), finding(1, "CCL302")]}
    assert list(findings("celery", tmp_path, answer)) == [
        Found(key(1), 1, "m", ("celery/app.py:9: a thread starts here",)),
        Found(key(1, "CCL302"), 1, "m", ("celery/app.py:9: a thread starts here",)),
        Found(key(2), 3, "m", ("celery/app.py:9: a thread starts here",)),
    ]


def test_judgments_are_read_with_their_reason():
    assert read_judgments(ENTRY) == {key(): Judgment(False, "one thread only")}
    assert read_judgments("# nothing yet\n") == {}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (ENTRY + ENTRY, "judged twice"),
        (ENTRY.replace("verdict = false\n", ""), "no 'verdict'"),
        (ENTRY.replace('"one thread only"', '" "'), "with a reason"),
        (ENTRY.replace("= false", '= "false"'), "true or false"),
    ],
)
def test_a_judgment_that_cannot_be_used_is_refused(text, reason):
    with pytest.raises(JudgmentError, match=reason):
        read_judgments(text)


def test_an_open_finding_is_printed_ready_to_be_judged():
    text = skeleton(Found(Key("p", "a.py", "CCL401", 'run("é\\n")', 2), 7, "m", ("a.py:1: step",)))
    assert text.startswith("# a.py:7: m\n#   a.py:1: step\n[[judgment]]\n")
    assert tomllib.loads(text.replace("verdict = ", "verdict = true"))["judgment"] == [
        {
            "package": "p",
            "path": "a.py",
            "code": "CCL401",
            "text": 'run("é\\n")',
            "ordinal": 2,
            "verdict": True,
            "reason": "",
        }
    ]


def test_the_table_counts_by_package_and_by_rule():
    judgments = {key(1): Judgment(True, "races"), key(2): Judgment(False, "a | b")}
    lines = table([found(1), found(2), found(3)], judgments, {"attrs": "25.3.0", "celery": "5.5.2"}).splitlines()
    assert "Not judged yet: 1." in lines
    assert "| attrs 25.3.0 | – | 0 | 0 |  |" in lines
    assert "| celery 5.5.2 | CCL301 | 1 | 1 | a \\| b |" in lines
    assert "| CCL301 | 1 | 1 | 50 % |" in lines
