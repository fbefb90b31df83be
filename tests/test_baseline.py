"""Findings known again from a file: moved lines, edited lines, renamed functions and files; and what is gone."""

from dataclasses import replace
from pathlib import Path

import pytest

from concurlint.baseline import BaselineError, Compared, Entry, compare, entries, part, read, render
from concurlint.config import Config
from concurlint.finding import Finding, Level, Span
from tests.report.made import SHELL, SOURCE, WRITE

TEXTS = {"app.py": SOURCE}
ENTRY = Entry("app.py", "CCL301", "work", "count += 1", "`count` is changed by several threads without a lock")


def test_an_entry_has_no_line_number():
    assert entries([WRITE], TEXTS) == [ENTRY]
    moved = replace(WRITE, span=replace(WRITE.span, line=10, end_line=10))
    assert entries([moved], {"app.py": f"# one\n# two\n{SOURCE}"}) == [ENTRY]


def test_paths_are_those_seen_from_the_folder_of_the_baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert [entry.path for entry in entries([WRITE], TEXTS, tmp_path / "kept")] == ["../app.py"]


def compared(before: list[Entry], now: Entry = ENTRY, present: set[str] | None = None) -> Compared:
    """What is made of the one finding whose entry is `now`."""
    return compare([WRITE], [now], before, {"app.py"} if present is None else present)


KNOWN = Compared(new=(), known=(WRITE,), gone=())


@pytest.mark.parametrize(
    "before",
    [
        ENTRY,
        replace(ENTRY, written="count  +=  2"),
        replace(ENTRY, scope="Bot.work", message="`count` of another name"),
    ],
    ids=["the same", "the line was edited", "the function has another name"],
)
def test_a_finding_is_known_again(before: Entry):
    assert compared([before]) == KNOWN


@pytest.mark.parametrize(
    "before",
    [
        replace(ENTRY, code="CCL302"),
        replace(ENTRY, path="b.py"),
        replace(ENTRY, written="total += 1", message="`total` is changed"),
        replace(ENTRY, written="count -= 1", scope="rest"),
    ],
    ids=["another rule", "another file", "another line", "another line of another function"],
)
def test_another_finding_is_new_and_the_entry_is_gone(before: Entry):
    assert compared([before], present={"app.py", "b.py"}) == Compared(new=(WRITE,), known=(), gone=(before,))


def test_a_finding_is_known_again_in_a_file_that_has_another_name():
    assert compared([replace(ENTRY, path="old.py")]) == KNOWN


def test_each_entry_stands_for_one_finding():
    twice = compare([WRITE, WRITE], [ENTRY, ENTRY], [ENTRY], {"app.py"})
    assert twice == Compared(new=(WRITE,), known=(WRITE,), gone=())
    assert compared([ENTRY, ENTRY]) == Compared(new=(), known=(WRITE,), gone=(ENTRY,))


def test_the_surest_partner_is_taken_first():
    other = replace(ENTRY, written="count -= 1")
    assert compare([WRITE, SHELL], [ENTRY, other], [other, ENTRY], {"app.py"}).gone == ()
    assert compare([WRITE], [ENTRY], [other, ENTRY], {"app.py"}).gone == (other,)


# Files


def test_a_baseline_is_read_back_and_does_not_depend_on_the_order(tmp_path: Path):
    path = tmp_path / "known.json"
    odd = replace(ENTRY, path="a\udcff.py", written="`größe`")
    path.write_text(render([odd, ENTRY, ENTRY]), encoding="utf-8")
    assert read(path) == (ENTRY, ENTRY, odd)
    assert render([ENTRY, odd, ENTRY]) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "no such baseline; make it with --update-baseline"),
        ("{", "is no baseline"),
        ("[]", "is no baseline"),
        ('{"version": 1, "findings": [{"path": "a.py"}]}', "is no baseline"),
        ('{"version": 1, "findings": [3]}', "is no baseline"),
        ('{"version": 7, "findings": []}', "is of another version"),
    ],
)
def test_a_baseline_that_cannot_be_used_is_told_in_one_line(tmp_path: Path, text: str | None, said: str):
    path = tmp_path / "known.json"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: {said}")
    assert "\n" not in str(caught.value)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app.py").write_text(SOURCE, encoding="utf-8")
    (tmp_path / "other.py").write_text("", encoding="utf-8")
    return tmp_path


def test_each_file_is_compared_with_the_baseline_of_its_settings(here: Path):
    first, second = here / "first.json", here / "second.json"
    first.write_text(render([ENTRY]), encoding="utf-8")
    second.write_text(render([]), encoding="utf-8")
    finding = Finding("CCL402", "needless-shell", Level.WARNING, "is needless", Span("other.py", 1, 1, 1, 2))
    configs = {"app.py": Config(here, baseline=first), "other.py": Config(here, baseline=second)}
    parted = part([WRITE, finding], TEXTS, configs)
    assert (parted.new, parted.known) == ((finding,), (WRITE,))
    assert [(kept.path, len(kept.now), kept.gone) for kept in parted.baselines] == [(first, 1, ()), (second, 1, ())]
    plain = part([WRITE, finding], TEXTS, dict.fromkeys(configs, Config(here)))
    assert (plain.new, plain.baselines) == ((WRITE, finding), ())


def test_entries_that_nobody_asked_about_are_neither_gone_nor_lost(here: Path):
    path = here / "known.json"
    unasked = [replace(ENTRY, path="other.py"), replace(ENTRY, code="CCL402")]
    gone = [replace(ENTRY, written="x", message="y", scope="z"), replace(ENTRY, path="none.py", code="CCL304")]
    path.write_text(render([ENTRY, *unasked, *gone]), encoding="utf-8")
    parted = part([WRITE], TEXTS, {"app.py": Config(here, baseline=path, select=("CCL3",))})
    (kept,) = parted.baselines
    assert parted.new == ()
    assert sorted(kept.gone) == sorted(gone)
    assert kept.renewed() == render([ENTRY, *unasked])


def test_a_baseline_that_is_to_be_made_need_not_be_there(here: Path):
    config = Config(here, baseline=here / "none.json")
    with pytest.raises(BaselineError):
        part([WRITE], TEXTS, {"app.py": config})
    (kept,) = part([WRITE], TEXTS, {"app.py": config}, made_anew=True).baselines
    assert kept.renewed() == render([ENTRY])
