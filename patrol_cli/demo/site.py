"""The demo's folder: keys, peers, the city at the demo's scale, one configuration per program.

Owns files. The programs that read them are started by ``programs_of_site`` in run.py; tests build sites with it too.
"""

import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from patrol_cli.city_cut import cut_city
from patrol_cli.demo.plan import CONSUMER, UNITS, DemoRoom, camera_toml
from patrol_cli.key_files import edit_peer_list, fresh_pair, read_key_file, write_new_pair
from patrol_cli.relay import lay_out_site
from patrol_wire.ids import Role
from patrol_wire.keys import Peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """The ports of the relay's gates on this machine."""

    rooms: int
    terminals: int
    counts: int
    media: int

    @property
    def ports(self) -> tuple[int, int, int, int]:
        """All of them, in the order of ``lay_out_site``."""
        return (self.rooms, self.terminals, self.counts, self.media)


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """What the rooms detect with."""

    kind: str = "motion"
    model: str = "yolox-nano"
    models_dir: Path = Path("models")


def free_ports(count: int) -> list[int]:
    """Return so many different TCP ports of loopback that nobody listens on at the moment."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [int(held.getsockname()[1]) for held in sockets]
    finally:
        for held in sockets:
            held.close()


def free_gates() -> Gates:
    """Return a free port for each gate."""
    rooms, terminals, counts, media = free_ports(4)
    return Gates(rooms=rooms, terminals=terminals, counts=counts, media=media)


class Site:
    """A site in a folder of its own; the folder must not hold one already."""

    def __init__(self, folder: Path, rooms: Sequence[DemoRoom], *, detector: Detector | None = None) -> None:
        self.folder = folder
        self.rooms = tuple(rooms)
        self.detector = detector if detector is not None else Detector()
        self.gates = free_gates()
        self.relay_config = lay_out_site(folder, ports=self.gates.ports, web=0)
        self.relay_key_file = folder / "keys" / "centre.pub"
        self._admit()
        cut_city(folder / "city", rooms={room.name for room in self.rooms}, units=UNITS)
        for room in self.rooms:
            self._write_room(room)

    def key_file(self, node: str) -> Path:
        """Return where a node's secret key lies."""
        return self.folder / "keys" / f"{node}.key"

    def room_config(self, room: DemoRoom) -> Path:
        """Return a room's configuration file."""
        return self.folder / f"{room.name}.toml"

    def room_state(self, room: DemoRoom) -> Path:
        """Return the folder with a room's outbox and media."""
        return self.folder / "rooms" / room.name

    def _admit(self) -> None:
        nodes = [(room.name, Role.ROOM) for room in self.rooms]
        nodes += [(unit, Role.TERMINAL) for unit in UNITS]
        nodes.append((CONSUMER, Role.INDEX))
        peers: list[Peer] = []
        for node, role in nodes:
            pair = fresh_pair(node)
            write_new_pair(pair, self.folder / "keys")
            peers.append(Peer(node=pair.node, role=role, public_key=pair.public_key))
        edit_peer_list(self.folder / "peers.toml", lambda before: (*before, *peers))

    def _write_room(self, room: DemoRoom) -> None:
        self.room_state(room).mkdir(parents=True, exist_ok=True)
        lon, lat = room.cameras[0].place
        head = f"""# One room of the demo; every key is explained in config/edge.example.toml.
[room]
name = "{room.name}"
tier = "{room.tier}"
place = [{lon}, {lat}]

[paths]
state_dir = "{self.room_state(room)}"

[relay]
endpoints = ["tcp://127.0.0.1:{self.gates.rooms}"]
public_key = "{read_key_file(self.relay_key_file).public_key}"
key_file = "{self.key_file(room.name)}"

[console]
port = 0

[detector]
kind = "{self.detector.kind}"
model = "{self.detector.model}"
models_dir = "{self.detector.models_dir}"
"""
        text = head + "".join(camera_toml(camera) for camera in room.cameras)
        self.room_config(room).write_text(text, encoding="utf-8")
