"""Effects of weather, and of the water it leaves."""

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


def snow(picture: Picture, moment: EffectMoment) -> Picture:
    """Let flakes fall: near ones large and fast, all with the wind."""
    height, width = picture.shape[:2]
    dice = moment.lasting()
    flakes = round(140 * moment.strength)
    near = dice.uniform(0.25, 1.0, flakes) ** 2
    begin = dice.uniform(0.0, 1.0, (flakes, 2))
    swing = dice.uniform(0.0, 2.0 * np.pi, flakes)
    fallen = (begin[:, 1] + moment.into_s * (0.25 + 0.9 * near)) % 1.0
    aside = begin[:, 0] + moment.into_s * 0.22 * near + 0.015 * np.sin(2.0 * moment.into_s + swing)
    for x, y, size in zip(aside % 1.0, fallen, near, strict=True):
        centre = (int(x * width), int((y * 1.1 - 0.05) * height))
        cv2.circle(picture, centre, max(1, round(0.011 * height * size)), (232, 232, 235), -1)
    return picture


def water(picture: Picture, moment: EffectMoment) -> Picture:
    """Let a puddle before the near kerb glitter: ripples and reflections that never rest."""
    height, width = picture.shape[:2]
    dice = moment.lasting()
    left, wide = round(dice.uniform(0.05, 0.45) * width), round(0.45 * width)
    top = round(0.84 * height)
    high = height - top
    rows = np.linspace(-1.0, 1.0, high, dtype=np.float32)[:, None]
    columns = np.linspace(-1.0, 1.0, wide, dtype=np.float32)[None, :]
    wet = np.clip((1.0 - rows**2 - columns**2) * 4.0, 0.0, 1.0)
    time_s = np.float32(moment.into_s)
    ripples = np.sin(columns * 23.0 + 9.0 * rows + 5.1 * time_s) * np.sin(rows * 17.0 - columns * 6.0 + 3.7 * time_s)
    glints = 70.0 * np.maximum(0.0, ripples - 0.55) / 0.45 + 14.0 * ripples
    part = picture[top:, left : left + wide]
    lighter = (np.float32(moment.strength * moment.swell(0.05)) * wet * glints)[:, :, None]
    part[:] = np.clip(part + lighter, 0, 255).astype(np.uint8)
    return picture
