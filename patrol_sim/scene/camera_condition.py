"""Effects that are conditions of the camera itself: what camera health is to notice, and its sensor's noise."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from patrol_sim.scene.effect_moment import EffectMoment
from patrol_sim.scene.light import scaled
from patrol_sim.scene.street import Picture

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
