"""Small videos made on the spot with PyAV, so that tests of capture need no download."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream


def make_clip(
    path: Path,
    *,
    seconds: float = 4.0,
    fps: int = 10,
    width: int = 160,
    height: int = 120,
    gop_s: float = 1.0,
    codec: str = "libx264",
    b_frames: int = 0,
    still: bool = False,
    moving_from_s: float = 0.0,
) -> Path:
    """Write a video in which a white square walks from left to right; with ``still`` nothing ever moves.

    Picture n shows the square at a place that only n has, so tests can tell pictures apart.
    """
    with av.open(str(path), mode="w") as container:
        options = {"preset": "ultrafast", "tune": "zerolatency"} if codec == "libx264" and not b_frames else {}
        if codec in ("libx264", "libx265"):
            options |= {"sc_threshold": "0"} if codec == "libx264" else {"x265-params": "log-level=none:scenecut=0"}
        stream = container.add_stream(codec, rate=fps, options=options)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.codec_context.time_base = Fraction(1, fps)
        stream.codec_context.gop_size = max(1, round(gop_s * fps))
        stream.codec_context.max_b_frames = b_frames
        stream.codec_context.thread_count = 1
        for number in range(round(seconds * fps)):
            moving = not still and number >= moving_from_s * fps
            frame = av.VideoFrame.from_ndarray(picture(number if moving else 0, width, height), format="gray")
            frame = frame.reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def picture(number: int, width: int, height: int) -> "np.typing.NDArray[np.uint8]":
    """Return the gray picture ``number``: a gradient with a white square that walks two samples per picture."""
    canvas = np.tile(np.linspace(40, 120, width, dtype=np.uint8), (height, 1))
    side = height // 4
    left = (number * 2) % (width - side)
    canvas[height // 3 : height // 3 + side, left : left + side] = 235
    return canvas
