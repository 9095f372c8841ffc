"""Canvases in memory that the analysis and one detector process share: what the model is shown.

Owns SharedCanvases. Two slots: while the model looks at one, the next one is put, so a detector never waits. A slot is
large enough for any model, because the detector says only after its start which one it runs; pages are taken from the
machine only where a canvas was ever put.
"""

import mmap
import os
from typing import Final

import numpy as np

from edge_agent.detect.picture import Plane

SLOTS: Final = 2
MOST_BYTES: Final = 4096 * 4096 * 3
"""The largest input a model of the catalogue may have (``manifest.Side``)."""


class SharedCanvases:
    """The slots of one detector."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._memory = mmap.mmap(descriptor, SLOTS * MOST_BYTES)

    @classmethod
    def make(cls) -> "SharedCanvases":
        """Return fresh slots; raises OSError."""
        descriptor = os.memfd_create("patrol-canvases", os.MFD_CLOEXEC)
        try:
            os.ftruncate(descriptor, SLOTS * MOST_BYTES)
            return cls(descriptor)
        except OSError:
            os.close(descriptor)
            raise

    def put(self, slot: int, canvas: Plane) -> None:
        """Copy a canvas (height, width, 3) into a slot."""
        self.view(slot, (canvas.shape[1], canvas.shape[0]))[:] = canvas

    def view(self, slot: int, size: tuple[int, int]) -> Plane:
        """Return the canvas of this width and height in a slot without copying."""
        width, height = size
        at = slot * MOST_BYTES
        flat = np.frombuffer(self._memory, dtype=np.uint8, count=width * height * 3, offset=at)
        return flat.reshape(height, width, 3)
