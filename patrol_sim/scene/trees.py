"""Trees along the street: they stand, sway in the wind and, when the sun is out, move their shadows with them.

Owns Trees. Each tree is drawn once, leaf by leaf; wind bends that drawing by a field of displacements.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from patrol_sim.scene.settings import EffectSpan, SceneSettings
from patrol_sim.scene.street import Picture

WIND: Final = "wind"
_SEED: Final = 7_000
_LEAVES: Final = 220
_SWAY: Final = 0.05
"""How far the top of a tree goes at wind 1, in shares of its height: some 30 cm of six metres."""
_FLUTTER: Final = 0.012
_SHADOW: Final = 0.45
"""Share of the light that a shadow takes in full sun."""
_CALM_S: Final = 1.0
"""Wind rises and falls within so long, so that no leaf jumps."""
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """Something flat that the wind bends: where it lies in the picture, how far each pixel gives way, and its phase."""

    left: int
    top: int
    opaque: Floats
    """0-1, (height, width)."""
    colour: Floats | None
    """BGR; None for a shadow, which only darkens."""
    gives: Floats
    """Pixels sideways at wind 1 for a gust of 1."""
    flutters: Floats
    """Pixels at wind 1; wood does not flutter."""
    phase: Floats


class Trees:
    """The trees of one scene."""

    def __init__(self, settings: SceneSettings) -> None:
        self._spans = tuple(span for span in settings.effects if span.name == WIND)
        self._sheets: list[_Sheet] = []
        self._gust_phases = np.random.default_rng((settings.seed, _SEED)).uniform(0.0, 2.0 * np.pi, 3)
        for number in range(settings.trees):
            self._sheets.extend(_plant(settings, number))

    def draw(self, picture: Picture, time_s: float) -> None:
        """Draw every tree as it is at a time of the loop."""
        wind = wind_at(self._spans, time_s)
        gust = self._gust(time_s)
        for sheet in self._sheets:
            _draw(picture, sheet, wind=wind, gust=gust, time_s=time_s)

    def _gust(self, time_s: float) -> float:
        """Return how far things are bent now, about 0 to 1.3: gusts that come and go, and the swing in them."""
        slow, quick, swing = (float(phase) for phase in self._gust_phases)
        blows = 0.55 + 0.35 * math.sin(time_s / 13.0 * 2 * math.pi + slow) + 0.25 * math.sin(time_s * 1.34 + quick)
        return max(0.0, blows) * (0.45 + 0.55 * math.sin(2 * math.pi * 0.37 * time_s + swing))


def wind_at(spans: Sequence[EffectSpan], time_s: float) -> float:
    """Return the strength of the wind; it rises from nothing and dies away, whatever the spans say."""
    wind = 0.0
    for span in spans:
        into_s = time_s - span.at_s
        if 0.0 <= into_s < span.for_s:
            wind += span.strength * span.ramped(into_s) * min(1.0, into_s / _CALM_S, (span.for_s - into_s) / _CALM_S)
    return wind


def _draw(picture: Picture, sheet: _Sheet, *, wind: float, gust: float, time_s: float) -> None:
    height, width = sheet.opaque.shape
    opaque, colour = sheet.opaque, sheet.colour
    if wind > 0.0:
        beat = 2 * math.pi * 2.1 * time_s
        aside = sheet.gives * np.float32(wind * gust)
        aside += sheet.flutters * np.float32(wind) * np.sin(sheet.phase + np.float32(beat))
        columns = np.arange(width, dtype=np.float32)[None, :] - aside
        rows = np.arange(height, dtype=np.float32)[:, None] + aside * np.float32(0.3)
        opaque = np.asarray(cv2.remap(opaque, columns, rows, cv2.INTER_LINEAR), dtype=np.float32)
        if colour is not None:
            colour = np.asarray(
                cv2.remap(colour, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), dtype=np.float32
            )
    part = picture[max(0, sheet.top) : sheet.top + height, max(0, sheet.left) : sheet.left + width]
    inside = (
        slice(max(0, -sheet.top), max(0, -sheet.top) + part.shape[0]),
        slice(max(0, -sheet.left), max(0, -sheet.left) + part.shape[1]),
    )
    left_through = 1.0 - opaque[inside][:, :, None]
    if colour is None:
        part[:] = (part * left_through).astype(np.uint8)
    else:
        part[:] = (part * left_through + colour[inside] * (1.0 - left_through)).astype(np.uint8)


def _plant(settings: SceneSettings, number: int) -> list[_Sheet]:
    """Return the shadow and the crown of one tree, far ones on the far pavement, every third one near the camera."""
    dice = np.random.default_rng((settings.seed, _SEED + 1 + number))
    near = number % 3 == 2
    foot = 0.99 if near else float(dice.uniform(0.57, 0.6))
    tall = float(dice.uniform(0.62, 0.72) if near else dice.uniform(0.36, 0.46))
    aside = (0.04, 0.93)[number // 3 % 2] if near else (0.15 + 0.7 * ((number * 0.618) % 1.0))
    middle = aside + float(dice.uniform(-0.03, 0.03))
    wide, high = settings.width, settings.height
    tall_px = round(tall * high)
    width_px = round(tall_px * 0.75)
    crown, colour = _crown(dice, tall_px, width_px)
    left, top = round(middle * wide) - width_px // 2, round(foot * high) - tall_px
    rise = np.linspace(1.0, 0.0, tall_px, dtype=np.float32)[:, None]
    phase = _phase(dice, (tall_px, width_px))
    gives = np.broadcast_to(np.float32(_SWAY * tall_px) * rise**2, (tall_px, width_px))
    flutters = np.broadcast_to(np.float32(_FLUTTER * tall_px) * np.minimum(1.0, 2.0 * rise), (tall_px, width_px))
    tree = _Sheet(left=left, top=top, opaque=crown, colour=colour, gives=gives, flutters=flutters, phase=phase)
    if settings.sun <= 0.0:
        return [tree]
    flat_px = max(4, tall_px // 3)
    shade = np.asarray(cv2.resize(crown[::-1], (width_px, flat_px), interpolation=cv2.INTER_AREA), dtype=np.float32)
    shadow = _Sheet(
        left=left + round(0.25 * tall_px),  # the sun stands to the left of the camera
        top=round(foot * high) - flat_px // 4,
        opaque=np.float32(_SHADOW * settings.sun) * shade,
        colour=None,
        gives=np.asarray(cv2.resize(gives[::-1], (width_px, flat_px)), dtype=np.float32),
        flutters=np.asarray(cv2.resize(flutters[::-1], (width_px, flat_px)), dtype=np.float32),
        phase=_phase(dice, (flat_px, width_px)),
    )
    return [shadow, tree]


def _phase(dice: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Return a field of phases: leaves near each other flutter together."""
    coarse = dice.uniform(0.0, 4.0 * np.pi, (max(2, shape[0] // 12), max(2, shape[1] // 12))).astype(np.float32)
    return np.asarray(cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def _crown(dice: np.random.Generator, tall: int, wide: int) -> tuple[Floats, Floats]:
    """Return how opaque a tree is, and its colours: a trunk, and leaves with sky between them."""
    opaque = np.zeros((tall, wide), np.uint8)
    colour = np.zeros((tall, wide, 3), np.uint8)
    colour[:] = (45, 80, 55)
    trunk = max(2, wide // 12)
    cv2.line(opaque, (wide // 2, tall - 1), (wide // 2, tall // 2), 255, trunk)
    cv2.line(colour, (wide // 2, tall - 1), (wide // 2, tall // 2), (40, 52, 66), trunk)
    for _ in range(_LEAVES):
        angle, reach = dice.uniform(0.0, 2.0 * np.pi), math.sqrt(dice.uniform(0.0, 1.0))
        x = round(wide / 2 + 0.38 * wide * reach * math.cos(angle))
        y = round(tall * 0.36 + 0.30 * tall * reach * math.sin(angle))
        size = max(1, round(wide * dice.uniform(0.025, 0.06)))
        light = dice.uniform(0.45, 1.5)
        green = tuple(float(level * light) for level in (48, 92, 62))
        cv2.ellipse(opaque, (x, y), (size, max(1, size * 2 // 3)), math.degrees(angle), 0, 360, 255, -1)
        cv2.ellipse(colour, (x, y), (size, max(1, size * 2 // 3)), math.degrees(angle), 0, 360, green, -1)
    soft = cv2.GaussianBlur(opaque, (3, 3), 0).astype(np.float32) / np.float32(255.0)
    return np.asarray(soft, dtype=np.float32), colour.astype(np.float32)
