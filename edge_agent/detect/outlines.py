"""What the edge of a piece that differs tells of it: a thing, a thing that has gone, or soft light. Owns Outlines."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

_RATIO: Final = 100.0
_SOFT: Final = 0.08
"""The ratio of picture to background changes by less over three pixels, noise included, where light is soft."""
_KERNEL: Final = np.ones((3, 3), dtype=np.uint8)
_RING: Final = np.ones((5, 5), dtype=np.uint8)


class Outlines:
    """A window of a picture and the same window of its background, both smoothed, for the pieces that lie in it."""

    def __init__(self, now: Plane, before: Plane) -> None:
        self._now, self._before = now, before
        self._edges_now, self._edges_before = _edges(now), _edges(before)

    def is_ghost(self, piece: Plane, *, surer: float = 1.0) -> bool:
        """Whether the thing that made the piece has gone: its outline lies in the background, not in the picture.

        It must be ``surer`` times as strong there. So a car that drives off its place, or that stood in the first
        picture, leaves nothing behind.
        """
        ring = cv2.morphologyEx(piece, cv2.MORPH_GRADIENT, _RING)
        return surer * cv2.mean(self._edges_now, mask=ring)[0] < cv2.mean(self._edges_before, mask=ring)[0]

    def is_soft(self, piece: Plane) -> bool:
        """Whether the piece has no outline of its own: across its edge the picture keeps its ratio to the background.

        So does the edge of a cloud's shadow, whatever the ground; a thing ends within a pixel or two.
        """
        ring = cv2.morphologyEx(piece, cv2.MORPH_GRADIENT, _RING)
        ratio = cv2.divide(self._now, self._before, scale=_RATIO)
        return cv2.mean(_edges(np.asarray(ratio, dtype=np.uint8)), mask=ring)[0] < _SOFT * _RATIO


def _edges(part: Plane) -> Plane:
    """Return by how much a part's values differ within each pixel's surroundings."""
    return np.asarray(cv2.morphologyEx(part, cv2.MORPH_GRADIENT, _KERNEL), dtype=np.uint8)
