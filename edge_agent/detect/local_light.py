"""Light that is not the same all over: the shadows of clouds, of houses, the glare of headlights.

Owns ``shaded``. A thing covers some cells of a coarse grid and stands out among their neighbours; light does not.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

_CELL: Final = 16
"""Rows and columns of a cell in the small picture, about."""
_DARKEST: Final = 0.4
_BRIGHTEST: Final = 1.8
_UNIT: Final = 128.0
"""A ratio of 1 in the grid."""


def shaded(small: Plane, expected: Plane) -> Plane:
    """Return what was expected with the picture's own light on it, which changes slowly from place to place.

    Each cell of a coarse grid has the ratio of the picture to what was expected; the median of five by five of them is
    light, since what is smaller than half of that does not count.
    """
    rows, columns = small.shape
    grid = (max(5, round(columns / _CELL)), max(5, round(rows / _CELL)))
    now, before = (cv2.resize(plane, grid, interpolation=cv2.INTER_AREA) for plane in (small, expected))
    ratio = cv2.medianBlur(cv2.divide(now, before, scale=_UNIT), 5)
    light = np.clip(ratio.astype(np.float32) / np.float32(_UNIT), _DARKEST, _BRIGHTEST)
    wide = cv2.resize(light, (columns, rows), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.multiply(expected, wide, dtype=cv2.CV_8U), dtype=np.uint8)
