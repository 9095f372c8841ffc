"""The nemesis's site: a folder with a relay, rooms without cameras, two units and one consumer of the counts.

Owns files. What runs on them is ``actors.py``'s.
"""

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from patrol_cli.city_cut import cut_city
from patrol_cli.demo.site import Gates, free_ports
from patrol_cli.key_files import edit_peer_list, fresh_pair, read_key_file, write_new_pair
from patrol_cli.relay import lay_out_site
from patrol_wire.ids import Role
from patrol_wire.keys import Peer
from relay.store.engine import sqlite_url

UNITS: Final = ("unit-t01-c01", "unit-t01-c02")
CONSUMER: Final = "index-nemesis"
MEDIA: Final = "media"
"""Name of the way on which all rooms send evidence."""
_CAMERAS: Final = 2
_MOVED: Final = "moved"
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NemesisRelay:
    """One relay of the site."""

    name: str
    config: Path
    gates: Gates
    media_way: int
    """Port of the way to its media gate, which it tells the rooms."""


class NemesisSite:
    """A site in a new folder; ends the command when the folder holds one already."""

    def __init__(self, folder: Path, rooms: int, *, database: str = "", nodes: int = 1) -> None:
        """``database`` is the URL of the relays' store; without it the store is a file, and there is one relay."""
        self.folder = folder.absolute()
        self.store_url = database or sqlite_url(self.folder / "state" / "relay.sqlite3")
        ports = iter(free_ports(5 * nodes))
        gates = [
            Gates(rooms=next(ports), terminals=next(ports), counts=next(ports), media=next(ports)) for _ in range(nodes)
        ]
        first = self._lay_out(gates[0], next(ports))
        more = [self._lay_out_another(number, other, first, next(ports)) for number, other in enumerate(gates[1:], 2)]
        self.relays = (first, *more)
        self.rooms = _choose_rooms(self.folder / "city", rooms)
        self.relay_key_file = self.folder / "keys" / "centre.pub"
        self.relay_key = read_key_file(self.relay_key_file).public_key
        self._admit()
        names = {room.node for room in self.rooms}
        cut_city(self.folder / "city", rooms=names, units=UNITS)
        for name in ("histories", "clocks"):
            (self.folder / name).mkdir()
        for node in names:
            (self.folder / "rooms" / node).mkdir(parents=True)

    def media_ways(self) -> dict[str, tuple[int, int]]:
        """Return the ways of all rooms to the media gates: by name the gate's port, and where rooms come in."""
        return {
            MEDIA if relay is self.relays[0] else f"{MEDIA}@{relay.name}": (relay.gates.media, relay.media_way)
            for relay in self.relays
        }

    def ways(self, peer: str) -> dict[str, int]:
        """Return the names of a peer's ways, one to each relay, and the port of the gate where each ends."""
        return {
            peer if relay is self.relays[0] else f"{peer}@{relay.name}": _gate_of(peer, relay.gates)
            for relay in self.relays
        }

    def peers(self) -> tuple[str, ...]:
        """Return every peer of the relay."""
        return (*(room.node for room in self.rooms), *UNITS, CONSUMER)

    def key_file(self, peer: str) -> Path:
        """Return where a peer's secret key lies."""
        return self.folder / "keys" / f"{peer}.key"

    def _lay_out(self, gates: Gates, media_way: int) -> NemesisRelay:
        """Write the first relay's configuration, with the keys, the peer list and the city of all."""
        config = lay_out_site(self.folder, ports=gates.ports, web=0)
        with config.open("a", encoding="utf-8") as text:
            text.write(_ESCALATION)
            text.write(f"\n[database]\nurl = {json.dumps(self.store_url)}\n")
            text.write(f"\n[media]\n{_told(media_way)}")
        return NemesisRelay(name="relay", config=config, gates=gates, media_way=media_way)

    def _lay_out_another(self, number: int, gates: Gates, first: NemesisRelay, media_way: int) -> NemesisRelay:
        """Write the configuration of a relay beside the first one: other ports and sockets, the rest the same."""
        text = first.config.read_text(encoding="utf-8").replace('run_dir = "run"', f'run_dir = "run-{number}"')
        for before, after in zip(first.gates.ports, gates.ports, strict=True):
            text = text.replace(f'tcp://127.0.0.1:{before}"', f'tcp://127.0.0.1:{after}"')
        text = text.replace(_told(first.media_way), _told(media_way))
        config = self.folder / f"relay-{number}.toml"
        config.write_text(text, encoding="utf-8")
        return NemesisRelay(name=f"relay-{number}", config=config, gates=gates, media_way=media_way)

    def _admit(self) -> None:
        peers: list[Peer] = []
        for node in self.peers():
            pair = fresh_pair(node)
            write_new_pair(pair, self.folder / "keys")
            role = Role.TERMINAL if node in UNITS else Role.INDEX if node == CONSUMER else Role.ROOM
            peers.append(Peer(node=pair.node, role=role, public_key=pair.public_key))
        edit_peer_list(self.folder / "peers.toml", lambda before: (*before, *peers))


def _told(port: int) -> str:
    return f"told_port = {port}\n"


def _gate_of(peer: str, gates: Gates) -> int:
    if peer in UNITS:
        return gates.terminals
    return gates.counts if peer == CONSUMER else gates.rooms


def clock_path(folder: Path, name: str) -> Path:
    """Return where the offset of a program's clock lies."""
    return folder / "clocks" / name


def clocks_were_moved(folder: Path) -> bool:
    """Tell whether the run set clocks wrong: moments of different programs cannot be compared then."""
    return (folder / "clocks" / _MOVED).exists()


def note_moved_clocks(folder: Path) -> None:
    """Remember it for the check."""
    (folder / "clocks" / _MOVED).touch()


def content_path(folder: Path, sha256: str) -> Path:
    """Return where the relays keep content that a room has sent."""
    return folder / "state" / "media" / sha256[:2] / sha256


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
