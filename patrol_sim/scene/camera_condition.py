"""Effects that are conditions of the camera itself: what camera health is to notice, and its sensor's noise."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from patrol_sim.scene.effect_moment import EffectMoment
from patrol_sim.scene.light import scaled
from patrol_sim.scene.street import Picture

_INSECT_EVERY_S: Final = 3.0
_BLACK_LEVEL: Final = 3.0
_CELLS: Final = 24
"""Rows of the small field from which a cover is made: its edges are as soft as what is close to a lens."""
_COVERS: Final = ((38, 48, 74), (22, 22, 24), (96, 100, 104), (60, 120, 190), (168, 172, 176))
"""Skin, a dark cloth, a grey bag, paint, a web."""


def gain_noise(picture: Picture, moment: EffectMoment) -> Picture:
    """Add the noise of a sensor at night."""
    grain = moment.fresh.normal(0.0, 12.0 * moment.strength, picture.shape[:2]).astype(np.float32)
    noisy: Picture = np.clip(picture.astype(np.float32) + grain[:, :, None], 0, 255).astype(np.uint8)
    return noisy


def black(picture: Picture, moment: EffectMoment) -> Picture:
    """Put the cap on the lens: at strength 1 a hundredth of the light is left."""
    left = max(0.01, 1.0 - moment.strength)
    return scaled(picture, left, _BLACK_LEVEL * (1.0 - left))


def covered(picture: Picture, moment: EffectMoment) -> Picture:
    """Put a hand, paint or a web before the lens; ``strength`` is the share of the picture behind it (0.6 to 1)."""
    height, width = picture.shape[:2]
    dice = moment.lasting()
    colour = np.array(_COVERS[int(dice.integers(len(_COVERS)))], dtype=np.float32)
    shade = cv2.resize(dice.normal(0.0, 4.0, (3, 4)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    there = cv2.resize(_cover(dice, moment.strength), (width, height), interpolation=cv2.INTER_CUBIC)
    opaque = np.clip(np.asarray(there, dtype=np.float32), 0.0, 1.0)[:, :, None]
    mixed = picture * (1.0 - opaque) + (colour + np.asarray(shade)[:, :, None]) * opaque
    hidden: Picture = np.clip(mixed, 0, 255).astype(np.uint8)
    return hidden


def _cover(dice: np.random.Generator, share: float) -> npt.NDArray[np.float32]:
    """Return a small field, 1 where something is before the lens, on ``share`` of the picture, from one side on."""
    rows, columns = np.mgrid[0:_CELLS, 0 : _CELLS * 4 // 3] / _CELLS
    angle = dice.uniform(0.0, 2.0 * np.pi)
    uneven = cv2.resize(dice.normal(0.0, 0.25, (4, 5)), rows.shape[::-1], interpolation=cv2.INTER_CUBIC)
    order = np.asarray(rows * np.sin(angle) + columns * np.cos(angle) + uneven)
    if share <= 0.0:
        return np.zeros(order.shape, dtype=np.float32)
    reach = np.quantile(order, min(1.0, share))
    return np.asarray(cv2.blur((order <= reach).astype(np.float32), (3, 3)), dtype=np.float32)


def defocused(picture: Picture, moment: EffectMoment) -> Picture:
    """Blur as a lens out of focus: the standard deviation is 1.2 % of the height at strength 1."""
    sigma = 0.012 * picture.shape[0] * moment.strength
    if sigma < 0.2:
        return picture
    return cv2.GaussianBlur(picture, (0, 0), sigma)  # type: ignore[return-value]  # cv2 types every array as the widest


def moved(picture: Picture, moment: EffectMoment) -> Picture:
    """Turn the camera: a quarter of the width to one side, a little up or down, and by 3 degrees at strength 1.

    What comes into view is the street mirrored at its edge. Boxes of the truth stay where they were.
    """
    height, width = picture.shape[:2]
    dice = moment.lasting()
    sideways, upright, turned = (dice.choice((-1.0, 1.0)) * moment.strength for _ in range(3))
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 3.0 * turned, 1.0)
    matrix[:, 2] += (0.25 * width * sideways, 0.06 * height * upright)
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REFLECT_101)  # type: ignore[return-value]  # cv2 types every array as the widest


def shake(picture: Picture, moment: EffectMoment) -> Picture:
    """Let the mast tremble in the wind: up to 0.5 % of the width to and fro, a little up and down, in gusts."""
    height, width = picture.shape[:2]
    time_s = moment.into_s
    phases = moment.lasting().uniform(0.0, 2.0 * np.pi, 4)
    gust = 0.5 + 0.5 * np.sin(0.9 * time_s + phases[0])
    sideways = np.sin(2.0 * np.pi * 1.7 * time_s + phases[1]) + 0.5 * np.sin(2.0 * np.pi * 3.9 * time_s + phases[2])
    upright = np.sin(2.0 * np.pi * 2.3 * time_s + phases[3])
    reach = 0.0033 * width * moment.strength * gust
    matrix = np.array([[1.0, 0.0, reach * sideways], [0.0, 1.0, 0.4 * reach * upright]])
    return cv2.warpAffine(picture, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]  # cv2 types every array as the widest


def insects(picture: Picture, moment: EffectMoment) -> Picture:
    """Let insects fly past close to the lens: large, blurred, there for a fraction of a second; some 20 a minute."""
    height, width = picture.shape[:2]
    turn, into_s = divmod(moment.into_s, _INSECT_EVERY_S)
    dice = np.random.default_rng((*moment.lasting_seed, int(turn)))
    flies_s = dice.uniform(0.25, 1.1)
    done = (into_s - dice.uniform(0.0, _INSECT_EVERY_S - flies_s)) / flies_s
    begin, end = dice.uniform(-0.1, 1.1, 2), dice.uniform(-0.1, 1.1, 2)
    size, bright = dice.uniform(0.03, 0.09), dice.random() < 0.5  # bright in the light of an infrared lamp
    if not 0.0 <= done <= 1.0:
        return picture
    place = begin + (end - begin) * done + 0.03 * np.sin(9.0 * done + np.array([0.0, 1.5]))
    across = (np.arange(width, dtype=np.float32) / width - np.float32(place[0])) * np.float32(width / height)
    upright = np.arange(height, dtype=np.float32) / height - np.float32(place[1])
    away = (across[None, :] ** 2 + 2.0 * upright[:, None] ** 2) / np.float32(size**2)
    near = np.minimum(1.0, 1.4 * np.exp(-away))[:, :, None] * np.float32(min(1.0, 0.8 * moment.strength))
    return np.asarray(picture * (1.0 - near) + np.float32(215.0 if bright else 35.0) * near, dtype=np.uint8)
