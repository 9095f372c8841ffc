"""A truck that stops before the camera: it fills the picture for some seconds, and no one has covered the lens."""

from typing import Final

import cv2
import numpy as np

from patrol_sim.scene.effect_moment import EffectMoment
from patrol_sim.scene.street import Picture

_ROLLING_S: Final = 2.0
_COLOURS: Final = ((190, 192, 196), (60, 90, 170), (150, 90, 40), (70, 130, 80))


def truck(picture: Picture, moment: EffectMoment) -> Picture:
    """Drive a truck's side before the camera, let it stand until shortly before the span's end, and drive it away."""
    height, width = picture.shape[:2]
    rolling_s = min(_ROLLING_S, moment.for_s / 4)
    coming = max(0.0, 1.0 - moment.into_s / rolling_s)
    going = max(0.0, 1.0 - (moment.for_s - moment.into_s) / rolling_s)
    shift = round((going - coming) * 1.25 * width)
    left, right = shift - round(0.06 * width), shift + round(1.06 * width)
    if right <= 0 or left >= width:
        return picture
    top, bottom = round(0.03 * height), round(0.93 * height)
    dice = moment.lasting()
    colour = _COLOURS[int(dice.integers(len(_COLOURS)))]
    cv2.rectangle(picture, (left, top), (right, bottom), colour, -1)
    dark = [level * 3 // 4 for level in colour]
    rib = max(4, width // 14)
    for across in range(left + rib, right, rib):
        cv2.line(picture, (across, top), (across, bottom), dark, max(1, width // 200))
    cv2.rectangle(picture, (left, top), (right, top + max(2, height // 24)), dark, -1)
    centre, size = ((left + right) // 2, (top + bottom) // 2), (round(width * 0.22), round(height * 0.13))
    cv2.ellipse(picture, centre, size, 0, 0, 360, (235, 235, 238), -1)
    cv2.ellipse(picture, centre, (size[0] * 2 // 3, size[1] * 2 // 3), 0, 0, 360, (50, 40, 150), -1)
    cv2.rectangle(picture, (left, bottom), (right, height), (38, 38, 40), -1)
    for wheel in (left + round(0.22 * width), right - round(0.3 * width)):
        cv2.circle(picture, (wheel, height), round(0.11 * height), (18, 18, 18), -1)
    dirt = dice.normal(0.0, 5.0, (max(2, height // 24), max(2, width // 24), 1)).astype(np.float32)
    smear = np.asarray(cv2.resize(dirt, (width, height), interpolation=cv2.INTER_LINEAR))
    part = (slice(top, bottom), slice(max(0, left), min(width, right)))
    # The dirt belongs to the truck, so it moves with it.
    moved = np.roll(smear, shift, axis=1)[part][:, :, None]
    picture[part] = np.clip(picture[part] + moved, 0, 255).astype(np.uint8)
    return picture
