"""Privacy masks: polygons that no picture leaves memory without.

Owns the burning into YUV planes. The decoder's own planes are never written, because the detector reads them, too;
detection sees what is behind a mask, people and disks never do.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame

from edge_agent.evidence.errors import EvidenceError

LIMITED_BLACK: Final = 16
FULL_RANGE: Final = 2
"""AVCOL_RANGE_JPEG: black is 0."""
NEUTRAL_CHROMA: Final = 128

Plane = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mask:
    """One polygon; corners as (x, y) in shares of the picture, 0-1."""

    polygon: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        if len(self.polygon) < 3:
            raise EvidenceError(f"a mask needs three corners, got {len(self.polygon)}")


class MaskBurner:
    """Burns one camera's masks in; call it like a function. Used by one thread at a time."""

    def __init__(self, masks: Sequence[Mask] | Callable[[], tuple[Mask, ...]]) -> None:
        """With a function the masks are those in force at each picture."""
        self._in_force = masks if callable(masks) else None
        self._masks: tuple[Mask, ...] = () if callable(masks) else tuple(masks)
        self._size = (0, 0)
        self._covered: tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]] | None = None

    def __bool__(self) -> bool:
        """Whether there is anything to hide now."""
        self._look()
        return bool(self._masks)

    def __call__(self, frame: VideoFrame) -> VideoFrame:
        """Return a new yuv420p picture with the masks black; the very same picture when there is none."""
        self._look()
        if not self._masks:
            return frame
        source = frame if frame.format.name in ("yuv420p", "yuvj420p") else frame.reformat(format="yuv420p")
        covered = self._rasterised(source.width, source.height)
        hidden = VideoFrame(source.width, source.height, source.format.name)
        full_range = source.format.name == "yuvj420p" or source.color_range == FULL_RANGE
        fills = (0 if full_range else LIMITED_BLACK, NEUTRAL_CHROMA, NEUTRAL_CHROMA)
        for index, fill in enumerate(fills):
            plane = _rows(hidden, index)
            plane[:] = _rows(source, index)
            plane[covered[min(index, 1)]] = fill
        hidden.pts = frame.pts
        if frame.time_base is not None:
            hidden.time_base = frame.time_base
        hidden.color_range, hidden.colorspace = source.color_range, source.colorspace
        return hidden

    def _look(self) -> None:
        """Take over the masks in force now."""
        if self._in_force is None:
            return
        masks = self._in_force()
        if masks != self._masks:
            self._masks, self._covered = masks, None

    def _rasterised(self, width: int, height: int) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
        if self._covered is None or self._size != (width, height):
            self._size = (width, height)
            self._covered = (
                _raster(self._masks, width, height),
                _raster(self._masks, (width + 1) // 2, (height + 1) // 2),
            )
        return self._covered


def _rows(frame: VideoFrame, index: int) -> Plane:
    plane = frame.planes[index]
    whole = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    return whole[: plane.height, : plane.width]


def _raster(masks: Sequence[Mask], width: int, height: int) -> npt.NDArray[np.bool_]:
    """Return which samples are covered; one sample more on each side, so that nothing shines through an edge."""
    canvas = np.zeros((height, width), dtype=np.uint8)
    for mask in masks:
        corners = np.array([(round(x * width), round(y * height)) for x, y in mask.polygon], dtype=np.int32)
        cv2.fillPoly(canvas, [corners], (1,))
    return cv2.dilate(canvas, np.ones((3, 3), dtype=np.uint8)).astype(np.bool_)
