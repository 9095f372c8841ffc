"""A room whose cameras' past lies on its disk: a flag's clip is cut out of it, and nobody can read the rest."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import av
import pytest

from edge_agent.outbox.alert_rows import find
from edge_agent.outbox.file_checks import open_reader
from edge_agent.outbox.store import FILE_NAME
from patrol_sim.cameras import SimCamera
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.waiting import wait_until

STREET = SceneSettings(seed=3, fps=10, gop=10, duration_s=10.0, busy_share=0.5, width=320, height=240)
LOOK_BACK_S = 9
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
[evidence]
past_on_disk = {on_disk}
[[camera]]
name = "gate"
url = "{url}"
post_roll_s = 1.0
"""


@pytest.fixture(scope="module")
def sim() -> Iterator[SimServer]:
    with SimServer([SimCamera(name="gate", source=STREET)]) as server:
        yield server


def room(folder: Path, sim: SimServer, *, on_disk: str) -> Path:
    config = folder / "room.toml"
    config.write_text(ROOM.format(state=folder / "state", url=sim.url("gate"), on_disk=on_disk))
    return config


def metric(agent: AgentProcess, name: str) -> float:
    (line,) = [line for line in agent.http.get("/metrics").text.splitlines() if line.startswith(f"{name} ")]
    return float(line.split()[1])


def clip_of(state: Path, alert_id: str) -> Path:
    with contextlib.closing(open_reader(state / FILE_NAME)) as connection:
        row = find(connection, alert_id)
    assert row is not None
    assert row.clip is not None
    (path,) = (state / "media").glob(f"??/{row.clip}*")
    return path


def test_a_clip_of_seconds_that_left_the_memory_is_whole(sim: SimServer, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running_agent(room(tmp_path, sim, on_disk="true"), state_dir=state, log=tmp_path / "log") as agent:
        wait_until(
            lambda: metric(agent, "patrol_room_ring_disk_bytes") > 2 * metric(agent, "patrol_room_ring_bytes") > 0,
            within_s=40,
            what="most of the past is on the disk",
        )
        wait_until(lambda: agent.state()["cameras"][0]["packets"] > 130, within_s=20, what="it is long enough")
        past = agent.state()["past"]
        assert past["disk_bytes"] > past["memory_bytes"] > 0
        assert (past["reason"], past["kept_in_memory"]) == ("", {})
        flag = {"camera": "gate", "category": "other", "operator": "op-1", "look_back_s": LOOK_BACK_S}
        alert_id = agent.http.post("/api/v1/flags", json=flag).json()["alert_id"]
        wait_until(lambda: agent.state()["alerts"][0]["has_clip"], within_s=20, what="the flag has its clip")
        with av.open(str(clip_of(state, alert_id))) as container:
            pictures = [frame.is_corrupt for frame in container.decode(video=0)]
        assert not any(pictures)
        # The look-back and the post-roll at ten a second, and up to a second before for the keyframe.
        assert LOOK_BACK_S * 10 + 9 <= len(pictures) <= LOOK_BACK_S * 10 + 25


def test_a_room_that_wants_its_past_in_memory_writes_none_of_it(sim: SimServer, tmp_path: Path) -> None:
    state = tmp_path / "state"
    with running_agent(room(tmp_path, sim, on_disk="false"), state_dir=state, log=tmp_path / "log") as agent:
        wait_until(lambda: agent.state()["cameras"][0]["packets"] > 70, within_s=40, what="seconds are kept")
        assert agent.state()["past"]["disk_bytes"] == 0
        held = [path.readlink() for path in Path(f"/proc/{agent.process.pid}/fd").iterdir()]
        assert not [path for path in held if path.parent == state / "media"]
