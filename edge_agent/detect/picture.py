"""One picture as its luma and chroma planes, without copying, and crops of it in colour.

Owns Picture. A whole colour picture is never made on the hot path: crops are cut from the planes, resized, and only
what is left is converted (the whole of 1080p for a 416×416 input: 0.3 ms instead of 3.8 ms).
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Literal

import av
import cv2
import numpy as np
import numpy.typing as npt

from edge_agent.core.boxes import Box

Plane = npt.NDArray[np.uint8]
Colour = Literal["bgr", "rgb"]

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

    def crop(self, box: Box | None = None, *, size: tuple[int, int] | None = None, colour: Colour = "bgr") -> Plane:
        """Return a part of the picture (or all) in colour, (height, width, 3), resized to ``size`` (width, height).

        The planes are resized first and only the result is converted, so the cost is that of the result.
        """
        left, top, right, bottom = (0, 0, self.width, self.height) if box is None else self.pixels(box)
        return in_colour(self, (left, top, right, bottom), size or (right - left, bottom - top), colour)


def in_colour(
    picture: Picture,
    pixels: tuple[int, int, int, int],
    size: tuple[int, int],
    colour: Colour,
    into: Plane | None = None,
) -> Plane:
    """Return left, top, right, bottom of a picture in colour at ``size`` (width, height), written ``into`` if given.

    The left and top are even, as the chroma planes are halved. Resized with INTER_LINEAR: so were the pictures that
    models learned from, and INTER_AREA blurs what they look for.
    """
    left, top, right, bottom = pixels
    luma = picture.luma[top:bottom, left:right]
    chroma = (slice(top // 2, (bottom + 1) // 2), slice(left // 2, (right + 1) // 2))
    if size != (right - left, bottom - top):
        luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    halves = [cv2.resize(plane[chroma], size, interpolation=cv2.INTER_LINEAR) for plane in (picture.u, picture.v)]
    matrix = _MATRICES[picture.full_range, colour]
    return np.asarray(cv2.transform(cv2.merge((luma, *halves)), matrix, dst=into), dtype=np.uint8)


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


def _matrix(*, full_range: bool, colour: Colour) -> npt.NDArray[np.float64]:
    """Return the (3, 4) matrix from (luma, u, v, 1) to colour: ITU-R BT.601, as JPEG and most cameras have it."""
    luma_scale, black, chroma_scale = (1.0, 0.0, 1.0) if full_range else (255 / 219, 16.0, 255 / 224)
    from_u = np.array([1.772, -0.344136, 0.0]) * chroma_scale
    from_v = np.array([0.0, -0.714136, 1.402]) * chroma_scale
    matrix = np.stack((np.full(3, luma_scale), from_u, from_v), axis=1)
    matrix = np.column_stack((matrix, -matrix @ np.array([black, 128.0, 128.0])))
    return matrix if colour == "bgr" else np.ascontiguousarray(matrix[::-1])


_COLOURS: Final[tuple[Colour, ...]] = ("bgr", "rgb")
_MATRICES: Final = {
    (full_range, colour): _matrix(full_range=full_range, colour=colour)
    for full_range in (False, True)
    for colour in _COLOURS
}
