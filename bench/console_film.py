"""A film whose every picture says its number in black and white blocks, so that what is on a glass can be told."""

from fractions import Fraction
from pathlib import Path
from typing import Final

import av
import numpy as np

FPS: Final = 10
PICTURES: Final = 600
BITS: Final = 10
"""Of the number; as many follow with the opposite sign, so that a picture between two is noticed."""
_WIDTH, _HEIGHT, _STRIP = 640, 360, 20


def make_film(path: Path) -> Path:
    """Write a minute of a street: grain, somebody who walks for a quarter of it, the number in the top strip."""
    rng = np.random.default_rng(5)
    ground = rng.integers(70, 130, (_HEIGHT // 4, _WIDTH // 4), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt, stream.gop_size = _WIDTH, _HEIGHT, "yuv420p", FPS
        stream.bit_rate = 800_000
        for number in range(PICTURES):
            grey = ground + rng.integers(0, 6, ground.shape, dtype=np.uint8)
            if number % 400 < 100:
                left = 6 * (number % 400)
                grey[220:320, left : left + 40] = 235
            grey[:_STRIP] = _code(number)
            frame = av.VideoFrame.from_ndarray(np.stack([grey] * 3, axis=2), format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def _code(number: int) -> "np.ndarray[tuple[int], np.dtype[np.uint8]]":
    bits = [number >> bit & 1 for bit in range(BITS)]
    return np.array([255 * bit for bit in (*bits, *(1 - bit for bit in bits))], np.uint8).repeat(_WIDTH // (2 * BITS))
