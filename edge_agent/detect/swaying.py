"""Where the background itself moves: trees in the wind. Owns Swaying.

A leaf that moves shows in its new place what the background shows a little beside it, and it keeps moving. So a place
is restless where the picture keeps changing within the range of its own surroundings, and a thing in a restless place
is one that shows something else than that range. (Elgammal, Harwood and Davis, "Non-parametric model for background
subtraction", ECCV 2000, look for displaced background in the same way, pixel by pixel.)
"""

import math
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

_REACH: Final = (2, 12)
"""Rows and columns of the small picture that the background may move by, up or down and to either side: the top of a
near tree in a storm goes so far."""
_MARGIN: Final = 7.0
"""Grey levels beyond that range which are noise."""
_NOISE_FACTOR: Final = 3.0
"""What a swaying tree uncovers is nowhere in the background: its usual excess over the range counts so many times."""
_AGITATED: Final = 0.3
"""Share of the pictures in which a restless pixel changes. Who passes by changes one for a second."""
_AGITATED_S: Final = 8.0
_EXCESS_S: Final = 10.0
"""Time constants of that share, and of the usual excess."""
_RISING: Final = 0.1
_RISING_AREA: Final = 0.03
_SUDDEN: Final = 3.0
_RISING_S: Final = 3
"""Wind seizes many leaves at once. When so large a share of the picture begins to change so often, and so many times
what it was in the last seconds, wind may rise there. Traffic that sets in looks alike: so nothing is hidden for it."""
MAY_SWAY: Final = 128
_AROUND: Final = np.ones((11, 11), dtype=np.uint8)
"""The next gust reaches further than the last."""
_RESTLESS_S: Final = 240
"""A place stays restless for so long after it was agitated: wind comes and goes."""
_LOOK_EVERY_S: Final = 1.0


class _Wind:
    """What is known of the restless places while there are any."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.excess = np.zeros(shape, dtype=np.float32)
        """Usual excess over the range, where it is restless."""
        self.restless = np.zeros(shape, dtype=np.uint8)
        """Seconds for which the pixel stays restless."""
        self.where = np.zeros(shape, dtype=np.uint8)
        """255 where it is restless, MAY_SWAY where that is not known yet."""


class Swaying:
    """What is known of one camera's swaying places; one shape for its life."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._agitation = np.zeros(shape, dtype=np.float32)
        """0 to 255: the share of pictures in which the pixel changed within its range."""
        self._wind: _Wind | None = None
        """None while nothing is restless, which is how most cameras are: 0.15 MB less for each."""
        self._area = 0.0
        """Share of the picture that changed often in the last seconds."""
        self._low = self._high = np.zeros(shape, dtype=np.uint8)
        self._kernel = np.ones((2 * _REACH[0] + 1, 2 * _REACH[1] + 1), dtype=np.uint8)
        self._looked_s = self._last_s = float("-inf")

    def look(self, small: Plane, background: Plane, changed: Plane, at_s: float) -> Plane | None:
        """Return 255 where a difference is likely to be the background that moved; None: nowhere.

        MAY_SWAY where wind may just be rising: until that is known, seconds later, nothing there is known to move.
        Called for pictures in which anything differs; ``changed`` is 255 where the picture changed from the one before.
        """
        if at_s - self._looked_s >= _LOOK_EVERY_S:
            self._review(background, at_s)
        excess = np.asarray(cv2.max(cv2.subtract(small, self._high), cv2.subtract(self._low, small)), dtype=np.uint8)
        # Nobody knows what is beside the picture, and it may sway in.
        excess[:, : _REACH[1]] = excess[:, -_REACH[1] :] = 0
        within = cv2.threshold(excess, _MARGIN, 255, cv2.THRESH_BINARY_INV)[1]
        elapsed_s = min(at_s - self._last_s, 60.0)
        self._last_s = at_s
        if elapsed_s > _LOOK_EVERY_S:
            self._agitation *= np.float32(math.exp(-elapsed_s / _AGITATED_S))
            elapsed_s = _LOOK_EVERY_S
        cv2.accumulateWeighted(
            cv2.bitwise_and(within, changed), self._agitation, 1.0 - math.exp(-elapsed_s / _AGITATED_S)
        )
        wind = self._wind
        if wind is None:
            return None
        usual = cv2.convertScaleAbs(wind.excess, alpha=_NOISE_FACTOR, beta=_MARGIN)
        cv2.accumulateWeighted(excess, wind.excess, 1.0 - math.exp(-elapsed_s / _EXCESS_S), mask=wind.restless)
        swaying = cv2.compare(excess, usual, cv2.CMP_LE)
        return np.asarray(cv2.bitwise_and(swaying, wind.where), dtype=np.uint8)

    def _review(self, background: Plane, at_s: float) -> None:
        """Once a second: the range of each pixel's surroundings, and which are restless."""
        elapsed_s = min(255.0, at_s - self._looked_s)
        self._looked_s = at_s
        self._low = np.asarray(cv2.erode(background, self._kernel), dtype=np.uint8)
        self._high = np.asarray(cv2.dilate(background, self._kernel), dtype=np.uint8)
        if self._wind is not None:
            self._wind.restless = np.asarray(cv2.subtract(self._wind.restless, elapsed_s), dtype=np.uint8)  # type: ignore[call-overload]  # a scalar is allowed
        rising = _above(self._agitation, _RISING * 255.0)
        area = cv2.countNonZero(rising) / rising.size
        if area > max(_RISING_AREA, _SUDDEN * self._area):
            self._keep(rising, _RISING_S)
        self._area += (area - self._area) * (1.0 - math.exp(-elapsed_s / _AGITATED_S))
        self._keep(_above(self._agitation, _AGITATED * 255.0), _RESTLESS_S)
        wind = self._wind
        if wind is None or not cv2.countNonZero(wind.restless):
            self._wind = None
            return
        maybe = cv2.min(_above(wind.restless, 0.0), MAY_SWAY)  # type: ignore[call-overload]  # a scalar is allowed
        wind.where = np.asarray(cv2.max(maybe, _above(wind.restless, _RISING_S)), dtype=np.uint8)

    def _keep(self, agitated: Plane, for_s: int) -> None:
        """Let what is around the pixels that are not 0 be restless for so many seconds at least."""
        if cv2.countNonZero(agitated):
            around = cv2.convertScaleAbs(cv2.dilate(agitated, _AROUND), alpha=for_s / 255.0)
            if self._wind is None:
                self._wind = _Wind(around.shape)
            self._wind.restless = np.asarray(cv2.max(self._wind.restless, around), dtype=np.uint8)


def _above(plane: npt.NDArray[np.uint8] | npt.NDArray[np.float32], level: float) -> Plane:
    """Return 255 where a plane is above a level."""
    return np.asarray(cv2.compare(plane, level, cv2.CMP_GT), dtype=np.uint8)  # type: ignore[call-overload]  # a scalar is allowed
