"""Whether anything moved between two keyframes, from their luma planes alone: what wakes a resting camera.

Owns KeyframeGate. It is asked in the camera's own thread, so it costs a fraction of a millisecond, and it is more
easily alarmed than ``detect.motion``: a false alarm costs some seconds of full decode, a missed one costs an event.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.detect.shrink import shrunk

Plane = npt.NDArray[np.uint8]

ROWS: Final = 144
"""Rows of the small picture, as many as ``detect.motion`` looks at: what it can find, the gate can see."""
THRESHOLD: Final = 9.0
"""Least difference in grey levels; detect.motion begins at 14. Two keyframes of a still scene with a sensor noise of 2
levels differ by at most 2 after shrinking (measured on generated scenes, x264 at the rate cameras use)."""
NOISE_FACTOR: Final = 6.0
"""Times the median difference: rain and the noise of night raise the threshold of the whole picture."""
LEAST_CELLS: Final = 4
"""Cells that must differ side by side; detect.motion asks for 0.06 % of the picture, which is 15."""
SPARSE: Final = 4
"""The median of every 16th cell is the picture's, at a tenth of the cost."""
_KERNEL: Final = np.ones((2, 2), dtype=np.uint8)


class KeyframeGate:
    """The gate of one camera: compares each keyframe with the one before. One thread, pictures in order."""

    def __init__(self) -> None:
        self._before: Plane | None = None

    def moved(self, luma: Plane) -> bool:
        """Return whether ``luma`` (height, width) shows something else than the picture before, and remember it.

        The first picture, and one of another shape, counts as motion. Light that changes everywhere alike does not.
        """
        small = shrunk(luma, ROWS)
        if np.may_share_memory(small, luma):
            small = small.copy()  # a picture that is small already: its planes belong to the decoder
        before, self._before = self._before, small
        if before is None or before.shape != small.shape:
            return True
        step = cv2.subtract(small, before, dtype=cv2.CV_16S)
        difference = np.abs(step - np.int16(np.median(step[::SPARSE, ::SPARSE])))
        needed = max(THRESHOLD, NOISE_FACTOR * float(np.median(difference[::SPARSE, ::SPARSE])))
        differs = np.asarray(difference > needed, dtype=np.uint8)
        return int(cv2.countNonZero(cv2.erode(differs, _KERNEL))) > 0 and int(differs.sum()) >= LEAST_CELLS
