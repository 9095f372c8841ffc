"""An alert storm: three rooms send as much as they may without a pause; a grave alert beside them waits for no queue.

Time is the CPU time of this process, writer and senders together: how busy the machine is otherwise changes nothing.
The storm of ten minutes is this one for longer: nothing in the relay grows with it but the log.
"""

import gc
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from patrol_wire.ids import Forward, Severity, Stream
from patrol_wire.messages import Ack
from relay.app.writer import CREDIT_RECORDS, Writer
from relay.ops.clock import MachineClock
from relay.store import engine as store_engine
from relay.store import figures, reconcile
from relay.store.engine import sqlite_url
from tests.support.cases import next_id
from tests.support.queue_port import QueuePort
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import small_city
from tests.support.waiting import wait_until

BATCH = 64
STORM_ALERTS = 3_000
"""A hundred times what three rooms send in a busy minute."""
GRAVE = 12
GRAVE_WITHIN_S = 1.0


class Storm:
    """Rooms that keep their whole credit in flight; each room's alerts are of one camera and one kind."""

    def __init__(self, port: QueuePort) -> None:
        self.port = port
        self.rooms = [
            RoomSender(f"room-{number}", epoch=number + 1, session=f"s{number}".encode()) for number in range(3)
        ]
        self.grave = RoomSender("room-3", epoch=9, session=b"grave")
        for room in (*self.rooms, self.grave):
            port.put(room.hello())
        self._read = 0
        self.acked: Counter[bytes] = Counter()

    def look(self) -> None:
        """Take over what was acknowledged since the last look."""
        fresh = self.port.said[self._read :]
        self._read += len(fresh)
        for session in {each.session for each in fresh}:
            acks = [each.stored for each in said(fresh, session) if isinstance(each, Ack)]
            self.acked[session] = max([self.acked[session], *acks])

    def blow(self) -> None:
        """Let each room send as long as its credit allows."""
        self.look()
        for room in self.rooms:
            while (first := len(room.records[Stream.ALERTS])) - self.acked[room.session] <= CREDIT_RECORDS - BATCH:
                for _ in range(BATCH):
                    room.put(replace(some_alert(0, category="brawl"), alert_id=next_id(), forward=Forward.DIRECT))
                self.port.put(room.batch(first + 1))

    @property
    def sent(self) -> int:
        return sum(len(room.records[Stream.ALERTS]) for room in self.rooms)


@pytest.fixture(autouse=True)
def collector_without_the_past() -> Iterator[None]:
    """One look of the cycle collector at all that the tests before left behind takes seconds of this process's CPU."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture
def port(tmp_path: Path) -> Iterator[QueuePort]:
    engine = store_engine.writer_engine(sqlite_url(tmp_path / "relay.sqlite3"))
    made = QueuePort()
    writer = Writer(engine, city=small_city(), clock=MachineClock(), port=made)
    writer.open()
    writer.start()
    yield made
    writer.stop()
    engine.dispose()


def test_a_grave_alert_waits_for_no_storm_and_the_storm_is_few_incidents(port: QueuePort, tmp_path: Path) -> None:
    storm = Storm(port)
    waited: list[float] = []
    while storm.sent < STORM_ALERTS or len(waited) < GRAVE:
        storm.blow()
        began = time.process_time()
        body = replace(
            some_alert(len(waited)),
            alert_id=next_id(),
            camera=f"grave-{len(waited)}",
            severity=Severity.CRITICAL,
            forward=Forward.DIRECT,
        )
        number = storm.grave.put(body)
        port.put(storm.grave.batch(number))

        def safe(wanted: int = number) -> bool:
            storm.blow()
            return storm.acked[storm.grave.session] >= wanted

        wait_until(safe, within_s=30, what="the grave alert is acknowledged")
        waited.append(time.process_time() - began)

    def calm() -> bool:
        storm.look()
        return sum(storm.acked.values()) == storm.sent + len(waited)

    wait_until(calm, within_s=30, what="everything is acknowledged")
    assert max(waited) <= GRAVE_WITHIN_S, sorted(waited)[-3:]
    reader = store_engine.reader_engine(sqlite_url(tmp_path / "relay.sqlite3"), connections=1)
    with reader.connect() as connection:
        found = figures.read(connection)
        assert found.alerts == storm.sent + len(waited)
        assert found.incidents <= len(waited) + 4 * len(storm.rooms), "a storm of one camera must fold"
        assert reconcile.differences(connection) == []
    reader.dispose()
