"""Two relays on one PostgreSQL: rooms that go from one to the other at any moment lose and double nothing."""

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from msgspec.structs import replace
from sqlalchemy import Engine, func, select, text

from patrol_wire.ids import Forward, Stream
from patrol_wire.messages import Ack, Welcome
from relay.app.writer import Writer
from relay.core.field import FieldMessage
from relay.core.intake import Position
from relay.core.policy import MICROS
from relay.core.presence import Presence
from relay.ops.clock import MachineClock
from relay.store import engine as store_engine
from relay.store import records, rooms, timers
from relay.store.errors import StaleStoreError
from relay.store.tables import SEQUENCES, metadata, sequence_head
from relay.store.verification import verify
from tests.support.postgres_server import PostgresServer
from tests.support.queue_port import QueuePort
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import small_city
from tests.support.waiting import wait_until
from tests.support.writer_site import WriterSite

ROOMS = 4
ROUNDS = 12
BATCH = 8


@dataclass
class Node:
    """One relay's writer with its thread."""

    url: str
    port: QueuePort = field(default_factory=QueuePort)

    def __post_init__(self) -> None:
        self.engine: Engine = store_engine.writer_engine(self.url)
        self.writer = Writer(self.engine, city=small_city(), clock=MachineClock(), port=self.port)
        self.writer.open()
        self.writer.start()

    def close(self) -> None:
        self.writer.stop()
        self.engine.dispose()


@pytest.fixture
def nodes(postgres_url: str) -> Iterator[tuple[Node, Node]]:
    pair = (Node(postgres_url), Node(postgres_url))
    yield pair
    for node in pair:
        node.close()


class Wanderer:
    """A room that sends to one relay, does not wait for the answer, and goes on at the other."""

    def __init__(self, number: int, nodes: tuple[Node, Node]) -> None:
        self.sender = RoomSender(f"room-{number}", epoch=number + 1)
        self._nodes = nodes
        self._random = random.Random(number)
        self._number = number * 10_000
        self._sessions = 0
        self.told = 0
        """The highest number that a relay said is safe."""

    @property
    def put(self) -> int:
        return len(self.sender.records[Stream.ALERTS])

    def run(self) -> None:
        for _ in range(ROUNDS):
            for _ in range(BATCH):
                self._number += 1
                alert = some_alert(self._number, category="brawl")
                self.sender.put(replace(alert, forward=Forward.DIRECT, camera=f"c{self._number % 5}"))
            here, there = self._random.sample(self._nodes, 2)
            self._send(here, wait=self._random.random() < 0.5)
            self._send(there, wait=True)

    def _send(self, node: Node, *, wait: bool) -> None:
        self._sessions += 1
        session = f"{self.sender.node}/{self._sessions}".encode()
        self.sender.session = session
        node.port.put(self.sender.hello())
        (welcome,) = wait_until(lambda: _answers(node, session, Welcome), within_s=20, what="welcome")
        assert isinstance(welcome, Welcome)
        stored = welcome.stored[0].seq
        assert stored >= self.told, f"{self.sender.node} was told {self.told} are safe, now {stored} are"
        batches: list[FieldMessage] = []
        while stored < self.put:
            batches.append(self.sender.batch(stored + 1))
            stored = min(stored + 64, self.put)
        for batch in batches:
            node.port.put(batch)
        if not wait:
            return
        want = self.put
        if batches:
            wait_until(lambda: _stored(node, session) >= want, within_s=20, what="the room's records are safe")
        self.told = want


def _answers(node: Node, session: bytes, kind: type) -> list[object]:
    return [message for message in said(list(node.port.said), session) if isinstance(message, kind)]


def _stored(node: Node, session: bytes) -> int:
    return max((ack.stored for ack in _answers(node, session, Ack) if isinstance(ack, Ack)), default=0)


def test_rooms_that_wander_between_two_relays_are_counted_once(
    nodes: tuple[Node, Node], postgres: PostgresServer, postgres_url: str
) -> None:
    wanderers = [Wanderer(number, nodes) for number in range(ROOMS)]
    failed: list[BaseException] = []

    def run(wanderer: Wanderer) -> None:
        try:
            wanderer.run()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(wanderer,)) for wanderer in wanderers]
    for thread in threads:
        thread.start()
    while alive := [thread for thread in threads if thread.is_alive()]:  # both lose their sessions now and then
        alive[0].join(0.4)  # one that has ended would not wait: cut without a pause, no burst can be carried out
        postgres.cut_sessions(postgres_url)
    assert not failed
    put = sum(wanderer.put for wanderer in wanderers)
    assert sum(wanderer.told for wanderer in wanderers) == put == ROOMS * ROUNDS * BATCH
    assert all(node.writer.figures.records > 0 for node in nodes), "one of them did nothing"
    assert sum(node.writer.figures.dropped for node in nodes) == 0

    reader = store_engine.reader_engine(postgres_url)
    with reader.connect() as connection:
        found = verify(connection, zone=small_city().zone)
        heads = {row[0]: row[1] for row in connection.execute(select(sequence_head))}
        for name in SEQUENCES:
            table = metadata.tables[name]
            (number,) = table.primary_key.columns
            count, last = connection.execute(select(func.count(), func.max(number))).one()
            if name != "timer":  # timers are taken out when they ring
                assert count == (last or 0) == heads[name], f"{name} has holes"
    reader.dispose()
    assert found.differences == ()
    assert found.records == found.alerts == put


def test_a_timer_rings_at_the_other_relay_when_the_one_that_set_it_is_gone(postgres_url: str) -> None:
    with WriterSite(postgres_url) as first, WriterSite(postgres_url) as second:
        room = RoomSender()
        first.connect(room)
        room.put(replace(some_alert(1), forward=Forward.DIRECT))
        first.deliver(room)
        assert second.writer._next_timer_us == 0 or second.writer._next_timer_us is None
        second.clock.advance(31)  # the offer's time to be answered has passed
        second.writer._look_at_timers()
        second.tick()
        assert {value.level for value in second.dispatches()} == {0, 1}
        with second.reader.begin() as connection:
            assert timers.next_due_us(connection) is not None
        first.clock.advance(31)
        first.tick()  # the first one comes back: nothing rings twice
        assert sorted(value.level for value in first.dispatches()) == sorted(
            value.level for value in second.dispatches()
        )
        assert first.differences() == []


def test_a_room_heard_at_one_relay_is_not_lost_for_the_other(postgres_url: str) -> None:
    with WriterSite(postgres_url) as first, WriterSite(postgres_url) as second:
        first.connect(RoomSender())
        first.writer._store_presence()
        second.clock.advance(5)
        second.writer._store_presence()
        with second.reader.begin() as connection:
            row = next(row for row in rooms.listed(connection) if row.node == "room-0")
        assert row.presence is Presence.ONLINE
        assert row.last_seen_us == first.clock.now_us()
        assert second.clock.now_us() - first.clock.now_us() == 5 * MICROS


def test_a_mark_that_another_moved_meanwhile_cannot_be_moved_from_where_it_was(store_url: str) -> None:
    """The fence beside the lock: whoever goes on from an old state is refused, whatever let it in."""
    with WriterSite(store_url) as site:
        room = RoomSender()
        site.connect(room)
        for number in (1, 2):
            room.put(some_alert(number))
            site.deliver(room)
        with site.reader.begin() as connection:
            ((key, at),) = records.load_streams(connection, ["room-0"]).items()
        late = Position(seq=at.seq + 1, chain=at.chain, state=at.state, base_seq=at.base_seq, reason="")
        with site.writer._engine.connect() as connection:
            connection.execute(text("DELETE FROM timer"))
            with pytest.raises(StaleStoreError, match="1 streams were moved"):
                records.update_streams(connection, [(key, at.seq - 1, late)], site.clock.now_us())
        assert site.differences() == []
        with site.reader.begin() as connection:
            assert records.load_streams(connection, ["room-0"]) == {key: at}
