"""Every pair of colours that the pieces put on each other can be read, in both themes (WCAG 1.4.3, 1.4.11)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import static
from tests.web.pages import tokens

CSS = (Path(static.__file__).parent / "app.css").read_text("utf-8")
TOKENS = tokens(CSS)
MEANINGS = ("accent", "civic", "good", "wait", "warn", "bad")

TEXT = [
    *((ink, ground) for ink in ("ink", "soft") for ground in ("ground", "paper", "sunken")),
    *((meaning, "paper") for meaning in MEANINGS),
    *((meaning, f"{meaning}-tint") for meaning in MEANINGS),
    *(("ink", f"{meaning}-tint") for meaning in MEANINGS),
    ("on-accent", "accent"),
    ("on-accent", "civic"),
    ("paper", "ink"),  # toasts, the chosen filter
    ("soft", "accent-tint"),  # the time in one's own bubble
    ("bad", "accent-tint"),  # what was not sent, in one's own bubble
    ("soft", "warn-tint"),  # the comment that the address points to
]
SHAPES = [
    *((meaning, "ground") for meaning in MEANINGS),
    ("edge", "paper"),
    ("edge", "ground"),
    ("edge", "sunken"),
    ("civic", "accent-tint"),  # the ticks of a message that was seen
    ("civic", "sunken"),
]


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT)
def test_text_has_a_contrast_of_four_and_a_half(theme: str, front: str, back: str) -> None:
    assert contrast(TOKENS[theme][front], TOKENS[theme][back]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), SHAPES)
def test_icons_and_edges_have_a_contrast_of_three(theme: str, front: str, back: str) -> None:
    assert contrast(TOKENS[theme][front], TOKENS[theme][back]) >= 3


def test_the_chosen_dark_theme_is_the_device_s_dark_theme() -> None:
    assert TOKENS["chosen"] == TOKENS["dark"]


def test_both_themes_define_the_same_colours() -> None:
    assert set(TOKENS["dark"]) == set(TOKENS["light"])


def test_no_colour_is_written_outside_the_tokens() -> None:
    pieces = CSS.split("/* The page */")[1]
    colours = set(re.findall(r"[: ](#[0-9A-Fa-f]{3,8})\b", pieces))
    assert colours == {"#0009"}  # the veil behind a dialog
