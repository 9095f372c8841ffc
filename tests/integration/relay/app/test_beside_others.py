"""Bursts of two relays beside each other on one PostgreSQL: what may overlap does, what may not waits its turn."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import pytest
from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from patrol_wire.ids import CommandId, Forward, Stream, UnitId, Verdict
from patrol_wire.messages import Ack
from patrol_wire.records import Judgement, Place
from relay.app.burst import Applied
from relay.core.commands import DeskCommand, MailboxMark, Mark, MarksReached, UnitDuty
from relay.core.field import FieldMessage
from relay.store import engine as store_engine
from relay.store import postgresql, schema, sequences
from relay.store.sequences import Numbers
from relay.store.tables import record_log
from relay.store.turns import turn
from tests.support.cases import next_id
from tests.support.records import BEGIN_US, some_alert, some_id
from tests.support.room_sender import RoomSender, said
from tests.support.small_city import centre_of
from tests.support.waiting import wait_until
from tests.support.writer_site import WriterSite

WAITS_S = 0.5
"""What has not happened by then waits for somebody."""


@pytest.fixture
def sites(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[WriterSite, WriterSite]]:
    patient = (*postgresql._WRITER_SETTINGS, "SET idle_in_transaction_session_timeout = '60s'")
    monkeypatch.setattr(postgresql, "_WRITER_SETTINGS", patient)  # a burst is held in the middle, on any machine
    with WriterSite(postgres_url) as first, WriterSite(postgres_url) as second:
        yield first, second


class Doorkeeper:
    """Stands at the lock of the numbers: sees who comes there, and holds the first one who has it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.came: list[str] = []
        """Threads that have decided, in order."""
        self.held = threading.Event()
        self.let_go = threading.Event()
        settle = Numbers.settle

        def watched(numbers: Numbers, connection: Connection) -> None:
            self.came.append(threading.current_thread().name)
            settle(numbers, connection)
            if threading.current_thread().name == "first":
                self.held.set()
                assert self.let_go.wait(20.0)

        monkeypatch.setattr(Numbers, "settle", watched)


class Apply(threading.Thread):
    """A burst at a relay, in a thread of its own."""

    def __init__(self, name: str, work: Callable[[], Applied]) -> None:
        super().__init__(name=name)
        self._work = work
        self.applied: Applied | None = None
        self.error: BaseException | None = None

    def run(self) -> None:
        try:
            self.applied = self._work()
        except BaseException as error:
            self.error = error
            raise


@contextmanager
def _first_held(door: Doorkeeper, work: Callable[[], Applied]) -> Iterator[Apply]:
    """While this lasts a burst has decided, holds the numbers, and is not committed."""
    first = Apply("first", work)
    first.start()
    try:
        assert door.held.wait(20.0)
        yield first
    finally:
        door.let_go.set()
        first.join(20.0)
    assert first.error is None


def _both_decided(
    door: Doorkeeper, first_work: Callable[[], Applied], second_work: Callable[[], Applied]
) -> list[Apply]:
    """Let a second burst decide while the first holds the numbers; return both, carried out."""
    with _first_held(door, first_work) as first:
        second = Apply("second", second_work)
        second.start()
        wait_until(lambda: door.came == ["first", "second"], within_s=10, what="the second has decided")
    second.join(20.0)
    return [first, second]


def _burst(number: int, *areas: int) -> tuple[RoomSender, list[FieldMessage]]:
    """Return a room and its batch: a direct alert in the middle of each of these areas."""
    room = RoomSender(f"room-{number}", epoch=number + 1, session=f"s{number}".encode())
    for nth, area in enumerate(areas):
        lon, lat = centre_of(area)
        alert = some_alert(1_000 * (number + 1) + nth)
        room.put(replace(alert, forward=Forward.DIRECT, camera=f"c{nth}", place=Place(lon=lon, lat=lat)))
    return room, [room.batch()]


def _stored(applied: Applied | None, room: RoomSender) -> int:
    assert applied is not None
    (answer,) = said(applied.replies, room.session)
    assert isinstance(answer, Ack)
    return answer.stored


def test_bursts_of_different_areas_overlap(
    sites: tuple[WriterSite, WriterSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second decides while the first has the numbers; it gets its own behind those of the first."""
    one, other = sites
    room, batch = _burst(0, 0)
    neighbour, its_batch = _burst(1, 1)
    one.connect(room)
    other.connect(neighbour)
    door = Doorkeeper(monkeypatch)
    with _first_held(door, lambda: one.writer.apply(batch)) as first:
        second = Apply("second", lambda: other.writer.apply(its_batch))
        second.start()
        wait_until(lambda: door.came == ["first", "second"], within_s=10, what="the second has decided")
        second.join(WAITS_S)
        assert second.is_alive(), "it has written without waiting for the numbers"
        assert first.is_alive()
    second.join(20.0)
    assert (_stored(first.applied, room), _stored(second.applied, neighbour)) == (1, 1)
    with one.reader.begin() as connection:
        log = connection.execute(select(record_log.c.log_id, record_log.c.node).order_by(record_log.c.log_id)).all()
    assert [tuple(row) for row in log] == [(1, "room-0"), (2, "room-1")]
    assert one.differences() == []


@pytest.mark.parametrize(
    ("messages", "commands"),
    [
        ([RoomSender("room-1", session=b"another").hello()], []),
        ([RoomSender("room-0", session=b"unknown").ping()], []),
        # Ten times a second in service: what the terminals have received.
        ([], [MarksReached(marks=(MailboxMark(unit_id=UnitId("unit-3-near"), cursor=1, mark=Mark.SENT, at_us=0),))]),
    ],
)
def test_what_concerns_no_area_overlaps_too(
    sites: tuple[WriterSite, WriterSite],
    monkeypatch: pytest.MonkeyPatch,
    messages: list[FieldMessage],
    commands: list[DeskCommand],
) -> None:
    """Else each of them would wait until nobody writes, and everybody for it."""
    one, other = sites
    room, batch = _burst(0, 0)
    one.connect(room)
    other.writer.apply([])  # a relay that has just started looks for timers, alone
    door = Doorkeeper(monkeypatch)
    with _first_held(door, lambda: one.writer.apply(batch)):
        second = Apply("second", lambda: other.writer.apply(messages, commands))
        second.start()
        wait_until(lambda: door.came == ["first", "second"], within_s=10, what="the second comes to the numbers")
    second.join(20.0)
    assert second.error is None
    assert second.applied is not None
    assert len(second.applied.replies) + len(second.applied.results) == 1
    assert one.differences() == []


@pytest.mark.parametrize(
    ("number", "areas", "commands"),
    [
        # Another room's alert in the same area: it may belong to the incident that the first one opens.
        (1, (0,), []),
        # The same room, which has gone to the other relay.
        (0, (1,), []),
        # A command: it may concern whatever it likes.
        (
            1,
            (1,),
            [UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId("unit-3-near"), on_duty=False)],
        ),
    ],
)
def test_what_concerns_the_same_waits(
    sites: tuple[WriterSite, WriterSite],
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    areas: tuple[int, ...],
    commands: list[DeskCommand],
) -> None:
    one, other = sites
    room, batch = _burst(0, 0)
    neighbour, its_batch = _burst(number, *areas)
    one.connect(room)
    other.connect(neighbour)
    door = Doorkeeper(monkeypatch)
    with _first_held(door, lambda: one.writer.apply(batch)) as first:
        second = Apply("second", lambda: other.writer.apply(its_batch, commands))
        second.start()
        second.join(WAITS_S)
        assert second.is_alive()
        assert door.came == ["first"], "it has decided by what the first is about to change"
    second.join(20.0)
    assert second.error is None
    assert first.applied is not None
    with one.reader.begin() as connection:
        assert connection.execute(select(func.count()).select_from(record_log)).scalar_one() == (
            1 if number == 0 else 2
        )
    assert len(one.incidents()) == (1 if areas == (0,) or number == 0 else 2)
    assert one.differences() == []


def test_a_judgement_is_carried_out_alone(
    sites: tuple[WriterSite, WriterSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its incident may lie in any area."""
    one, other = sites
    room, batch = _burst(0, 0)
    judge, its_batch = _burst(1, 1)
    one.connect(room)
    other.connect(judge)
    other.writer.apply(its_batch)
    judge.put(Judgement(alert_id=some_id(2_000), verdict=Verdict.ACCEPTED, operator="op", judged_at=BEGIN_US))
    door = Doorkeeper(monkeypatch)
    with _first_held(door, lambda: one.writer.apply(batch)):
        second = Apply("second", lambda: other.writer.apply([judge.batch(2)]))
        second.start()
        second.join(WAITS_S)
        assert door.came == ["first"]
    second.join(20.0)
    assert _stored(second.applied, judge) == 2
    assert one.differences() == []


def test_an_alert_that_two_rooms_claim_at_once_is_one_alert(
    sites: tuple[WriterSite, WriterSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second looked before the first was there: its burst is carried out again, alone, and then it sees it."""
    one, other = sites
    room, batch = _burst(0, 0)
    thief = RoomSender("room-1", session=b"thief")
    lon, lat = centre_of(1)
    thief.put(replace(some_alert(1_000), forward=Forward.DIRECT, place=Place(lon=lon, lat=lat)))
    one.connect(room)
    other.connect(thief)
    door = Doorkeeper(monkeypatch)
    first, second = _both_decided(door, lambda: one.writer.apply(batch), lambda: other.writer.apply([thief.batch()]))
    assert first.applied is not None
    assert second.applied is not None
    assert (first.applied.dead_letters, second.applied.dead_letters) == (0, 1)
    assert _stored(second.applied, thief) == 1
    assert len(one.incidents()) == 1
    assert one.differences() == []


def test_what_the_other_offered_meanwhile_is_counted_before_the_next_burst(
    sites: tuple[WriterSite, WriterSite], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both offer at once, so neither may believe that it knows what is open before the units."""
    one, other = sites
    room, batch = _burst(0, 0)
    neighbour, its_batch = _burst(1, 1)
    one.connect(room)
    other.connect(neighbour)
    door = Doorkeeper(monkeypatch)
    _both_decided(door, lambda: one.writer.apply(batch), lambda: other.writer.apply(its_batch))
    assert one.writer._worker._known._changes[1] == 1, "nobody came between"
    assert other.writer._worker._known._changes[1] == -1, "the first one's offers are not in its count"


def test_crossing_areas_cannot_wait_for_each_other_for_ever(postgres_url: str) -> None:
    """Two relays whose bursts take the same places in any order: PostgreSQL would end one of two in a circle."""
    engines = [store_engine.writer_engine(postgres_url) for _ in range(3)]
    schema.prepare(engines[0])
    with engines[0].begin() as connection:
        sequences.begin(connection)
    places = [f"area a{number}" for number in range(6)]
    failed: list[BaseException] = []

    def work(seed: int) -> None:
        drawn = random.Random(seed)
        try:
            for _ in range(60):
                chosen = drawn.sample(places, drawn.randint(1, 5)) if drawn.random() < 0.9 else None
                with turn(engines[seed], chosen) as connection:
                    numbers = Numbers(connection, beside_others=chosen is not None)
                    numbers.settle(connection)
                    numbers.take("timer", 3)
                    numbers.store(connection)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60.0)
    assert not any(thread.is_alive() for thread in threads)
    assert failed == []
    with engines[0].begin() as connection:
        assert Numbers(connection).begun_at("timer") == 3 * 60 * 3, "two transactions had the same numbers"
    for engine in engines:
        engine.dispose()


def test_no_number_is_taken_beside_others_before_its_lock(postgres_url: str) -> None:
    engine = store_engine.writer_engine(postgres_url)
    schema.prepare(engine)
    with engine.begin() as connection:
        sequences.begin(connection)
    with turn(engine, {"area a0"}) as connection:
        numbers = Numbers(connection, beside_others=True)
        with pytest.raises(RuntimeError, match="before the lock of the numbers"):
            numbers.take("timer")
        numbers.settle(connection)
        assert numbers.take("timer") == 1
    engine.dispose()


def test_whoever_writes_beside_others_also_stays_within_its_stream(sites: tuple[WriterSite, WriterSite]) -> None:
    """Batches that a room sends to both relays are stored once, whichever comes first."""
    room, batch = _burst(0, 0, 1, 2, 3)
    for site in sites:
        site.connect(room)
    threads = [Apply(f"relay {number}", partial(site.writer.apply, batch)) for number, site in enumerate(sites)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20.0)
    assert [_stored(thread.applied, room) for thread in threads] == [4, 4]
    assert len(room.records[Stream.ALERTS]) == 4
    assert sites[0].verified().records == 4
    assert sites[0].differences() == []
