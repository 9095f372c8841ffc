"""One simulator for the playing tests: small loops, so that seams come quickly."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.stream import VideoStream

from patrol_sim.cameras import SimCamera
from patrol_sim.rtp.nal import Codec
from patrol_sim.rtsp.digest import Account, DigestAlgorithm
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from patrol_sim.timeline import Join

SMALL = SceneSettings(width=160, height=128, fps=20, gop=10, duration_s=2.0, busy_share=0.5, noise=6.0)


def write_video(path: Path, codec: str, *, b_frames: int = 0) -> Path:
    """Write one second and a half of moving stripes at 20 fps; a real file of a real encoder."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=20)
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 128, 96, "yuv420p"
        stream.codec_context.max_b_frames, stream.codec_context.gop_size = b_frames, 10
        for index in range(30):
            stripes = np.fromfunction(lambda y, x, at=index: ((x + at * 3) % 32) * 7 + y // 2, (96, 128))
            picture = np.repeat(stripes[:, :, None], 3, axis=2).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files of each kind the simulator must serve."""
    folder = tmp_path_factory.mktemp("videos")
    return {
        "avcc": write_video(folder / "avcc.mp4", "libx264"),
        "b-frames": write_video(folder / "b-frames.mkv", "libx264", b_frames=2),
        "annex-b": write_video(folder / "annex-b.ts", "libx264"),
        "avi": write_video(folder / "avi.avi", "libx264"),
        "avi-b-frames": write_video(folder / "avi-b-frames.avi", "libx264", b_frames=2),
        "hvcc": write_video(folder / "hvcc.mp4", "libx265", b_frames=2),
        "mpeg4": write_video(folder / "mpeg4.avi", "mpeg4"),
    }


@pytest.fixture(scope="session")
def sim(videos: dict[str, Path]) -> Iterator[SimServer]:
    """The cameras that no test disturbs."""
    cameras = [SimCamera(name=name, source=path) for name, path in videos.items()]
    cameras += [
        SimCamera(name="scene", source=SMALL),
        SimCamera(name="scene-h265", source=SceneSettings(width=160, height=128, duration_s=2.0, codec=Codec.H265)),
        SimCamera(name="locked", source=SMALL, account=Account(username="operator", password="s3cret")),
        SimCamera(
            name="locked-sha",
            source=SMALL,
            account=Account(username="operator", password="s3cret", algorithm=DigestAlgorithm.SHA_256),
        ),
        SimCamera(name="patient", source=SMALL, join=Join.WAIT),
    ]
    with SimServer(cameras) as server:
        yield server


@pytest.fixture
def faulty(videos: dict[str, Path]) -> Iterator[SimServer]:
    """A simulator of its own for a test that disturbs it."""
    cameras = [
        SimCamera(name="gate", source=SMALL),
        SimCamera(name="yard", source=SMALL),
        SimCamera(name="locked", source=SMALL, account=Account(username="operator", password="s3cret")),
        SimCamera(name="file", source=videos["avcc"]),
    ]
    with SimServer(cameras, session_timeout_s=60.0) as server:
        yield server
