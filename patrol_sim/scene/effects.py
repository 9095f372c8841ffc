"""What disturbs a picture beside what moves: one small function per effect, found by its name in EFFECTS.

An effect gets the picture, how much of its span is over (0-1), its strength and a generator seeded for this picture,
and returns the picture to use. To add one, write the function and enter it in the table.
"""

from collections.abc import Callable, Mapping
from typing import Final

import cv2
import numpy as np

from patrol_sim.errors import SourceError
from patrol_sim.scene.settings import EffectSpan
from patrol_sim.scene.street import Picture

Effect = Callable[[Picture, float, float, np.random.Generator], Picture]


def lightning(picture: Picture, over: float, strength: float, generator: np.random.Generator) -> Picture:
    """Flash the whole picture, twice, dying away."""
    flash = max(0.0, 1.0 - over * 1.6) if over < 0.5 else max(0.0, 1.0 - (over - 0.5) * 2.0) * 0.6
    return cv2.convertScaleAbs(picture, alpha=1.0 + 0.5 * flash * strength, beta=70.0 * flash * strength)  # type: ignore[return-value]  # cv2 types every array as the widest


def exposure_jump(picture: Picture, over: float, strength: float, generator: np.random.Generator) -> Picture:
    """Darken everything in one step and recover slowly, as auto exposure does after a bright object."""
    gain = 1.0 - 0.4 * strength * (1.0 - over)
    return cv2.convertScaleAbs(picture, alpha=max(0.05, gain), beta=0.0)  # type: ignore[return-value]  # as above


def gain_noise(picture: Picture, over: float, strength: float, generator: np.random.Generator) -> Picture:
    """Add the noise of a sensor at night."""
    grain = generator.normal(0.0, 12.0 * strength, picture.shape[:2]).astype(np.float32)
    noisy: Picture = np.clip(picture.astype(np.float32) + grain[:, :, None], 0, 255).astype(np.uint8)
    return noisy


def rain(picture: Picture, over: float, strength: float, generator: np.random.Generator) -> Picture:
    """Draw streaks that are elsewhere in every picture."""
    height, width = picture.shape[:2]
    wet = picture.copy()
    length = max(3, height // 18)
    for _ in range(round(width * height / 600 * strength)):
        left, top = int(generator.integers(0, width)), int(generator.integers(-length, height))
        cv2.line(wet, (left, top), (left + length // 5, top + length), (188, 190, 192), 1)
    return wet


def cloud_shadow(picture: Picture, over: float, strength: float, generator: np.random.Generator) -> Picture:
    """Let a soft shadow pass from left to right."""
    width = picture.shape[1]
    across = (np.arange(width, dtype=np.float32) / width - (over * 1.8 - 0.4)) / 0.25
    shade = 1.0 - 0.45 * strength * np.exp(-(across**2))
    shaded: Picture = np.clip(picture * shade[None, :, None], 0, 255).astype(np.uint8)
    return shaded


EFFECTS: Final[Mapping[str, Effect]] = {
    "lightning": lightning,
    "exposure_jump": exposure_jump,
    "gain_noise": gain_noise,
    "rain": rain,
    "cloud_shadow": cloud_shadow,
}


def apply_effects(
    picture: Picture, spans: tuple[EffectSpan, ...], time_s: float, generator: np.random.Generator
) -> Picture:
    """Return the picture with every effect whose span holds ``time_s``."""
    for span in spans:
        if span.at_s <= time_s < span.at_s + span.for_s:
            over = (time_s - span.at_s) / span.for_s
            picture = EFFECTS[span.name](picture, over, span.strength, generator)
    return picture


def check_effects(spans: tuple[EffectSpan, ...]) -> None:
    """Raise SourceError for an effect that does not exist or has no duration."""
    for span in spans:
        if span.name not in EFFECTS:
            raise SourceError(f"scene effect {span.name!r}: there are {', '.join(EFFECTS)}")
        if span.for_s <= 0 or span.at_s < 0:
            raise SourceError(f"scene effect {span.name}: at_s must not be negative and for_s must be above 0")
