"""An alert storm as a field sends it: rooms whose rules flap at a steady pace, and rooms with something grave.

A room has as much in flight as its credit allows; what its pace would have it send beyond that it holds back. Units
answer (bench/field_units.py), so incidents end: a flapping room's next alert opens it again, or a new one.
"""

import time
from dataclasses import dataclass, field
from typing import Final

from bench.bench_room import BATCH_RECORDS, BenchRoom, Mix
from bench.field_units import FieldUnits
from patrol_wire import messages as m
from patrol_wire.ids import Stream

STORMING: Final = 8
"""So many rooms flap; the others raise what is grave, in turn."""
GRAVE_EVERY_S: Final = 0.2
"""One of the others raises an alert of its own so often: an incident that takes a unit some seven seconds."""
_SEED: Final = 19


@dataclass(slots=True)
class StormRoom:
    """One room of the storm; all its alerts belong to one incident."""

    room: BenchRoom
    sent: int = 0
    acked: int = 0

    def has_credit(self, records: int) -> bool:
        """Tell whether one more batch may be in flight."""
        return self.sent - self.acked + BATCH_RECORDS <= records

    def batch(self, now_us: int) -> bytes:
        """Store a batch and return its frame."""
        self.sent += BATCH_RECORDS
        return self.room.batch(now_us).frame


@dataclass(slots=True)
class Window:
    """What was seen in one stretch of the storm."""

    acked: int = 0
    held_back: int = 0
    """Batches that the pace asked for while no room had credit left."""
    grave_ms: list[float] = field(default_factory=list)


class StormTalk:
    """Who sends what when; whoever has the sockets asks it. Rooms are numbered from 0, terminals from -1 downwards."""

    def __init__(self, rooms: int, *, credit: int) -> None:
        self._credit = credit
        self.rooms = {number: StormRoom(BenchRoom(number, Mix.FOLD)) for number in range(STORMING)}
        self.grave = {number: BenchRoom(number, Mix.NEW) for number in range(STORMING, rooms)}
        self.units = FieldUnits(_SEED)
        self.raised: dict[str, float] = {}
        """Camera of a grave alert that no terminal has yet → when it was handed over."""
        self._turn = 0
        self._grave_turn = 0
        self.window = Window()

    def next_batch(self, now_us: int) -> tuple[int, bytes] | None:
        """Return the batch of the next room that has credit left, and which room that is; None: none has."""
        for _ in self.rooms:
            self._turn = (self._turn + 1) % len(self.rooms)
            storming = self.rooms[self._turn]
            if storming.has_credit(self._credit):
                return self._turn, storming.batch(now_us)
        self.window.held_back += 1
        return None

    def next_grave(self, now_us: int) -> tuple[int, bytes]:
        """Return the next grave alert as a frame, and of which room it is."""
        number = STORMING + self._grave_turn % len(self.grave)
        self._grave_turn += 1
        room = self.grave[number]
        camera = room.put(now_us)
        frame = room.sender.batch(len(room.sender.records[Stream.ALERTS])).frame
        self.raised[camera] = time.perf_counter()
        return number, frame

    def heard(self, number: int, message: m.Message) -> None:
        """Take in what a room was answered, or a terminal told."""
        now_s = time.perf_counter()
        if isinstance(message, m.Nack | m.Error):
            raise RuntimeError(f"{number} was answered {message!r}")
        if isinstance(message, m.Ack) and number in self.rooms:
            storming = self.rooms[number]
            self.window.acked += max(0, message.stored - storming.acked)
            storming.acked = max(storming.acked, message.stored)
        elif isinstance(message, m.CommandResult):
            self.units.answered(number, message, now_s)
        elif isinstance(message, m.Delta):
            for entry in message.entries:
                began = self.raised.pop(entry.dispatch.camera, None)
                if began is not None:
                    self.window.grave_ms.append((now_s - began) * 1_000)
                self.units.told(number, entry.dispatch, now_s)

    @property
    def in_flight(self) -> int:
        """Alerts that nobody has acknowledged yet."""
        return sum(each.sent - each.acked for each in self.rooms.values())

    @property
    def sent(self) -> int:
        """Every alert that was ever sent."""
        return sum(each.sent for each in self.rooms.values()) + self._grave_turn
