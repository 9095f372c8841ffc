"""A room as its operators have it: nine simulated cameras, a real agent, and a relay that the test may stop."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from patrol_sim.cameras import SimCamera
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.film_room import relay_table
from tests.support.relay_peer import RelayPeer
from tests.support.waiting import wait_until

CAMERAS = {
    "gate": "东门",
    "yard": "后院",
    "market": "菜市场",
    "school": "实验小学",
    "bridge": "人民桥",
    "park": "中山公园",
    "station": "火车站",
    "harbour": "码头",
    "theatre": "大剧院",
}
"""Name and title, in the order of the wall."""
WATCHED = ("gate", "market")
"""Cameras with a rule, so that the machine has something to suggest."""

_ROOM = """
[room]
name = "room-a"
place = [121.47, 31.23]
[paths]
state_dir = "{state}"
[console]
port = 0
[log]
form = "json"
{relay}"""
_CAMERA = """
[[camera]]
name = "{name}"
title = "{title}"
url = "{url}"
stall_after_s = 2.0
pre_roll_s = 1.0
post_roll_s = 1.0
look_back_s = 10.0
"""
_RULE = """
  [[camera.zone]]
  name = "street"
  polygon = [[0.05, 0.45], [0.95, 0.45], [0.95, 0.95], [0.05, 0.95]]
  [[camera.rule]]
  name = "in-the-street"
  kind = "intrusion"
  zone = "street"
  severity = "high"
  cool_down_s = 5.0
"""
_SET = """
[[camera_set]]
name = "{name}"
title = "{title}"
cameras = {cameras}
dwell_s = 2.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSite:
    """The parts of a running room."""

    sim: SimServer
    relay: RelayPeer
    agent: AgentProcess

    @property
    def base_url(self) -> str:
        """Where its pages are."""
        return str(self.agent.http.base_url).rstrip("/")


@contextmanager
def running_room(folder: Path, *, width: int = 320, height: int = 180, noise: float = 2.0) -> Iterator[RoomSite]:
    """Start cameras, relay and agent; end them with the test. ``noise`` is the sensors', in grey levels."""
    scenes = [
        SceneSettings(
            seed=seed, width=width, height=height, fps=10, gop=10, duration_s=8.0, busy_share=0.6, noise=noise
        )
        for seed in (5, 6, 7)
    ]
    cameras = [
        SimCamera(name=name, source=scenes[number % 3], offset_s=float(number)) for number, name in enumerate(CAMERAS)
    ]
    relay = RelayPeer()
    relay.start()
    try:
        with SimServer(cameras, control_port=None) as sim:
            config = _write(folder, sim, relay)
            with running_agent(config, state_dir=folder / "state", log=folder / "log") as agent:
                wait_until(lambda: _all_stream(agent), within_s=180, what="all cameras stream")
                yield RoomSite(sim=sim, relay=relay, agent=agent)
    finally:
        relay.stop()


def _all_stream(agent: AgentProcess) -> bool:
    return all(camera["state"] == "streaming" for camera in agent.state()["cameras"])


def _write(folder: Path, sim: SimServer, relay: RelayPeer) -> Path:
    relay_part = relay_table(folder, relay, further="test_alert_every_s = 0.0\n")
    parts = [_ROOM.format(state=folder / "state", relay=relay_part)]
    for name, title in CAMERAS.items():
        parts.append(_CAMERA.format(name=name, title=title, url=sim.url(name)))
        if name in WATCHED:
            parts.append(_RULE)
    names = list(CAMERAS)
    parts.append(_SET.format(name="all", title="全部", cameras=str(names).replace("'", '"')))
    parts.append(_SET.format(name="entrances", title="出入口", cameras='["gate", "station"]'))
    config = folder / "room.toml"
    config.write_text("".join(parts), encoding="utf-8")
    return config
