"""Every format by its name."""

import pytest

from concurlint.report.formats import FORMATS, MACHINE, render
from concurlint.report.found import Found
from tests.report.made import ADVICE, SHELL, SOURCE, WRITE


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_tells_every_finding(form: str):
    report = render(form, Found([WRITE, SHELL, ADVICE], {"app.py": SOURCE}, files=2))
    assert [code for code in ("CCL301", "CCL401", "CCL601") if code in report] == ["CCL301", "CCL401", "CCL601"]
    assert report.endswith("\n")


@pytest.mark.parametrize("form", FORMATS)
def test_nothing_found_is_nothing_or_an_empty_document(form: str):
    report = render(form, Found([]))
    assert (report == "") or (form in MACHINE and report.endswith("\n"))


def test_a_name_that_is_none_is_refused():
    with pytest.raises(KeyError):
        render("xml", Found([]))
