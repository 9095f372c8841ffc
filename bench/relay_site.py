"""The relay's working parts as they stand in service: writer and delivery threads here, each gate a process of its own.

What ``patrol relay`` runs, without the page and the counts feed, on the bench city with as many units as wanted.
"""

import os
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final

import zmq
from msgspec.structs import replace
from sqlalchemy import case, func, select

from bench.bench_city import bench_city
from patrol_wire.codec import encode_mailbox_entry
from patrol_wire.ids import Micros, NodeName, Role, UnitId
from patrol_wire.keys import KeyPair, Peer, format_key_pair, format_peers
from patrol_wire.messages import MailboxEntry
from relay.app.collector import calm_collector
from relay.app.writer import Writer
from relay.core.city import City
from relay.core.field import CommitProgress, GateRole
from relay.core.policy import DeskPolicy
from relay.gate.gate_process import GateProcess
from relay.gate.gate_settings import GateSettings
from relay.gate.port import CorePort
from relay.notify.delivery import Delivery
from relay.ops.clock import MachineClock
from relay.store import mailboxes, reconcile
from relay.store.engine import reader_engine, sqlite_url, writer_engine
from relay.store.tables import incident, incident_history
from tests.support.field_desk import view
from tests.support.gate_site import free_port, new_pair, resident_bytes

_ROLES: Final = (GateRole.ROOMS, GateRole.TERMINALS)
_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """Who talks to each other: the same on every relay of a city."""

    relay: KeyPair
    rooms: list[KeyPair]
    terminals: list[KeyPair]


def new_keys(city: City) -> Keys:
    """Make a key pair for everybody."""
    return Keys(
        relay=new_pair("relay"),
        rooms=[new_pair(room.node) for room in city.rooms],
        terminals=[new_pair(unit.unit_id) for unit in city.units],
    )


class RelaySite:
    """Use as a context manager; rooms and terminals connect from another process (bench/field.py)."""

    def __init__(self, folder: Path, *, units_per_area: int, database: str = "", keys: Keys | None = None) -> None:
        """``database``: a URL instead of a SQLite file in the folder; ``keys``: those of another relay of this city."""
        self.city: City = bench_city(folder, units_per_area=units_per_area)
        keys = keys if keys is not None else new_keys(self.city)
        self.relay, self.rooms, self.terminals = keys.relay, keys.rooms, keys.terminals
        key_file, peers_file = folder / "relay.key", folder / "peers.toml"
        key_file.write_text(format_key_pair(self.relay), encoding="utf-8")
        peers = (*_peers(self.rooms, Role.ROOM), *_peers(self.terminals, Role.TERMINAL))
        peers_file.write_text(format_peers(peers), encoding="utf-8")
        self.endpoints = {role: f"tcp://127.0.0.1:{free_port()}" for role in _ROLES}
        self._gates = [
            GateProcess(
                GateSettings(
                    role=role,
                    bind=self.endpoints[role],
                    inside=_inside(folder, role),
                    key_file=key_file,
                    peers_file=peers_file,
                )
            )
            for role in _ROLES
        ]
        self._context: zmq.Context[zmq.Socket[bytes]] = zmq.Context()
        ports = {role: CorePort(self._context, gate=role, endpoint=_inside(folder, role)) for role in _ROLES}
        self.store = folder / "relay.sqlite3"
        url = database or sqlite_url(self.store)
        self._engine = writer_engine(url)
        clock = MachineClock()
        self.writer = Writer(
            self._engine,
            city=self.city,
            clock=clock,
            policy=DeskPolicy(offers_at_level=(1, 20, 40)),
            port=ports[GateRole.ROOMS],
        )
        self.writer.open()
        self._reader = reader_engine(url)
        self._delivery = Delivery(
            port=ports[GateRole.TERMINALS],
            reader=self._reader,
            submit=self.writer.submit,
            clock=clock,
            progress=self._progress,
        )
        self.writer.on_commit(lambda hint: self._delivery.hint(hint.units, hint.entries))

    def __enter__(self) -> "RelaySite":
        self.writer.start()
        self._delivery.start()
        for gate in self._gates:
            gate.start()
        calm_collector()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for gate in self._gates:
            gate.stop()
        self._delivery.stop()
        self.writer.stop()
        self._context.destroy(linger=0)
        self._reader.dispose()
        self._engine.dispose()

    def gate_cpu_s(self) -> float:
        """Return the CPU time both gate processes have used."""
        ticks = 0
        for gate in self._gates:
            fields = Path(f"/proc/{gate.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS_PER_S

    def gate_rss_mb(self) -> dict[str, float]:
        """Return the memory of each gate process."""
        return {
            gate.settings.role.value: round(resident_bytes(gate.pid) / 1e6, 1)
            for gate in self._gates
            if gate.pid is not None
        }

    def tell_everyone(self) -> float:
        """Put one entry into every mailbox in one transaction, hint as the writer does, return when (perf_counter).

        The transaction itself is not in the figure: what a storm of offers costs is what ``ingest`` measures.
        """
        unit_ids = [UnitId(pair.node) for pair in self.terminals]
        told = view()
        with self._engine.begin() as connection:
            known = mailboxes.load_marks(connection, unit_ids)
            marks = [
                mailboxes.MailboxMarks(unit_id=unit, head=known[unit].head + 1 if unit in known else 1)
                for unit in unit_ids
            ]
            at_us = Micros(MachineClock().now_us())
            entries = [MailboxEntry(cursor=mark.head, at=at_us, dispatch=told, page=True) for mark in marks]
            mailboxes.insert(
                connection,
                [
                    (mark.unit_id, mark.head, at_us, True, encode_mailbox_entry(entry))
                    for mark, entry in zip(marks, entries, strict=True)
                ],
            )
            mailboxes.insert_marks(connection, [mark for mark in marks if mark.unit_id not in known])
            mailboxes.update_marks(
                connection,
                [replace(known[mark.unit_id], head=mark.head) for mark in marks if mark.unit_id in known],
            )
        began = time.perf_counter()
        self._delivery.hint(unit_ids, {unit_id: (entry,) for unit_id, entry in zip(unit_ids, entries, strict=True)})
        return began

    def incidents(self) -> int:
        """Return how many incidents the store holds."""
        with self._reader.begin() as connection:
            return int(connection.execute(select(func.count()).select_from(incident)).scalar_one())

    def open_incidents(self) -> int:
        """Return how many of them are open."""
        with self._reader.begin() as connection:
            query = select(func.count()).select_from(incident).where(incident.c.is_open)
            return int(connection.execute(query).scalar_one())

    def happened_since(self, history_id: int) -> tuple[int, Counter[str]]:
        """Return the last line of all histories, and how often what happened since that one; ``climbed``: offered
        beyond the first level, or to nobody."""
        line = incident_history.c
        climbed = (line.change == "centre_told") | ((line.change == "offered") & (line.reason != "level 0"))
        change = case((climbed, "climbed"), else_=line.change)
        query = (
            select(change, func.count(), func.max(line.history_id)).where(line.history_id > history_id).group_by(change)
        )
        with self._reader.begin() as connection:
            rows = connection.execute(query).all()
        counts = Counter({str(row[0]): int(row[1]) for row in rows})
        return max((int(row[2]) for row in rows), default=history_id), counts

    def differences(self) -> list[str]:
        """Return what the store's own reconciliation finds wrong; nothing when every count is right."""
        with self._reader.begin() as connection:
            return reconcile.differences(connection)

    def _progress(self) -> CommitProgress:
        figures = self.writer.figures
        return CommitProgress(commits=figures.commits, last_commit_us=figures.last_commit_us)


def _peers(pairs: Sequence[KeyPair], role: Role) -> list[Peer]:
    return [Peer(node=NodeName(pair.node), role=role, public_key=pair.public_key) for pair in pairs]


def _inside(folder: Path, role: GateRole) -> str:
    return f"ipc://{folder}/{role.value}.sock"
