"""JUnit: valid for the services that read it, and every finding a test."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

from concurlint.finding import Span
from concurlint.report.found import Found
from concurlint.report.junit import render
from concurlint.report.text import lines_of
from tests.report.made import ADVICE, SHELL, WRITE

SCHEMA = xmlschema.XMLSchema(Path(__file__).with_name("junit.xsd"))


def read(*findings):
    """The root of the document, once it is known to be valid."""
    text = render(Found(findings))
    SCHEMA.validate(text)
    return ElementTree.fromstring(text)


def test_each_file_is_a_suite_and_each_finding_a_test_that_failed():
    root = read(WRITE, SHELL)
    assert root.attrib == {"name": "concurlint", "tests": "2", "failures": "2", "errors": "0"}
    assert [suite.attrib for suite in root] == [
        {"name": "app.py", "tests": "1", "failures": "1", "errors": "0"},
        {"name": "lib/run.py", "tests": "1", "failures": "1", "errors": "0"},
    ]
    (case,) = root[0]
    assert case.attrib == {"name": "CCL301 shared-write-unlocked in line 8, column 5", "classname": "app.py"}
    (failure,) = case
    assert failure.attrib == {
        "type": "warning",
        "message": "CCL301 `count` is changed by several threads without a lock",
    }
    assert (failure.text or "").splitlines() == lines_of(WRITE)


def test_advice_fails_no_test():
    (suite,) = read(SHELL, ADVICE)
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")
    assert [child.tag for case in suite for child in case] == ["failure", "system-out"]


def test_nothing_found_is_one_test_that_passed():
    (suite,) = read()
    (case,) = suite
    assert (case.attrib, list(case)) == ({"name": "no findings", "classname": "concurlint"}, [])


def test_what_xml_cannot_hold_becomes_a_sign():
    odd = replace(SHELL, message="`a < b` \x1b & \x00", span=Span("a\udcff\x07.py", 1, 1, 1, 2))
    (suite,) = read(odd)
    assert suite.get("name") == "a\ufffd\ufffd.py"
    assert suite[0][0].get("message") == "CCL401 `a < b` \ufffd & \ufffd"


def test_the_schema_is_no_rubber_stamp():
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        SCHEMA.validate(render(Found([WRITE])).replace("<failure", "<fault").replace("</failure", "</fault"))
