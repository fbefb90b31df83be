"""Templates taken apart."""

import pytest

from concurlint.effects.taint.templates import Slot, format_parts, is_number_spec, percent_parts


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("ls %s", ["ls ", Slot(0)]),
        ("%s -n %d%%", [Slot(0), " -n ", Slot(1, True), "%"]),
        ("%(host)s:%(port)5d", [Slot("host"), ":", Slot("port", True)]),
        ("%*d %s", [Slot(1, True), " ", Slot(2)]),
        ("plain", ["plain"]),
    ],
)
def test_percent_templates(template: str, parts: list[str | Slot]) -> None:
    assert percent_parts(template) == parts


@pytest.mark.parametrize(
    ("template", "parts"),
    [
        ("ls {}", ["ls ", Slot(0)]),
        ("{1}{0:d}{name.attr!r:>8}", [Slot(1), Slot(0, True), Slot("name")]),
        ("{{}} {}", ["{", "}", " ", Slot(0)]),
        ("{0[key]:d}", [Slot(0)]),
    ],
)
def test_format_templates(template: str, parts: list[str | Slot]) -> None:
    assert format_parts(template) == parts


@pytest.mark.parametrize("template", ["{", "}", "{0"])
def test_a_broken_template_has_no_parts(template: str) -> None:
    assert format_parts(template) is None


def test_only_numbers_fit_number_codes() -> None:
    assert [spec for spec in ("d", "5.2f", "x", "%", "", "s", ">10", "c") if is_number_spec(spec)] == [
        "d",
        "5.2f",
        "x",
        "%",
    ]
