"""The day's folder: the demo city with the units that have a terminal, keys for all, one relay's configuration."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from patrol_cli.city_cut import cut_city, read_rows_of
from patrol_cli.day.plan import Camera
from patrol_cli.demo.plan import CONSUMER
from patrol_cli.demo.site import free_gates
from patrol_cli.key_files import edit_peer_list, fresh_pair, read_key_file, write_new_pair
from patrol_cli.relay import lay_out_site
from patrol_wire.ids import Role
from patrol_wire.keys import KeyPair, Peer

WORKERS_PER_COMMUNITY: Final = 1
"""Grid workers with a terminal; with all 7,000 the day would be played on the terminals' own CPU time."""
_PRESENCE: Final = """
[presence]  # the clock jumps between happenings; peers ping in real time, a few hours of the day apart
late_after_s = 43200.0
lost_after_s = 86400.0
"""


class DaySite:
    """A site in a folder of its own; the folder must not hold one already."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.gates = free_gates()
        self.relay_config = lay_out_site(self.folder, ports=self.gates.ports, web=0)
        with self.relay_config.open("a", encoding="utf-8") as text:
            text.write(_PRESENCE)
        city = self.folder / "city"
        self.rooms = tuple(row["node"] for row in read_rows_of(city, "rooms.csv"))
        self.places = _chosen_units(read_rows_of(city, "units.csv"))
        """Units with a terminal, and where each stands."""
        cut_city(city, rooms=self.rooms, units=self.places, with_roster=True)
        self.cameras = tuple(
            Camera(room=row["room"], camera=row["camera"], place=(float(row["lon"]), float(row["lat"])))
            for row in read_rows_of(city, "cameras.csv")
        )
        self.relay_key_file = self.folder / "keys" / "centre.pub"
        self.relay_key = read_key_file(self.relay_key_file).public_key
        self.terminals: Mapping[str, KeyPair] = {unit_id: fresh_pair(unit_id) for unit_id in self.places}
        self._admit()

    @property
    def clock_file(self) -> Path:
        """Where the shared offset lies."""
        return self.folder / "clock"

    @property
    def store_file(self) -> Path:
        """The relay's store."""
        return self.folder / "state" / "relay.sqlite3"

    def key_file(self, node: str) -> Path:
        """Return where a node's secret key lies."""
        return self.folder / "keys" / f"{node}.key"

    def _admit(self) -> None:
        peers: list[Peer] = []
        for node, role in (*((room, Role.ROOM) for room in self.rooms), (CONSUMER, Role.INDEX)):
            pair = fresh_pair(node)
            write_new_pair(pair, self.folder / "keys")
            peers.append(Peer(node=pair.node, role=role, public_key=pair.public_key))
        peers += [
            Peer(node=pair.node, role=Role.TERMINAL, public_key=pair.public_key) for pair in self.terminals.values()
        ]
        edit_peer_list(self.folder / "peers.toml", lambda before: (*before, *peers))


def _chosen_units(rows: list[dict[str, str]]) -> dict[str, tuple[float, float]]:
    found: dict[str, tuple[float, float]] = {}
    workers: dict[str, int] = {}
    for row in rows:
        if row["force"] == "grid_worker":
            community = row["unit_id"].rpartition("-")[0]
            workers[community] = workers.get(community, 0) + 1
            if workers[community] > WORKERS_PER_COMMUNITY:
                continue
        found[row["unit_id"]] = (float(row["lon"]), float(row["lat"]))
    return found
