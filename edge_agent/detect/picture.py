"""One picture as its luma and chroma planes, without copying, and crops of it in colour.

Owns Picture. A whole colour picture is never made on the hot path: crops are cut from the planes and only they are
converted (0.05 ms instead of 0.7 ms at 1080p).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

import av
import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.boxes import Box

Plane = npt.NDArray[np.uint8]

_PLANAR_420: Final = frozenset({"yuv420p", "yuvj420p"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """8-bit YUV 4:2:0: ``luma`` (height, width), ``u`` and ``v`` half of that each way, rounded up. Read only."""

    luma: Plane
    u: Plane
    v: Plane
    full_range: bool
    """Luma 0-255 (JPEG range) instead of 16-235."""

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.luma.shape[0])

    @classmethod
    def of(cls, frame: av.VideoFrame) -> "Picture":
        """View the planes of a decoded frame; other pixel formats are converted by FFmpeg first.

        The views keep the frame's buffers alive; nobody may write into them.
        """
        frame = planar(frame)
        half = (frame.height + 1) // 2, (frame.width + 1) // 2
        return cls(
            luma=_view(frame, 0, frame.height, frame.width),
            u=_view(frame, 1, *half),
            v=_view(frame, 2, *half),
            full_range=is_full_range(frame),
        )

    @classmethod
    def from_bgr(cls, bgr: Plane) -> "Picture":
        """Return the picture of an ordinary colour array (height, width, 3)."""
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")
        frame.time_base = Fraction(1, 1000)
        return cls.of(frame)

    def pixels(self, box: Box) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom of a box in whole pixels, even, inside the picture, at least 2×2."""
        clipped = box.clip()
        left = min(int(clipped.left * self.width) & ~1, max(0, (self.width - 2) & ~1))
        top = min(int(clipped.top * self.height) & ~1, max(0, (self.height - 2) & ~1))
        right = min(self.width, max(left + 2, -(-round(clipped.right * self.width) // 2) * 2))
        bottom = min(self.height, max(top + 2, -(-round(clipped.bottom * self.height) // 2) * 2))
        return left, top, right, bottom

    def crop_bgr(self, box: Box | None = None) -> Plane:
        """Return a part of the picture (or all) as BGR (height, width, 3)."""
        left, top, right, bottom = (0, 0, self.width, self.height) if box is None else self.pixels(box)
        width, height = right - left, bottom - top
        luma = self.luma[top:bottom, left:right]
        chroma = (slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2))
        u = self.u[chroma].repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
        v = self.v[chroma].repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
        if self.full_range:
            return np.asarray(cv2.cvtColor(cv2.merge((luma, v, u)), cv2.COLOR_YCrCb2BGR), dtype=np.uint8)
        # OpenCV knows the limited range only in its packed 4:2:0 forms, which want even sides.
        even = (slice(0, height & ~1), slice(0, width & ~1))
        packed = _i420(luma[even], self.u[chroma], self.v[chroma])
        bgr = np.asarray(cv2.cvtColor(packed, cv2.COLOR_YUV2BGR_I420), dtype=np.uint8)
        if bgr.shape[:2] != (height, width):
            bgr = np.pad(bgr, ((0, height - bgr.shape[0]), (0, width - bgr.shape[1]), (0, 0)), mode="edge")
        return bgr


def planar(frame: av.VideoFrame) -> av.VideoFrame:
    """Return the frame in planar 8-bit 4:2:0, converted by FFmpeg when it is anything else."""
    return frame if frame.format.name in _PLANAR_420 else frame.reformat(format="yuv420p")


def is_full_range(frame: av.VideoFrame) -> bool:
    """Whether luma is 0-255 (JPEG range) instead of 16-235."""
    return frame.format.name == "yuvj420p" or int(frame.color_range) == av.video.reformatter.ColorRange.JPEG


def _view(frame: av.VideoFrame, plane_number: int, height: int, width: int) -> Plane:
    plane = frame.planes[plane_number]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    return rows[:height, :width]


def _i420(luma: Plane, u: Plane, v: Plane) -> Plane:
    """Pack three planes into OpenCV's I420 form: (height × 3 / 2, width)."""
    height, width = luma.shape
    half = (height // 2, width // 2)
    packed = np.empty((height * 3 // 2, width), dtype=np.uint8)
    packed[:height] = luma
    flat = packed[height:].reshape(-1)
    size = half[0] * half[1]
    flat[:size] = u[: half[0], : half[1]].reshape(-1)
    flat[size : 2 * size] = v[: half[0], : half[1]].reshape(-1)
    return packed
