"""Effects of light: what brightens and darkens without anything moving."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from patrol_sim.scene.effect_moment import EffectMoment
from patrol_sim.scene.figure import HORIZON
from patrol_sim.scene.street import Picture

_SWEEP_EVERY_S: Final = 7.0
Floats = npt.NDArray[np.float32]


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


def night(picture: Picture, moment: EffectMoment) -> Picture:
    """Leave a fifth of the light and the pools of three street lamps."""
    height, width = picture.shape[:2]
    dice = moment.lasting()
    lit = np.full((height, width), 0.2, dtype=np.float32)
    for lamp in range(3):
        centre = (width * (lamp + dice.uniform(0.3, 0.7)) / 3, height * dice.uniform(0.62, 0.8))
        lit += np.float32(0.45) * _pool((height, width), centre, (width * 0.11, height * 0.12))
    gone = np.float32(min(1.0, moment.strength)) * np.maximum(np.float32(0.0), 1.0 - lit)
    return _lit(picture, np.asarray(1.0 - gone, dtype=np.float32))


def headlights(picture: Picture, moment: EffectMoment) -> Picture:
    """Let the light of cars that are not in the picture sweep over walls and ground, one every few seconds."""
    height, width = picture.shape[:2]
    turn, into_s = divmod(moment.into_s, _SWEEP_EVERY_S)
    dice = np.random.default_rng((*moment.lasting_seed, int(turn)))
    takes_s = dice.uniform(1.5, 4.0)
    begins_s = dice.uniform(0.0, _SWEEP_EVERY_S - takes_s)
    done = (into_s - begins_s) / takes_s
    if not 0.0 <= done <= 1.0:
        return picture
    along = done if dice.random() < 0.5 else 1.0 - done
    middle = (width * (1.5 * along - 0.25), height * dice.uniform(0.45, 0.6))
    beam = np.zeros((height, width), dtype=np.float32)
    for aside in (-0.05, 0.05):
        beam += _pool((height, width), (middle[0] + aside * width, middle[1]), (width * 0.07, height * 0.1))
    return _lit(picture, 1.0 + np.float32(2.5 * moment.strength) * beam)


def sun_shadow(picture: Picture, moment: EffectMoment) -> Picture:
    """Let the hard shadow of a house wander slowly over the ground; the sun comes and goes with the span."""
    height, width = picture.shape[:2]
    dice = moment.lasting()
    begin, way, slope = dice.uniform(0.2, 0.8), dice.choice((-0.35, 0.35)), dice.uniform(-0.4, 0.4)
    ground = round(HORIZON * height)
    rows = np.arange(height - ground, dtype=np.float32)[:, None]
    edge = np.float32((begin + way * moment.over) * width) + np.float32(slope) * rows
    columns = np.arange(width, dtype=np.float32)[None, :]
    shaded = np.clip((edge - columns) / 2.0 + 0.5, 0.0, 1.0)
    picture[ground:] = _lit(picture[ground:], 1.0 - np.float32(0.45 * moment.strength * moment.swell(0.1)) * shaded)
    return picture


def _pool(shape: tuple[int, int], centre: tuple[float, float], size: tuple[float, float]) -> Floats:
    """Return a soft round pool of light, 1 in its middle."""
    across = np.exp(-(((np.arange(shape[1], dtype=np.float32) - centre[0]) / size[0]) ** 2))
    upright = np.exp(-(((np.arange(shape[0], dtype=np.float32) - centre[1]) / size[1]) ** 2))
    return np.asarray(upright[:, None] * across[None, :], dtype=np.float32)


def _lit(picture: Picture, light: Floats) -> Picture:
    return np.asarray(np.minimum(picture * np.maximum(light, 0.0)[:, :, None], 255.0), dtype=np.uint8)


def scaled(picture: Picture, gain: float, offset: float) -> Picture:
    """Return ``picture * gain + offset``, clipped to 0-255."""
    return cv2.convertScaleAbs(picture, alpha=gain, beta=offset)  # type: ignore[return-value]  # cv2 types every array as the widest
