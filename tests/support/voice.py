"""A voice note as a browser's recorder makes it: Opus in WebM."""

import io
from fractions import Fraction

import av
import numpy as np

_RATE = 48_000
_FRAME = 960


def voice_note(seconds: float) -> bytes:
    """Return so many seconds of a tone."""
    held = io.BytesIO()
    with av.open(held, "w", format="webm") as container:
        stream = container.add_stream("libopus", rate=_RATE)
        stream.bit_rate = 24_000
        for number in range(round(seconds * _RATE / _FRAME)):
            at = np.arange(number * _FRAME, (number + 1) * _FRAME)
            tone = (8_000 * np.sin(2 * np.pi * 440 * at / _RATE)).astype(np.int16)
            frame = av.AudioFrame.from_ndarray(tone[None, :], format="s16", layout="mono")
            frame.sample_rate, frame.pts, frame.time_base = _RATE, number * _FRAME, Fraction(1, _RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return held.getvalue()


def silent_film() -> bytes:
    """Return WebM that holds pictures and no sound."""
    held = io.BytesIO()
    with av.open(held, "w", format="webm") as container:
        stream = container.add_stream("libvpx", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode(None))
    return held.getvalue()
