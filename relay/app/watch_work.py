"""What one transaction learns of watching: attestations, camera-hours and patrol-hours, operators' shifts.

Everything is stored with the record or command it comes from, so it counts once or not at all. A report whose time
cannot be true counts for nothing: a gap is honest, an hour that nobody watched is not.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from sqlalchemy import Connection

from patrol_wire.ids import NodeName, UnitId
from patrol_wire.records import Attestation, RoomHealth, ShiftEntry
from relay.core.attesting import NOTHING, Attested, differing, doubts_of, follows, missing_records
from relay.core.city import City
from relay.core.city_days import by_day, is_day
from relay.core.clocking import occurrence
from relay.core.exposure import credited
from relay.core.ids import UNMAPPED
from relay.core.policy import MICROS, DeskPolicy
from relay.core.watches import WatchShift, follow, lost_by
from relay.store import attestations, exposure, watch_shifts
from relay.store.exposure import DayKey, RoomTime, WatchKind

_DETAIL = 500


class _Said(NamedTuple):
    nth: int
    node: NodeName
    epoch: int
    body: Attestation


class _Watched(NamedTuple):
    name: str
    at_us: int
    area_id: str
    cameras: int


class WatchWork:
    """Lives as long as one transaction; ``connection`` is inside it."""

    def __init__(self, connection: Connection, *, city: City, policy: DeskPolicy, now_us: int) -> None:
        self._connection = connection
        self._city = city
        self._policy = policy
        self._now_us = now_us
        self._said: list[_Said] = []
        self._rooms: list[_Watched] = []
        self._units: list[_Watched] = []
        self._settled: dict[str, int] = {}
        self._entries: list[tuple[NodeName, int, ShiftEntry]] = []

    def attest(self, nth: int, node: NodeName, epoch: int, body: Attestation) -> tuple[str, str] | None:
        """Take an attestation, the nth record of its burst; return reason and detail for the dead letters, or None."""
        if not is_day(body.day):
            return ("bad_day", f"{body.day!r} is no day; an attestation names one like 2026-11-23")
        self._said.append(_Said(nth, node, epoch, body))
        return None

    def report(self, node: NodeName, body: RoomHealth) -> None:
        """Take a room's report of how many of its cameras stream."""
        happened = occurrence(claimed_us=body.at, suspect=False, received_us=self._now_us, policy=self._policy)
        if happened.reason:
            return
        room = self._city.room_by_node.get(node)
        area_id = room.area_id if room is not None and room.area_id is not None else UNMAPPED
        self._rooms.append(_Watched(node, body.at, area_id, body.cameras_streaming))

    def shift(self, node: NodeName, epoch: int, body: ShiftEntry) -> None:
        """Take a line of a room's shift log."""
        if body.shift_id is not None:  # an agent that keeps no shifts tells lines that belong to none
            self._entries.append((node, epoch, body))

    def patrol(self, unit_id: UnitId, at_us: int, place: tuple[float, float] | None) -> None:
        """Take that a unit on duty was heard of, and where it is taken to be."""
        area_id = self._city.area_of(*place) if place is not None else None
        self._units.append(_Watched(unit_id, at_us, area_id or UNMAPPED, 1))

    def duty_changed(self, unit_id: UnitId, at_us: int) -> None:
        """Take that a unit goes on or off duty: its time up to here is settled, without crediting any."""
        self._settled[unit_id] = at_us

    def store(self, logged_before: int) -> None:
        """Store what was taken, once the records are in the log, behind this number, and its dead letters."""
        for said in self._said:
            attestations.insert(self._connection, [self._compared(said, logged_before)])
        if self._rooms:
            self._store_rooms()
        if self._units or self._settled:
            self._store_units()
        if self._entries:
            self._store_shifts()

    def _compared(self, said: _Said, logged_before: int) -> Attested:
        body, node, epoch = said.body, said.node, said.epoch
        previous = attestations.previous_last_seq(self._connection, node, epoch)
        found = NOTHING
        # Ranges that follow on one another are read once each, whatever a room sends.
        if body.first_seq and (previous is None or follows(body.first_seq, previous)):
            found = attestations.in_log(self._connection, node, epoch, first_seq=body.first_seq, last_seq=body.last_seq)
        missing = missing_records(found, first_seq=body.first_seq, last_seq=body.last_seq) if body.first_seq else 0
        doubts = doubts_of(
            body.alerts,
            found,
            first_seq=body.first_seq,
            last_seq=body.last_seq,
            refused=body.refused,
            previous_last_seq=previous,
            known_by_another_epoch=previous is None and attestations.has_another_epoch(self._connection, node, epoch),
        )
        differences = differing(body.alerts, found.alerts) if doubts else {}
        detail = ", ".join(f"{name}: room {one}, here {other}" for name, (one, other) in differences.items())
        return Attested(
            log_id=logged_before + said.nth,
            node=node,
            epoch=epoch,
            day=body.day,
            first_seq=body.first_seq,
            last_seq=body.last_seq,
            alerts=sum(body.alerts.values()),
            refused=body.refused,
            camera_seconds=body.camera_seconds,
            found=sum(found.alerts.values()),
            unusable=found.unusable,
            missing=missing,
            doubts=doubts,
            detail=detail[:_DETAIL],
            received_us=self._now_us,
        )

    def _store_shifts(self) -> None:
        named = {body.shift_id for _, _, body in self._entries if body.shift_id is not None}
        known = watch_shifts.load(self._connection, named, {node for node, _, _ in self._entries})
        now = {(shift.node, shift.shift_id): shift for shift in known}
        before = dict(now)
        for node, epoch, body in self._entries:
            at = occurrence(claimed_us=body.at, suspect=False, received_us=self._now_us, policy=self._policy)
            of_room = [shift for shift in now.values() if shift.node == node]
            followed = follow(now.get((node, body.shift_id or "")), body, node=node, epoch=epoch, at_us=at.at_us)
            ended = lost_by(body, of_room, epoch=epoch, at_us=at.at_us)
            for shift in (*ended, *((followed,) if followed is not None else ())):
                now[(shift.node, shift.shift_id)] = shift
        changed: dict[bool, list[WatchShift]] = {True: [], False: []}
        for key, shift in now.items():
            if shift is not before.get(key):
                changed[key in before].append(shift)
        watch_shifts.store(self._connection, fresh=changed[False], changed=changed[True])

    def _store_rooms(self) -> None:
        added: dict[DayKey, RoomTime] = {}

        def add(key: DayKey, time_us: int, heard: _Watched) -> None:
            before = added.get(key, RoomTime(0, 0))
            watched_us = time_us if heard.cameras else 0
            added[key] = RoomTime(before.watched_us + watched_us, before.camera_us + time_us * heard.cameras)

        self._credit(WatchKind.ROOM, self._rooms, longest_s=self._policy.watch_gap_s, add=add)
        exposure.add_rooms(self._connection, added)

    def _store_units(self) -> None:
        added: dict[DayKey, int] = {}

        def add(key: DayKey, time_us: int, _heard: _Watched) -> None:
            added[key] = added.get(key, 0) + time_us

        self._credit(WatchKind.UNIT, self._units, longest_s=self._policy.patrol_gap_s, add=add, settled=self._settled)
        exposure.add_units(self._connection, added)

    def _credit(
        self,
        kind: WatchKind,
        heard: list[_Watched],
        *,
        longest_s: float,
        add: Callable[[DayKey, int, _Watched], None],
        settled: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        known = exposure.load_marks(self._connection, kind, {one.name for one in heard} | settled.keys())
        marks = dict(known)
        for one in heard:
            span = credited(marks.get(one.name), one.at_us, longest_us=int(longest_s * MICROS))
            if span is None:
                continue
            marks[one.name] = span.to_us
            for day, time_us in by_day(*span, self._city.zone):
                add(DayKey(day, one.name, one.area_id), time_us, one)
        for name, at_us in settled.items():
            marks[name] = max(at_us, marks.get(name, at_us))
        exposure.store_marks(self._connection, kind, known, marks)
