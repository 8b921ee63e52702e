"""Colours of the pages are told from their ground, by day and by night."""

import re
from itertools import product

import pytest

from serving.pages.templating import STATIC

CSS = (STATIC / "page.css").read_text()
SCHEMES = ("light", "dark")
GROUNDS = ("paper", "panel")
#: WCAG 2.2: 1.4.3 for words, 1.4.11 for what is drawn.
LEAST_OF_WORDS, LEAST_OF_DRAWINGS = 4.5, 3.0


def colours_of(scheme):
    """Return the colours by name; the dark scheme changes those it names."""
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
        for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    )
    return light if scheme == "light" else light | dark


def light_of(colour):
    """Return the relative luminance of a colour."""
    shares = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in shares
    ]
    return sum(factor * each for factor, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    less, more = sorted((light_of(one), light_of(other)))
    return (more + 0.05) / (less + 0.05)


def test_black_on_white_is_the_most_there_is():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_words_are_read_on_every_ground(scheme):
    colours = colours_of(scheme)
    pairs = [*product(("ink", "quiet", "accent", "warn", "good"), GROUNDS)]
    pairs += [("ink", "soft"), ("ink", "warn-soft"), ("warn", "warn-soft"), ("on-accent", "accent")]
    faint = [each for each in pairs if contrast(*map(colours.get, each)) < LEAST_OF_WORDS]
    assert not faint


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_series_of_a_chart_is_seen(scheme):
    colours = colours_of(scheme)
    series = [name for name in colours if name.startswith("series-")]
    assert len(series) == 5
    faint = [
        each for each in series if contrast(colours[each], colours["panel"]) < LEAST_OF_DRAWINGS
    ]
    assert not faint


def test_a_colour_is_named_once():
    """What is written out in a rule stays as it is in the dark."""
    rules = re.sub(r":root \{.*?\}", "", CSS, flags=re.DOTALL)
    assert not re.findall(r"#[0-9a-f]{3,6}\b", rules)
