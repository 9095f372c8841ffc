"""A room that has alerts to send: the records, their chain and their batches, as its outbox would hold them."""

import os
from enum import StrEnum
from typing import Final

from bench.bench_city import room_place, spread_place
from patrol_wire.ids import Forward, Severity, Stream
from patrol_wire.limits import MAX_BATCH_RECORDS
from patrol_wire.records import Alert, Place
from patrol_wire.uuid7 import RANDOM_BYTES, uuid7
from relay.core.field import FieldMessage
from tests.support.room_sender import RoomSender

BATCH_RECORDS: Final = MAX_BATCH_RECORDS


class Mix(StrEnum):
    """What the alerts have to do with each other."""

    FOLD = "fold"
    """All alerts of a room belong to one incident: a flapping rule."""
    NEW = "new"
    """Each alert is an incident of its own, counted, and offered to one unit: the worst case. The cameras are known:
    each raised an alert two hours ago, as cameras do that stand still and have been there for long."""


_TWO_HOURS_US: Final = 7_200_000_000


class BenchRoom:
    """Room ``number`` of the bench city."""

    def __init__(self, number: int, mix: Mix) -> None:
        self._number = number
        self._mix = mix
        self._made = 0
        self.sender = RoomSender(f"room-{number}", session=f"s{number}".encode())

    def put(self, now_us: int) -> str:
        """Store one alert raised now; return its camera, which no other alert of a NEW mix has."""
        nth = self._made
        self._made += 1
        fold = self._mix is Mix.FOLD
        lon, lat = room_place(self._number) if fold else spread_place(self._number, nth)
        camera = "gate" if fold else f"c{self._number}-{nth}"
        self.sender.put(
            Alert(
                alert_id=uuid7(now_us, os.urandom(RANDOM_BYTES)),
                camera=camera,
                rule="yard-intrusion",
                category="intrusion",
                severity=Severity.HIGH,
                forward=Forward.DIRECT,
                label="person",
                zone="yard",
                score=0.5,
                box=(0.0, 0.0, 1.0, 1.0),
                started_at=now_us,
                raised_at=now_us,
                place=Place(lon=lon, lat=lat),
            )
        )
        return camera

    def earlier(self, now_us: int, batches: int) -> list[FieldMessage]:
        """Return the batches of two hours ago from the cameras whose turn comes next."""
        made = self._made
        found = [self.batch(now_us - _TWO_HOURS_US) for _ in range(batches)]
        self._made = made
        return found

    def batch(self, now_us: int, records: int = BATCH_RECORDS) -> FieldMessage:
        """Store so many alerts and return them as one batch."""
        first = len(self.sender.records[Stream.ALERTS]) + 1
        for _ in range(records):
            self.put(now_us)
        return self.sender.batch(first)
