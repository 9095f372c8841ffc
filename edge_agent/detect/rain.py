"""Rain, snow and the noise of a sensor at night in the difference of a picture from its background. Owns Rain.

A drop is narrow, and elsewhere in the next picture (Garg and Nayar, "Vision and rain", IJCV 2007). So it rains when
much of what differs is specks, and most of them are new; then what is narrower than a person far away is left out.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.uint8]

_SPECKS: Final = 0.009
"""Share of the picture in new specks from which on it rains. Where wires and walls tremble, or light falls otherwise
than it used to, there are as many, but they are where they were: on films of streets 40 to 98 of 100, in rain 1 to 11,
in leaves 6 to 28."""
_FEW_SPECKS: Final = 0.004
"""What is enough while it rains."""
_RAINS_ON_S: Final = 3.0
_NEW: Final = 0.6
ACROSS: Final = np.ones((1, 5), dtype=np.uint8)
"""What is narrower is no thing while it rains; drops fall steeply."""
_PIECE: Final = np.ones((3, 3), dtype=np.uint8)
_AROUND: Final = np.ones((5, 5), dtype=np.uint8)


class Rain:
    """The rain before one camera."""

    def __init__(self) -> None:
        self._specks: Plane | None = None
        """255 where specks were last seen."""
        self._until_s = float("-inf")

    def falls(self, strong: Plane, count: int, at_s: float) -> bool:
        """Whether it rains; ``strong`` is 255 where the picture differs, in ``count`` pixels."""
        least = (_FEW_SPECKS if at_s < self._until_s else _SPECKS) * strong.size
        if count <= least:
            return False
        pieces = cv2.dilate(cv2.morphologyEx(strong, cv2.MORPH_OPEN, _PIECE), _AROUND)
        specks = np.asarray(cv2.subtract(strong, pieces), dtype=np.uint8)
        before, self._specks = self._specks, specks
        new = cv2.countNonZero(specks if before is None else cv2.subtract(specks, before))
        if new <= max(least, _NEW * cv2.countNonZero(specks)):
            return False
        self._until_s = at_s + _RAINS_ON_S
        return True

    @staticmethod
    def dry(difference: Plane, sharp: Plane, expected: Plane) -> None:
        """Take the rain out of a difference: what is narrow across. It is narrowest before the picture is smoothed."""
        cv2.min(difference, without_drops(sharp, expected), dst=difference)


def without_drops(one: Plane, other: Plane) -> Plane:
    """Return how far two pictures differ in what is not narrow across."""
    return np.asarray(cv2.morphologyEx(cv2.absdiff(one, other), cv2.MORPH_OPEN, ACROSS), dtype=np.uint8)
