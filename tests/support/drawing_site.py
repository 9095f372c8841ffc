"""A room whose technicians may draw: simulated cameras, a real agent, and somebody who knows a PIN."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from edge_agent.console.technicians import write_technician
from patrol_sim.cameras import SimCamera
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.agent_process import AgentProcess, running_agent
from tests.support.waiting import wait_until

TECHNICIAN, PIN = "li", "drawn-on-glass"
SCENE = SceneSettings(seed=5, width=320, height=240, fps=10, gop=10, duration_s=8.0, busy_share=0.8)
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "state"
[console]
port = 0
technicians_file = "technicians"
[wall]
map_file = "{areas}"
[log]
form = "json"
"""
CAMERA = """
[[camera]]
name = "{name}"
title = "{title}"
url = "{url}"
pre_roll_s = 1.0
post_roll_s = 1.0
look_back_s = 5.0
"""
RULE = """
  # the part that a person wrote
  [[camera.zone]]
  name = "street"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.rule]]
  name = "in-the-street"
  kind = "intrusion"
  zone = "street"
  cool_down_s = 2.0
"""
SQUARE = [[0.1, 0.1], [0.4, 0.1], [0.4, 0.4], [0.1, 0.4]]
EVERYWHERE = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]


@dataclass(slots=True)
class DrawingSite:
    """The running room."""

    agent: AgentProcess
    folder: Path
    token: str = ""
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """Where its pages are."""
        return str(self.agent.http.base_url).rstrip("/")

    def sign_on(self) -> None:
        """Show the PIN; everything asked from now on is the technician's."""
        done = self.agent.http.post("/api/v1/technician/sign-on", json={"name": TECHNICIAN, "pin": PIN})
        assert done.status_code == 201, done.text
        self.token = done.json()["token"]
        self.headers = {"X-Technician": self.token}

    def get(self, path: str) -> Any:
        """Read as the technician."""
        answer = self.agent.http.get(f"/api/v1{path}", headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """Act as the technician."""
        return self.agent.http.post(f"/api/v1{path}", json=body, headers=self.headers)

    def drawn(self, camera: str) -> Any:
        """Return what is drawn on a camera."""
        return self.get(f"/drawings/{camera}")

    def version(self, camera: str) -> int:
        """Return the version of a camera in force."""
        return int(self.drawn(camera)["version"])

    def save(
        self, camera: str, drawing: dict[str, Any], *, on_version: int, reason: str = "tried", masks: int = 0
    ) -> Any:
        """Put a drawing in force; return how the camera stands."""
        body = {"drawing": drawing, "on_version": on_version, "reason": reason, "confirmed_masks": masks}
        answer = self.post(f"/drawings/{camera}", body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["problems"] == []
        return answer.json()["drawn"]

    def camera(self, name: str) -> Any:
        """Return a camera of the state."""
        return next(one for one in self.agent.state()["cameras"] if one["name"] == name)


def rule(name: str, zone: str, **keys: Any) -> dict[str, Any]:
    """Return an intrusion rule."""
    return {"name": name, "kind": "intrusion", "zone": zone, "cool_down_s": 1.0, **keys}


def write_room(folder: Path, sim: SimServer) -> Path:
    """Write the files of a room with the cameras gate (which has a rule) and yard (which has none)."""
    config = folder / "room.toml"
    gate = CAMERA.format(name="gate", title="东门", url=sim.url("gate"))
    yard = CAMERA.format(name="yard", title="后院", url=sim.url("yard"))
    areas = Path(__file__).resolve().parents[2] / "config" / "city" / "areas.geojson"
    config.write_text(ROOM.format(areas=areas) + gate + RULE + yard, encoding="utf-8")
    write_technician(folder / "technicians", TECHNICIAN, PIN)
    return config


@contextmanager
def street_cameras() -> Iterator[SimServer]:
    """Serve the two cameras."""
    cameras = [SimCamera(name=name, source=SCENE, offset_s=float(at)) for at, name in enumerate(("gate", "yard"))]
    with SimServer(cameras) as sim:
        yield sim


@contextmanager
def running_site(folder: Path, config: Path) -> Iterator[DrawingSite]:
    """Start the agent of a written room and end it with the test."""
    with running_agent(config, state_dir=folder / "state", log=folder / "log") as agent:
        wait_until(
            lambda: all(one["state"] == "streaming" and one["analysed"] > 5 for one in agent.state()["cameras"]),
            within_s=40,
            what="both cameras are analysed",
        )
        yield DrawingSite(agent=agent, folder=folder)
