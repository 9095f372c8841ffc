"""Pictures in memory that two processes see: how a decoded picture reaches the analysis without a pipe.

Owns SharedPictures, a fixed number of slots in one memory file (memfd_create(2)), and PictureLayout, which says how a
picture lies in its slot. Who may use which slot is told by messages; nothing here locks. Pages are taken from the
machine only where a picture was ever put, so the generous slots cost nothing.
"""

import mmap
import os
from typing import Annotated, Final

import av
import msgspec
import numpy as np

from edge_agent.detect.picture import Picture, Plane, is_full_range, planar

SLOT_BYTES: Final = 64 * 1024 * 1024
"""A picture of 8192×4608 in YUV 4:2:0 takes 57 MB."""
_ALIGNED: Final = 64
Side = Annotated[int, msgspec.Meta(ge=0, le=16_384)]


class PictureLayout(msgspec.Struct, array_like=True, frozen=True, kw_only=True):
    """How a picture lies in its slot: planes one behind the other, each row as long as its line size."""

    width: Side
    height: Side
    line_sizes: tuple[Side, Side, Side]
    """Bytes per row of luma, U and V; U and V are 0 where only luma was put."""
    full_range: bool


class SharedPictures:
    """The slots of one analysis process. The one who made them puts, the other one views."""

    def __init__(self, descriptor: int, *, slots: int) -> None:
        self.descriptor = descriptor
        self.slots = slots
        self._memory = mmap.mmap(descriptor, slots * SLOT_BYTES)

    @classmethod
    def make(cls, *, slots: int) -> "SharedPictures":
        """Return fresh slots; raises OSError."""
        descriptor = os.memfd_create("patrol-pictures", os.MFD_CLOEXEC)
        try:
            os.ftruncate(descriptor, slots * SLOT_BYTES)
            return cls(descriptor, slots=slots)
        except OSError:
            os.close(descriptor)
            raise

    def put(self, slot: int, frame: av.VideoFrame, *, colour: bool) -> PictureLayout | None:
        """Copy a frame into a slot, only its luma unless ``colour``; None when it is too large for any slot.

        Whole planes are copied with the padding of their rows: one piece of memory each, and the interpreter lock is
        held for it (0.06 ms for 704×576) instead of given away and waited for again.
        """
        frame = planar(frame)
        at = slot * SLOT_BYTES
        end = at + SLOT_BYTES
        line_sizes = [0, 0, 0]
        for number, plane in enumerate(frame.planes if colour else frame.planes[:1]):
            size = plane.line_size * plane.height
            if at + size > end:
                return None
            self._memory[at : at + size] = memoryview(plane)[:size]
            line_sizes[number] = plane.line_size
            at += -(-size // _ALIGNED) * _ALIGNED
        return PictureLayout(
            width=frame.width,
            height=frame.height,
            line_sizes=(line_sizes[0], line_sizes[1], line_sizes[2]),
            full_range=is_full_range(frame),
        )

    def view(self, slot: int, layout: PictureLayout) -> Picture:
        """Return the picture in a slot without copying; chroma is empty where only luma was put.

        Raises ValueError for a layout that leads outside of the slot.
        """
        at = slot * SLOT_BYTES
        half = (layout.height + 1) // 2, (layout.width + 1) // 2
        luma, at = self._plane(at, layout.line_sizes[0], layout.height, layout.width)
        u, at = self._plane(at, layout.line_sizes[1], *half)
        v, _ = self._plane(at, layout.line_sizes[2], *half)
        return Picture(luma=luma, u=u, v=v, full_range=layout.full_range)

    def _plane(self, at: int, line_size: int, height: int, width: int) -> tuple[Plane, int]:
        if line_size == 0:
            return np.zeros((0, 0), dtype=np.uint8), at
        size = line_size * height
        if line_size < width or (at % SLOT_BYTES) + size > SLOT_BYTES:
            raise ValueError(f"a plane of {height} rows of {line_size} bytes does not fit into its slot")
        rows = np.frombuffer(self._memory, dtype=np.uint8, count=size, offset=at).reshape(height, line_size)
        return rows[:, :width], at + -(-size // _ALIGNED) * _ALIGNED

    def handed_on(self) -> None:
        """Close the descriptor, once the other process has it.

        The memory itself goes with this object: a camera's thread may still be writing when the process it writes for
        is given up.
        """
        os.close(self.descriptor)
