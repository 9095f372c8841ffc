"""A camera with a substream: the small picture is analysed, the sharp one is evidence; each lives without the other."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge_agent.outbox.alert_rows import find
from edge_agent.outbox.file_checks import open_reader
from edge_agent.outbox.store import FILE_NAME
from patrol_sim.cameras import SimCamera
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.waiting import wait_until

SUB = SceneSettings(seed=3, fps=10, gop=10, duration_s=10.0, busy_share=0.7, width=320, height=240)
MAIN = replace(SUB, width=640, height=480)
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
[log]
form = "json"
[[camera]]
name = "gate"
url = "{main}"
detect_url = "{sub}"
pre_roll_s = 1.0
post_roll_s = 1.0
  [[camera.zone]]
  name = "street"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.rule]]
  name = "in-the-street"
  kind = "intrusion"
  zone = "street"
"""


@pytest.fixture(scope="module")
def sim() -> Iterator[SimServer]:
    with SimServer([SimCamera(name="main", source=MAIN), SimCamera(name="sub", source=SUB)]) as server:
        yield server


@pytest.fixture
def agent(tmp_path: Path, sim: SimServer) -> Iterator[AgentProcess]:
    config = tmp_path / "room.toml"
    config.write_text(ROOM.format(state=tmp_path / "state", main=sim.url("main"), sub=sim.url("sub")))
    with running_agent(config, state_dir=tmp_path / "state", log=tmp_path / "log") as running:
        yield running


def snapshot_size(agent: AgentProcess, alert_id: str) -> tuple[int, int]:
    jpeg = agent.http.get(f"/api/v1/alerts/{alert_id}/snapshot").content
    picture = cv2.imdecode(np.frombuffer(jpeg, dtype=np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    return picture.shape[1], picture.shape[0]


def with_clip(agent: AgentProcess, seen: set[str]) -> str:
    return next((a["alert_id"] for a in agent.state()["alerts"] if a["has_clip"] and a["alert_id"] not in seen), "")


def clip_file(state: Path, alert_id: str) -> Path:
    with contextlib.closing(open_reader(state / FILE_NAME)) as connection:
        row = find(connection, alert_id)
    assert row is not None
    assert row.clip is not None
    (path,) = (state / "media").glob(f"??/{row.clip}*")
    return path


def test_evidence_comes_from_the_main_stream_and_from_the_substream_while_that_is_away(
    agent: AgentProcess, sim: SimServer, tmp_path: Path
) -> None:
    def camera() -> dict[str, object]:
        (one,) = agent.state()["cameras"]
        return dict(one)

    wait_until(lambda: camera()["main_state"] == "streaming", within_s=20, what="both streams are there")
    before = {alert["alert_id"] for alert in agent.state()["alerts"]}  # raised while only the substream was there
    first = wait_until(lambda: with_clip(agent, before), within_s=40, what="an alert with its clip")
    assert (camera()["width"], camera()["height"]) == (320, 240), "the substream is what is analysed"
    assert snapshot_size(agent, first) == (640, 480)
    with av.open(str(clip_file(tmp_path / "state", first))) as container:
        pictures = list(container.decode(video=0))
        assert (pictures[0].width, pictures[0].height) == (640, 480)
        assert len(pictures) >= 20

    sim.begin_fault("main", "refuse")
    wait_until(lambda: camera()["main_state"] == "backing_off", within_s=20, what="the main stream is lost")
    assert camera()["main_reason"]
    assert camera()["state"] == "streaming", "detection does not notice"
    known = {alert["alert_id"] for alert in agent.state()["alerts"]}
    second = wait_until(lambda: with_clip(agent, known), within_s=40, what="an alert with its clip")
    assert snapshot_size(agent, second) == (320, 240)
    sim.end_fault("main")
