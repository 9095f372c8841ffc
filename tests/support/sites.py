"""A whole site as processes, with simulated cameras, for tests that kill and cut things."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from patrol_cli.demo.plan import plan_rooms
from patrol_cli.demo.processes import Program, Programs, says
from patrol_cli.demo.run import start_relay
from patrol_cli.demo.site import Detector, Site
from patrol_sim.server import SimServer


@dataclass(slots=True)
class RoomHandle:
    """One room's agent and its console."""

    name: str
    program: Program
    url: str
    camera: str


class LiveSite:
    """Relay and rooms that tests may kill and start again; the store and the consoles are looked at from outside."""

    def __init__(self, site: Site, programs: Programs, client: httpx.Client) -> None:
        self.site = site
        self.programs = programs
        self.client = client
        self.relay, self.relay_ready = start_relay(programs, site)
        self.rooms: dict[str, RoomHandle] = {}
        for room in site.rooms:
            self.start_room(room.name)

    def start_room(self, name: str) -> RoomHandle:
        room = next(room for room in self.site.rooms if room.name == name)
        again = sum(program.name.startswith(name + "-run") for program in self.programs.all())
        program = self.programs.start(
            f"{name}-run{again + 1}", "edge_agent", ["--config", str(self.site.room_config(room))]
        )
        ready = self.programs.await_ready(program, says("agent_ready"), within_s=30)
        handle = RoomHandle(name, program, f"http://127.0.0.1:{ready['port']}", room.cameras[0].name)
        self.rooms[name] = handle
        return handle

    def restart_relay(self) -> None:
        again = sum(program.name.startswith("relay") for program in self.programs.all())
        self.relay = self.programs.start(f"relay-run{again + 1}", "relay", ["--config", str(self.site.relay_config)])
        self.relay_ready = self.programs.await_ready(self.relay, says("relay_ready"), within_s=30)

    def flag(self, room: str, note: str) -> str:
        """Press a flag; return its alert id once the room said it is durable."""
        handle = self.rooms[room]
        asked = {"camera": handle.camera, "category": "disorder", "operator": "op-1", "note": note}
        answer = self.client.post(f"{handle.url}/api/v1/flags", json=asked)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["alert_id"])

    def state(self, room: str) -> dict[str, Any]:
        answer = self.client.get(f"{self.rooms[room].url}/api/v1/state")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def pending(self) -> int:
        """Return how many records of all rooms the relay has not acknowledged."""
        return sum(sum(self.state(room)["outbox"]["pending"].values()) for room in self.rooms)

    def stored(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """Ask the relay's store, read-only, beside the running relay."""
        path = self.site.folder / "state" / "relay.sqlite3"
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            return connection.execute(query, values).fetchall()
        finally:
            connection.close()

    def differences(self) -> list[str]:
        """Return what the relay's own check finds."""
        answer = self.client.get(self.relay_ready["web"] + "api/v1/reconcile")
        assert answer.status_code == 200, answer.text
        found: list[str] = answer.json()["differences"]
        return found


@contextmanager
def live_site(
    folder: Path,
    cameras: SimServer,
    *,
    rooms: int = 3,
    detector: Detector | None = None,
    changed: Callable[[Site, str], str] | None = None,
) -> Iterator[LiveSite]:
    """Run a site with the simulator's cameras in the first ``rooms`` rooms; everything ends with the block.

    ``changed`` gives a room's file as the test wants it.
    """
    planned = plan_rooms([(name, cameras.url(name)) for name in cameras.names])
    site = Site(folder / "site", planned[:rooms], detector=detector)
    if changed is not None:
        for room in site.rooms:
            config = site.room_config(room)
            config.write_text(changed(site, config.read_text(encoding="utf-8")), encoding="utf-8")
    with Programs(folder / "logs") as programs, httpx.Client(timeout=5, trust_env=False) as client:
        yield LiveSite(site, programs, client)
