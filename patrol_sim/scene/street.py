"""The still part of the picture: a textured street. Drawn once per scene."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from patrol_sim.scene.figure import HORIZON
from patrol_sim.scene.settings import SceneSettings

_BANDS: Final = (
    (0.0, HORIZON, (128, 134, 142)),  # behind the facades
    (HORIZON, 0.60, (146, 148, 150)),  # far pavement
    (0.60, 0.86, (92, 92, 94)),  # road
    (0.86, 1.0, (150, 152, 156)),  # near pavement
)
Picture = npt.NDArray[np.uint8]


def draw_street(settings: SceneSettings) -> Picture:
    """Return the empty street, (height, width, 3) in BGR: facades, pavements, a road with marks, all with grain."""
    width, height = settings.width, settings.height
    generator = np.random.default_rng(settings.seed)
    street = np.empty((height, width, 3), np.uint8)
    for top, bottom, colour in _BANDS:
        street[round(top * height) : round(bottom * height)] = colour
    _draw_facades(street, generator)
    dash = max(4, width // 14)
    for left in range(0, width, dash * 2):
        top = round(0.745 * height)
        cv2.rectangle(street, (left, top), (left + dash, top + max(1, height // 120)), (205, 208, 210), -1)
    for level in (0.60, 0.86):
        cv2.line(
            street, (0, round(level * height)), (width, round(level * height)), (178, 180, 182), max(1, height // 200)
        )
    coarse = generator.normal(0.0, 9.0, (max(2, height // 8), max(2, width // 8))).astype(np.float32)
    grain = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    grain += generator.normal(0.0, 4.0, (height, width)).astype(np.float32)
    textured: Picture = np.clip(street.astype(np.float32) + grain[:, :, None], 0, 255).astype(np.uint8)
    return textured


def _draw_facades(street: Picture, generator: np.random.Generator) -> None:
    height, width = street.shape[:2]
    bottom = round(HORIZON * height)
    left = 0
    while left < width:
        right = min(width, left + int(generator.integers(width // 8 + 1, width // 4 + 2)))
        wall = [int(level) for level in generator.integers(95, 175, 3)]
        cv2.rectangle(street, (left, 0), (right, bottom), wall, -1)
        pane = max(3, width // 32)
        glass = [level // 2 for level in wall]
        for window_left in range(left + pane, right - pane, pane * 2):
            for window_top in range(pane, bottom - pane, pane * 2):
                corner = (window_left + pane - 1, window_top + pane)
                cv2.rectangle(street, (window_left, window_top), corner, glass, -1)
        left = right
