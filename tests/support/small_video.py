"""A small film with something that moves, made by the test itself, so that no footage is needed."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

WIDTH, HEIGHT, FPS = 320, 240, 10


def make_film(path: Path, *, seconds: float = 6.0) -> Path:
    """Write an MP4 in which a bright block walks across a textured floor from the first to the last second."""
    noise = np.random.default_rng(7).integers(60, 90, size=(HEIGHT, WIDTH, 3), dtype=np.uint8)
    with av.open(str(path), mode="w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"g": "10", "preset": "veryfast", "bf": "0"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.time_base = Fraction(1, FPS)
        count = int(seconds * FPS)
        for number in range(count):
            picture = noise.copy()
            share = number / count
            if 0.15 < share < 0.85:
                left = int((share - 0.15) / 0.7 * (WIDTH - 40))
                picture[120:190, left : left + 36] = (230, 40, 40)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path
