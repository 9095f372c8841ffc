"""Canvases in memory that the analysis and one detector process share: what the model is shown.

Owns SharedCanvases. Two slots: while the model looks at one, the next one is put, so a detector never waits.
"""

import mmap
import os
from typing import Final

import numpy as np
import numpy.typing as npt

from edge_agent.detect.picture import Plane

SLOTS: Final = 2


class SharedCanvases:
    """The slots of one detector."""

    def __init__(self, descriptor: int, *, size: tuple[int, int]) -> None:
        """``size`` is the model's width and height in pixels."""
        self.descriptor = descriptor
        width, height = size
        self._memory = mmap.mmap(descriptor, SLOTS * width * height * 3)
        every: npt.NDArray[np.uint8] = np.frombuffer(self._memory, dtype=np.uint8)
        self._slots = every.reshape(SLOTS, height, width, 3)

    @classmethod
    def make(cls, *, size: tuple[int, int]) -> "SharedCanvases":
        """Return fresh slots; raises OSError."""
        descriptor = os.memfd_create("patrol-canvases", os.MFD_CLOEXEC)
        try:
            os.ftruncate(descriptor, SLOTS * size[0] * size[1] * 3)
            return cls(descriptor, size=size)
        except OSError:
            os.close(descriptor)
            raise

    def put(self, slot: int, canvas: Plane) -> None:
        """Copy a canvas (height, width, 3) into a slot."""
        self._slots[slot] = canvas

    def view(self, slot: int) -> Plane:
        """Return the canvas in a slot without copying."""
        return np.asarray(self._slots[slot])
