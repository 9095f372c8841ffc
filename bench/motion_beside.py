"""Motion as people build it with OpenCV: a difference, a threshold, a least contour area. No tracks, no rules.

The numbers are those of the tutorials that most such scripts are copied from: a picture 500 pixels wide, a Gaussian of
21, a threshold of 25, two dilations, 500 pixels of contour; MOG2 at its defaults, its shadows left out, opened by 3.
"""

from typing import Final, Protocol

import cv2
import numpy as np
import numpy.typing as npt

Colours = npt.NDArray[np.uint8]

_WIDTH: Final = 500
_LEAST_PX: Final = 500
_THRESHOLD: Final = 25
_GAP_S: Final = 5.0
"""Motion after a pause of so long is another event, as recorders count it."""
_WARM_UP_S: Final = 5.0
"""A background is learned at first; what it says meanwhile is not counted."""
_KERNEL: Final = np.ones((3, 3), dtype=np.uint8)


class Difference(Protocol):
    """Says where a picture shows something else than before."""

    def mask(self, small: Colours) -> Colours:
        """Return 255 there."""
        ...


class FrameDifference:
    """Each picture against the one before."""

    def __init__(self) -> None:
        self._before: Colours | None = None

    def mask(self, small: Colours) -> Colours:
        """Return where the two differ."""
        grey = np.asarray(cv2.GaussianBlur(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), (21, 21), 0), dtype=np.uint8)
        before, self._before = self._before, grey
        if before is None:
            return np.zeros_like(grey)
        differs = cv2.threshold(cv2.absdiff(before, grey), _THRESHOLD, 255, cv2.THRESH_BINARY)[1]
        return np.asarray(cv2.dilate(differs, _KERNEL, iterations=2), dtype=np.uint8)


class MogDifference:
    """Each picture against a mixture of Gaussians for each pixel."""

    def __init__(self) -> None:
        self._background = cv2.createBackgroundSubtractorMOG2()

    def mask(self, small: Colours) -> Colours:
        """Return the foreground that MOG2 does not take for a shadow."""
        found = self._background.apply(small)
        found = cv2.threshold(found, 200, 255, cv2.THRESH_BINARY)[1]
        return np.asarray(cv2.morphologyEx(found, cv2.MORPH_OPEN, _KERNEL), dtype=np.uint8)


class MotionEvents:
    """How often somebody would be called."""

    def __init__(self, difference: Difference) -> None:
        self._difference = difference
        self._moved_s = float("-inf")
        self.count = 0

    def look(self, bgr: Colours, at_s: float) -> None:
        """Take one picture."""
        size = (_WIDTH, round(bgr.shape[0] * _WIDTH / bgr.shape[1]))
        mask = self._difference.mask(np.asarray(cv2.resize(bgr, size), dtype=np.uint8))
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
        if at_s < _WARM_UP_S or not any(cv2.contourArea(contour) >= _LEAST_PX for contour in contours):
            return
        self.count += at_s - self._moved_s > _GAP_S
        self._moved_s = at_s
