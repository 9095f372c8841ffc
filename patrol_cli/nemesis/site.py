"""The nemesis's site: a folder with a relay, rooms without cameras, two units and one consumer of the counts.

Owns files. What runs on them is ``actors.py``'s.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from patrol_cli.demo.site import free_gates, keep_rows
from patrol_cli.key_files import edit_peer_list, fresh_pair, read_key_file, write_new_pair
from patrol_cli.relay import lay_out_site
from patrol_wire.ids import Role
from patrol_wire.keys import Peer
from relay.store.engine import sqlite_url

UNITS: Final = ("unit-t01-c01", "unit-t01-c02")
CONSUMER: Final = "index-nemesis"
_CAMERAS: Final = 2
_ESCALATION: Final = """
[escalation.answer_s]  # short, so that timers ring while things are broken
critical = 2.0
high = 2.0
normal = 3.0
low = 4.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NemesisRoom:
    """A simulated room and where its two cameras stand (longitude, latitude)."""

    node: str
    places: tuple[tuple[float, float], ...]


class NemesisSite:
    """A site in a new folder; ends the command when the folder holds one already."""

    def __init__(self, folder: Path, rooms: int, *, database: str = "") -> None:
        """``database`` is the URL of the relay's store; without it the store is a file in the folder."""
        self.folder = folder.absolute()
        self.store_url = database or sqlite_url(self.folder / "state" / "relay.sqlite3")
        self.gates = free_gates()
        self.relay_config = lay_out_site(self.folder, ports=self.gates.ports, web=0)
        with self.relay_config.open("a", encoding="utf-8") as config:
            config.write(_ESCALATION)
            config.write(f"\n[database]\nurl = {json.dumps(self.store_url)}\n")
        self.rooms = _choose_rooms(self.folder / "city", rooms)
        self.relay_key_file = self.folder / "keys" / "centre.pub"
        self.relay_key = read_key_file(self.relay_key_file).public_key
        self._admit()
        nodes = {room.node for room in self.rooms}
        keep_rows(self.folder / "city" / "rooms.csv", "node", nodes)
        keep_rows(self.folder / "city" / "units.csv", "unit_id", set(UNITS))
        (self.folder / "histories").mkdir()
        for node in nodes:
            (self.folder / "rooms" / node).mkdir(parents=True)

    def gate_port(self, peer: str) -> int:
        """Return the port of the gate a peer belongs to."""
        if peer in UNITS:
            return self.gates.terminals
        return self.gates.counts if peer == CONSUMER else self.gates.rooms

    def peers(self) -> tuple[str, ...]:
        """Return every peer of the relay."""
        return (*(room.node for room in self.rooms), *UNITS, CONSUMER)

    def key_file(self, peer: str) -> Path:
        """Return where a peer's secret key lies."""
        return self.folder / "keys" / f"{peer}.key"

    def _admit(self) -> None:
        peers: list[Peer] = []
        for node in self.peers():
            pair = fresh_pair(node)
            write_new_pair(pair, self.folder / "keys")
            role = Role.TERMINAL if node in UNITS else Role.INDEX if node == CONSUMER else Role.ROOM
            peers.append(Peer(node=pair.node, role=role, public_key=pair.public_key))
        edit_peer_list(self.folder / "peers.toml", lambda before: (*before, *peers))


def state_path(folder: Path, peer: str) -> Path:
    """Return where a unit or the consumer keeps its state."""
    return folder / f"{peer}.state"


def _choose_rooms(city: Path, count: int) -> tuple[NemesisRoom, ...]:
    """Return the city's first rooms that have cameras."""
    with (city / "cameras.csv").open(encoding="utf-8", newline="") as file:
        cameras: dict[str, list[tuple[float, float]]] = {}
        for row in csv.DictReader(file):
            cameras.setdefault(row["room"], []).append((float(row["lon"]), float(row["lat"])))
    chosen = [node for node, places in cameras.items() if len(places) >= _CAMERAS][:count]
    return tuple(NemesisRoom(node=node, places=tuple(cameras[node][:_CAMERAS])) for node in chosen)
