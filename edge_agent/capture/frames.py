"""The decoded picture that capture hands on, and the interface of whoever takes it.

Owns ``Frame`` and the view of its luma plane. What is seen in it is the detector's business.
"""

from typing import Protocol

import av
import msgspec
import numpy as np
import numpy.typing as npt


class Frame(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One decoded picture with its place in time; immutable, so any thread may hold it.

    A Struct for the sake of its making, as ``capture.ring.RingPacket``.
    """

    video_frame: av.VideoFrame
    """Planar YUV as the decoder gave it (usually ``yuv420p``/``yuvj420p``); nobody may write into its planes."""
    media_s: float
    """Seconds on the stream's own timeline: begins at 0 with the stream, goes on over loops, jumps and reconnects."""
    captured_at: int
    """UTC microseconds when the camera took the picture, as well as we know."""
    time_error_ms: int
    """Uncertainty of ``captured_at``."""
    clock_suspect: bool
    """The wall clock or the stream's clock jumped lately, or was never set: a person should not trust the hour."""
    sequence: int
    """Counts pictures decoded of this camera from 1 on, also those never offered."""
    width: int
    height: int
    is_corrupt: bool = False
    """The decoder concealed damage in it."""
    arrived_s: float = 0.0
    """Instant (monotonic seconds) of the packet with which the picture could be decoded; lag counts from here."""
    replayed: bool = False
    """Decoded afterwards from kept packets, because a later picture showed motion (see ``decode_policy``)."""


class FrameSink(Protocol):
    """Takes the frames of one camera, in order of ``media_s``."""

    def offer(self, frame: Frame) -> None:
        """Take or drop the frame; must return at once, because the caller is the thread that reads the network."""
        ...


def detached(video_frame: av.VideoFrame) -> av.VideoFrame:
    """Return a copy of a planar 8-bit YUV picture that no longer holds one of the decoder's buffers.

    A decoder never gives back the buffers of its busiest moment: a replay of ten pictures would cost each camera 6 MB
    (704×576) for ever; copies (0.5 ms with their fresh memory) are free again once they are analysed.
    """
    return copied_into(av.VideoFrame(video_frame.width, video_frame.height, video_frame.format.name), video_frame)


def copied_into(copy: av.VideoFrame, video_frame: av.VideoFrame) -> av.VideoFrame:
    """Write a planar 8-bit YUV picture over another one of its size and format that nobody looks at; return that."""
    for source, target in zip(video_frame.planes, copy.planes, strict=True):
        _rows(target)[:, : target.width] = _rows(source)[: target.height, : target.width]
    copy.pts, copy.time_base = video_frame.pts, video_frame.time_base
    copy.color_range, copy.colorspace = video_frame.color_range, video_frame.colorspace
    return copy


def _rows(plane: av.video.plane.VideoPlane) -> npt.NDArray[np.uint8]:
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height]


def luma(video_frame: av.VideoFrame) -> npt.NDArray[np.uint8]:
    """Return plane 0 as a view of shape (height, width), without copying.

    The view keeps the frame's buffer alive. Only for planar 8-bit YUV or gray: PyAV's own conversion to gray costs
    more than the whole motion detection, so other formats are the caller's to reformat to ``yuv420p`` first.
    """
    plane = video_frame.planes[0]
    rows = np.frombuffer(memoryview(plane), dtype=np.uint8).reshape(-1, plane.line_size)
    return rows[: video_frame.height, : video_frame.width]
