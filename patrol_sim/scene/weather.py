"""Effects of weather."""

import cv2
import numpy as np

from patrol_sim.scene.effect_moment import EffectMoment
from patrol_sim.scene.street import Picture


def rain(picture: Picture, moment: EffectMoment) -> Picture:
    """Draw streaks that are elsewhere in every picture."""
    height, width = picture.shape[:2]
    wet = picture.copy()
    length = max(3, height // 18)
    for _ in range(round(width * height / 600 * moment.strength)):
        left, top = int(moment.fresh.integers(0, width)), int(moment.fresh.integers(-length, height))
        cv2.line(wet, (left, top), (left + length // 5, top + length), (188, 190, 192), 1)
    return wet


def fog(picture: Picture, moment: EffectMoment) -> Picture:
    """Let fog come, drift in banks and go: what is far fades more than what is near."""
    height, width = picture.shape[:2]
    dice = moment.lasting()
    rows = np.linspace(1.0, 0.55, height, dtype=np.float32)[:, None]
    across = np.linspace(0.0, 2.0 * np.pi, width, dtype=np.float32)[None, :]
    drift = 0.15 * moment.into_s
    banks = 0.5 + 0.5 * np.sin(across * dice.uniform(0.7, 1.6) + dice.uniform(0.0, 6.0) + drift)
    weight = np.clip(0.8 * moment.strength * moment.swell(0.25) * rows * (0.85 + 0.15 * banks), 0.0, 0.97)
    thick = (weight * np.float32(198.0))[:, :, None] + picture * (1.0 - weight)[:, :, None]
    faded: Picture = thick.astype(np.uint8)
    return faded
