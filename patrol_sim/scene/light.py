"""Effects of light: what brightens and darkens without anything moving."""

import cv2
import numpy as np

from patrol_sim.scene.effect_moment import EffectMoment
from patrol_sim.scene.street import Picture


def lightning(picture: Picture, moment: EffectMoment) -> Picture:
    """Flash the whole picture, twice, dying away."""
    over = moment.over
    flash = max(0.0, 1.0 - over * 1.6) if over < 0.5 else max(0.0, 1.0 - (over - 0.5) * 2.0) * 0.6
    return scaled(picture, 1.0 + 0.5 * flash * moment.strength, 70.0 * flash * moment.strength)


def exposure_jump(picture: Picture, moment: EffectMoment) -> Picture:
    """Darken everything in one step and recover slowly, as auto exposure does after a bright object."""
    gain = 1.0 - 0.4 * moment.strength * (1.0 - moment.over)
    return scaled(picture, max(0.05, gain), 0.0)


def cloud_shadow(picture: Picture, moment: EffectMoment) -> Picture:
    """Let a soft shadow pass from left to right."""
    width = picture.shape[1]
    across = (np.arange(width, dtype=np.float32) / width - (moment.over * 1.8 - 0.4)) / 0.25
    shade = 1.0 - 0.45 * moment.strength * np.exp(-(across**2))
    shaded: Picture = np.clip(picture * shade[None, :, None], 0, 255).astype(np.uint8)
    return shaded


def dusk(picture: Picture, moment: EffectMoment) -> Picture:
    """Let it grow dark until the middle of the span and light again: dim, and still to be seen."""
    gain = 1.0 - 0.75 * min(1.2, moment.strength) * moment.swell(0.5)
    return scaled(picture, gain, 0.0)


def scaled(picture: Picture, gain: float, offset: float) -> Picture:
    """Return ``picture * gain + offset``, clipped to 0-255."""
    return cv2.convertScaleAbs(picture, alpha=gain, beta=offset)  # type: ignore[return-value]  # cv2 types every array as the widest
