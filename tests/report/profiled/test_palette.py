"""Colours of states: seen by everyone, on light pages and dark ones."""

import itertools
import re
from pathlib import Path

import pytest

from concurlint.report.profiled.html import _PAGE
from concurlint.report.profiled.palette import LOOKS, ORDER
from concurlint.runtime.samples import State

GRAPHICS, TEXT = 3.0, 4.5
"""WCAG 2.2: 1.4.11 asks for 3:1 between a graphic and its page, 1.4.3 for 4.5:1 between text and its page."""
APART = 8.0
"""Difference in CIE Lab from which two colours beside each other are told apart at once."""

# Machado, Oliveira and Fernandes (2009): what people without the red, the green or the blue cones see, in linear RGB.
BLIND = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}

Linear = tuple[float, ...]


def linear(colour: str) -> Linear:
    """Light of each primary, from 0 to 1."""
    values = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return tuple(value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in values)


def luminance(colour: str) -> float:
    """Relative luminance as WCAG has it."""
    red, green, blue = linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """From 1 to 21."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def lab(light: Linear) -> Linear:
    """CIE Lab under daylight."""
    red, green, blue = (min(1.0, max(0.0, value)) for value in light)
    xyz = (
        (0.4124 * red + 0.3576 * green + 0.1805 * blue) / 0.9505,
        0.2126 * red + 0.7152 * green + 0.0722 * blue,
        (0.0193 * red + 0.1192 * green + 0.9505 * blue) / 1.089,
    )
    x, y, z = (value ** (1 / 3) if value > 0.008856 else 7.787 * value + 16 / 116 for value in xyz)
    return (116 * y - 16, 500 * (x - y), 200 * (y - z))


def seen(colour: str, eyes: str) -> Linear:
    """The colour as these eyes see it."""
    light = linear(colour)
    if eyes == "all cones":
        return lab(light)
    return lab(tuple(sum(row[at] * light[at] for at in range(3)) for row in BLIND[eyes]))


def variables(scheme: str) -> dict[str, str]:
    """The page's own colours."""
    css = Path(_PAGE / "page.css").read_text(encoding="utf-8")
    first, second = re.findall(r":root \{(.*?)\}", css, re.DOTALL)[:2]
    named = dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", first))
    return named | dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6});", second)) if scheme == "dark" else named


def colour_of(state: State, scheme: str) -> str:
    """Its colour on such a page."""
    return LOOKS[state].dark if scheme == "dark" else LOOKS[state].light


def test_every_state_has_its_look_and_a_letter_of_its_own():
    assert set(LOOKS) == set(State)
    assert len({look.letter for look in LOOKS.values()}) == len(LOOKS)
    assert [LOOKS[state].kind for state in ORDER] == sorted((LOOKS[state].kind for state in ORDER), reverse=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("state", ORDER)
def test_a_state_stands_out_from_the_page(state: State, scheme: str):
    page = variables(scheme)
    assert contrast(colour_of(state, scheme), page["paper"]) >= GRAPHICS
    assert contrast(colour_of(state, scheme), page["raised"]) >= GRAPHICS


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("text", ["ink", "soft", "accent", "error", "warning", "advice", "good"])
def test_text_can_be_read_on_every_ground_it_stands_on(text: str, scheme: str):
    page = variables(scheme)
    for ground in ("paper", "raised", "sunk", "mark"):
        assert contrast(page[text], page[ground]) >= TEXT, ground


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_change_can_be_read(scheme: str):
    page = variables(scheme)
    assert min(contrast(page["ink"], page[ground]) for ground in ("goes", "comes")) >= TEXT


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("eyes", ["all cones", *BLIND])
def test_states_drawn_equally_tall_are_told_apart_by_every_eye(eyes: str, scheme: str):
    close = []
    for one, other in itertools.combinations(ORDER, 2):
        if LOOKS[one].kind is LOOKS[other].kind:
            lights = [seen(colour_of(state, scheme), eyes) for state in (one, other)]
            apart = sum((a - b) ** 2 for a, b in zip(*lights, strict=True)) ** 0.5
            if apart < APART:
                close.append((one.value, other.value, round(apart, 1)))
    assert close == []
