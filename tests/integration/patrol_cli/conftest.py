"""A drawn film and the rooms of tests/support/rooms, for the commands that look at films."""

from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

ROOMS = Path(__file__).parents[2] / "support" / "rooms"


@pytest.fixture
def room(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function: name of a room in tests/support/rooms, kind of its detector → the path of its file."""

    def write(name: str, kind: str) -> Path:
        text = (ROOMS / f"{name}.toml").read_text(encoding="utf-8")
        path = tmp_path / f"{name}-{kind}.toml"
        path.write_text(text.replace('kind = "onnx"', f'kind = "{kind}"', 1), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A drawn film of 5 s: a bright block comes in and goes from left to right over a grey street."""
    path = tmp_path_factory.mktemp("film") / "block.mp4"
    rough = np.random.default_rng(3).integers(80, 120, (30, 40), dtype=np.uint8).repeat(8, axis=0).repeat(8, axis=1)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.bit_rate = 2_000_000
        for number in range(50):
            picture = np.stack([rough] * 3, axis=2)
            left = 8 * number - 40
            picture[100:160, max(0, left) : max(0, left + 40)] = 235
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        container.mux(stream.encode(None))
    return path
