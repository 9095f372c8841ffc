"""What the edge of a piece that differs tells of it: a thing, a thing that has gone, or soft light. Owns Outlines."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

_RATIO: Final = 100.0
_SOFT: Final = 0.08
"""The ratio of picture to background changes by less over three pixels, noise included, where light is soft."""
_PLAIN: Final = 4.0
"""Grey levels of deviation below which there is no structure: noise, and the slope of a soft shadow."""
_SAME: Final = 0.9
"""Correlation from which on it is the same ground; people before a street of paving and kerbs reach 0.7."""
_MAY_BE_SAME: Final = 0.5
_BRIGHTER: Final = 2.0
"""Light makes edges so many times as strong at most."""
_KERNEL: Final = np.ones((3, 3), dtype=np.uint8)
_RING: Final = np.ones((5, 5), dtype=np.uint8)


class Outlines:
    """A window of a picture and the same window of its background, both smoothed, for the pieces that lie in it."""

    def __init__(self, now: Plane, before: Plane) -> None:
        self._now, self._before = now, before
        self._edges_now, self._edges_before = _edges(now), _edges(before)
        self._ring: tuple[Plane, Plane] | None = None
        """The last piece and its ring: the same piece is asked about more than once."""

    def is_ghost(self, piece: Plane, *, surer: float = 1.0) -> bool:
        """Whether the thing that made the piece has gone: its outline lies in the background, not in the picture.

        It must be ``surer`` times as strong there, for its brightness: in a shadow every edge is weaker. So a car that
        drives off its place, or that stood in the first picture, leaves nothing behind.
        """
        ring = self._ring_of(piece)
        now, before = cv2.mean(self._edges_now, mask=ring)[0], cv2.mean(self._edges_before, mask=ring)[0]
        if surer * now >= _BRIGHTER * before:
            return False
        level_now, level_before = cv2.mean(self._now, mask=ring)[0], cv2.mean(self._before, mask=ring)[0]
        return surer * now * level_before < before * max(level_now, 1.0)

    def is_light(self, piece: Plane, moving: Plane) -> bool:
        """Whether a piece is the same ground in another light; ``moving`` is that part of it that changes now.

        What changes has the structure that the ground has there; or it has none, and the piece has no outline: across
        its edge the picture keeps its ratio to the background, as at the edge of a cloud's shadow. A thing ends within
        a pixel or two, and has a structure of its own.
        """
        alike = self._alike(moving)
        if alike is not None:
            return alike >= _SAME or (alike >= _MAY_BE_SAME and self._is_soft(piece))
        return self._is_soft(piece)

    def _ring_of(self, piece: Plane) -> Plane:
        if self._ring is None or self._ring[0] is not piece:
            self._ring = piece, np.asarray(cv2.morphologyEx(piece, cv2.MORPH_GRADIENT, _RING), dtype=np.uint8)
        return self._ring[1]

    def _is_soft(self, piece: Plane) -> bool:
        ring = self._ring_of(piece)
        ratio = cv2.divide(self._now, self._before, scale=_RATIO)
        return cv2.mean(_edges(np.asarray(ratio, dtype=np.uint8)), mask=ring)[0] < _SOFT * _RATIO

    def _alike(self, which: Plane) -> float | None:
        """Return how picture and background correlate; None when the picture shows no structure to be compared."""
        (now,), (spread_now,) = (values.ravel().tolist() for values in cv2.meanStdDev(self._now, mask=which))
        if spread_now < _PLAIN:
            return None
        (before,), (spread_before,) = (values.ravel().tolist() for values in cv2.meanStdDev(self._before, mask=which))
        if spread_before < 1.0:
            return 0.0
        together = cv2.mean(cv2.multiply(self._now, self._before, dtype=cv2.CV_32F), mask=which)[0]
        return float((together - now * before) / (spread_now * spread_before))


def _edges(part: Plane) -> Plane:
    """Return by how much a part's values differ within each pixel's surroundings."""
    return np.asarray(cv2.morphologyEx(part, cv2.MORPH_GRADIENT, _KERNEL), dtype=np.uint8)
