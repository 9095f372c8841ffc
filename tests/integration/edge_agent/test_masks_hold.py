"""What lies under a privacy mask never reaches the disk or a socket: not in a snapshot, not in a clip, not as packets.

A secret checkerboard fills the masked corner of the film. Every file of the room and every byte that leaves it is
looked through: decoded where it is a picture, as bytes where it is not.
"""

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from patrol_sim.cameras import SimCamera
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.clips import picture
from tests.support.waiting import wait_until

WIDTH, HEIGHT, FPS = 320, 240, 10
SECRET = (slice(0, 60), slice(0, 80))
"""Rows and columns of the secret; the mask covers exactly them."""
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
[[camera]]
name = "gate"
url = "{url}"
{detect}
pre_roll_s = 1.0
post_roll_s = 0.5
  [[camera.mask]]
  polygon = [[0.0, 0.0], [0.25, 0.0], [0.25, 0.25], [0.0, 0.25]]
  [[camera.zone]]
  name = "all"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.rule]]
  name = "in-all"
  kind = "intrusion"
  zone = "all"
  cool_down_s = 1.0
"""


def film_with_secret(path: Path) -> Path:
    """Write a film of a walking square with a checkerboard in its corner that changes in every picture."""
    with av.open(str(path), mode="w") as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "tune": "zerolatency"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.codec_context.gop_size = FPS
        for number in range(60):
            canvas = picture(number, WIDTH, HEIGHT)
            rows, columns = np.indices((60, 80))
            canvas[SECRET] = np.where((rows // 4 + columns // 4 + number) % 2, 250, 5)
            frame = av.VideoFrame.from_ndarray(canvas, format="gray").reformat(format="yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film_with_secret(tmp_path_factory.mktemp("film") / "secret.mp4")


@pytest.fixture(scope="module")
def sim(film: Path) -> Iterator[SimServer]:
    with SimServer([SimCamera(name="main", source=film), SimCamera(name="sub", source=film)]) as server:
        yield server


@pytest.fixture(params=["one stream", "two streams"])
def agent(tmp_path: Path, sim: SimServer, request: pytest.FixtureRequest) -> Iterator[AgentProcess]:
    detect = f'detect_url = "{sim.url("sub")}"' if request.param == "two streams" else ""
    config = tmp_path / "room.toml"
    config.write_text(ROOM.format(state=tmp_path / "state", url=sim.url("main"), detect=detect))
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as running:
        yield running


def shown_pictures(content: bytes) -> list["np.typing.NDArray[np.uint8]"]:
    with av.open(BytesIO(content), mode="r") as container:
        return [np.asarray(frame.to_ndarray(format="gray")) for frame in container.decode(video=0)]


def secret_bytes(film: Path) -> list[bytes]:
    """Return pieces of the film's packets: if one of them is found, a packet has left memory as it was."""
    with av.open(str(film)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size > 100]
    return [packet[len(packet) // 2 : len(packet) // 2 + 24] for packet in packets]


def test_masked_pixels_never_reach_disk_or_socket(agent: AgentProcess, film: Path, tmp_path: Path) -> None:
    def alerts() -> list[dict[str, object]]:
        return [alert for alert in agent.state()["alerts"] if alert["has_clip"] and alert["has_snapshot"]]

    wait_until(lambda: agent.state()["cameras"][0]["state"] == "streaming", within_s=20, what="the camera streams")
    flag = {"camera": "gate", "category": "other", "operator": "op-1", "look_back_s": 2}
    assert agent.http.post("/api/v1/flags", json=flag).status_code == 201
    wait_until(
        lambda: {alert["source"] for alert in alerts()} == {"machine", "flag"},
        within_s=40,
        what="evidence of both kinds",
    )
    out: dict[str, bytes] = {}
    for alert in alerts():
        out[f"snapshot of {alert['source']}"] = agent.http.get(f"/api/v1/alerts/{alert['alert_id']}/snapshot").content
    for path in ("/api/v1/state", "/metrics", "/healthz", "/readyz"):
        out[path] = agent.http.get(path).content
    on_disk = {str(path): path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()}
    # A file that no folder names lies on the disk all the same.
    for entry in Path(f"/proc/{agent.process.pid}/fd").iterdir():
        if entry.readlink().is_relative_to(tmp_path / "state"):
            on_disk[f"descriptor {entry.name}"] = entry.read_bytes()
    on_disk["log"] = (tmp_path / "log").read_bytes()

    pictures = {name: content for name, content in (on_disk | out).items() if name.endswith((".jpg", ".mp4"))}
    pictures |= {name: content for name, content in out.items() if name.startswith("snapshot")}
    assert sum(name.endswith(".mp4") for name in pictures) >= 2
    for name, content in pictures.items():
        for shown in shown_pictures(content):
            assert shown.shape == (HEIGHT, WIDTH)
            assert shown[SECRET].max() < 40, f"{name} shows what the mask covers"
            assert shown[HEIGHT // 2 :, :].max() > 60, f"{name} shows nothing at all"
    pieces = secret_bytes(film)
    assert len(pieces) >= 6
    for name, content in (on_disk | out).items():
        assert not any(piece in content for piece in pieces), f"{name} holds a packet as the camera sent it"
    state = json.loads(out["/api/v1/state"])
    assert state["past"]["memory_bytes"] > 0
    assert state["past"]["disk_bytes"] == 0, "the past of a masked camera, which is not masked yet, stays in memory"
