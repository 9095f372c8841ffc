"""Colours: what stands on a severity's fill can be read, in both themes text can be read on its surface."""

import re
from pathlib import Path

import pytest

TOKENS = (Path(__file__).resolve().parents[3] / "patrol_web" / "styles" / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = TOKENS.split("@media (prefers-color-scheme: dark)")


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


THEMES = {"light": _colours(LIGHT), "dark": _colours(LIGHT) | _colours(DARK)}


@pytest.mark.parametrize("severity", ["low", "normal", "high", "critical"])
def test_a_severity_s_words_can_be_read_on_its_fill(severity: str) -> None:
    colours = THEMES["light"]
    assert _contrast(colours[f"severity-{severity}"], colours[f"severity-{severity}-text"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("text", "page"),
        ("text", "surface"),
        ("text-quiet", "page"),
        ("text-quiet", "surface"),
        ("text-quiet", "surface-sunken"),
        ("accent", "surface"),
        ("accent-text", "accent"),
        ("good", "surface"),
        ("warn-text", "warn-surface"),
        ("alarm-text", "alarm-surface"),
        ("alarm-text", "surface"),
    ],
)
def test_text_can_be_read_on_its_surface(theme: str, text: str, surface: str) -> None:
    colours = THEMES[theme]
    assert _contrast(colours[text], colours[surface]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_the_edge_of_a_control_can_be_seen(theme: str) -> None:
    colours = THEMES[theme]
    assert _contrast(colours["line-strong"], colours["surface"]) >= 3.0


def test_every_colour_that_a_page_uses_is_a_token() -> None:
    live = (Path(__file__).resolve().parents[3] / "patrol_web" / "styles" / "live.css").read_text(encoding="utf-8")
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgba?\(", live)
    own = {"fill", "ink", "pattern"}
    used = set(re.findall(r"var\(--([\w-]+)", live)) - own
    assert used - set(re.findall(r"--([\w-]+):", TOKENS)) == set()
