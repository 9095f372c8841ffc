"""The writer when PostgreSQL is killed, cut off or set otherwise: it comes back by itself and every promise holds."""

import threading
from collections.abc import Iterator

import pytest
from msgspec.structs import replace
from sqlalchemy import make_url

from patrol_wire.ids import Forward, Stream
from relay.app.writer import Writer
from relay.core.field import FieldMessage
from relay.ops.clock import MachineClock
from relay.store import engine as store_engine
from relay.store import figures, reconcile
from relay.store.postgresql import ANSWER_WITHIN_S
from tests.support.postgres_server import PostgresServer
from tests.support.postgres_way import Break, PostgresWay
from tests.support.queue_port import QueuePort
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.small_city import small_city
from tests.support.waiting import wait_until

BATCH = 16
DRAINED_WITHIN_S = 10.0


class Load:
    """A room that sends and sends again what is not acknowledged, as a room's link does, and a writer's thread."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.room = RoomSender()
        self.port = QueuePort()
        self._engine = store_engine.writer_engine(url)
        self.writer = Writer(self._engine, city=small_city(), clock=MachineClock(), port=self.port)
        self.writer.open()
        self.writer.start()
        self.port.put(self.room.hello())
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Send nothing new; wait until everything is acknowledged."""
        self._stopping.set()
        self._thread.join(5)
        wait_until(self._all_safe, within_s=DRAINED_WITHIN_S, what="everything is acknowledged")

    def close(self) -> None:
        self._stopping.set()
        self.writer.stop()
        self._engine.dispose()

    @property
    def put(self) -> int:
        return len(self.room.records[Stream.ALERTS])

    @property
    def safe(self) -> int:
        return max((ack.stored for ack in self.port.acks()), default=0)

    def held(self) -> tuple[int, int, list[str]]:
        """Return how many records and alerts the store holds, and what does not agree in it."""
        reader = store_engine.reader_engine(self.url)
        with reader.connect() as connection:
            found = figures.read(connection)
            differences = reconcile.differences(connection)
        reader.dispose()
        return found.records, found.alerts, differences

    def next_batch(self) -> FieldMessage:
        first = self.put + 1
        for number in range(first, first + BATCH):
            alert = some_alert(number, category="brawl")
            self.room.put(replace(alert, forward=Forward.DIRECT, camera=f"c{number % 7}"))
        return self.room.batch(first)

    def _send(self) -> None:
        while not self._stopping.is_set():
            self.port.put(self.next_batch())
            wanted = self.put
            self._stopping.wait(0.005)
            while self.put - self.safe > 8 * BATCH and not self._stopping.is_set():
                self._stopping.wait(0.02)
            assert wanted == self.put

    def _all_safe(self) -> bool:
        if self.safe < self.put:  # a room sends again what is not acknowledged
            self.port.put(self.room.batch(self.safe + 1))
        return self.safe == self.put


def _check(load: Load) -> None:
    records, alerts, differences = load.held()
    assert differences == []
    assert records == alerts == load.put == load.safe


def test_sessions_that_are_cut_again_and_again_cost_nothing(postgres: PostgresServer, postgres_url: str) -> None:
    load = Load(postgres_url)
    load.begin()
    cut = 0
    for _ in range(12):
        before = load.safe
        wait_until(lambda mark=before: load.safe > mark, within_s=10, what="the writer is at work")  # type: ignore[misc]  # bound now
        cut += postgres.cut_sessions(postgres_url)
    load.end()
    assert cut >= 12
    assert load.writer.figures.store_failures > 0, "the cuts hit nothing"
    _check(load)
    load.close()


def test_a_server_that_is_killed_and_comes_back_loses_nothing_that_was_acknowledged(
    own_postgres: PostgresServer,
) -> None:
    """Twice, in the middle of the load; while it is down nothing is acknowledged."""
    load = Load(own_postgres.database())
    load.begin()
    for _ in range(2):
        before = load.safe
        wait_until(lambda mark=before: load.safe > mark + 50, within_s=10, what="the writer is at work")  # type: ignore[misc]  # bound now
        own_postgres.kill()
        failures = load.writer.figures.store_failures
        wait_until(lambda: load.writer.figures.store_failures >= failures + 3, within_s=10, what="it tries")  # noqa: B023  # asked within this round
        safe = load.safe
        own_postgres.start()
        records, _, differences = load.held()
        assert records >= safe, f"the room was told {safe} are safe"
        assert differences == []
    load.end()
    _check(load)
    load.close()


def test_a_server_that_hangs_is_told_to_the_rooms_and_costs_nothing(own_postgres: PostgresServer) -> None:
    """It stands still, so no connection ends: only the deadline of each statement finds that out."""
    load = Load(own_postgres.database())
    load.begin()
    wait_until(lambda: load.safe > BATCH, within_s=10, what="the writer is at work")
    own_postgres.freeze()
    try:
        wait_until(lambda: "unavailable" in load.port.errors(), within_s=ANSWER_WITHIN_S + 5, what="the room is told")
        assert 1 <= load.writer.figures.store_failures <= 2, "the look at its timers may have met it first"
    finally:
        own_postgres.thaw()
    load.end()
    _check(load)
    load.close()


def test_a_room_that_has_nothing_to_send_is_told_of_a_server_that_hangs(own_postgres: PostgresServer) -> None:
    """The relay's own looks find it, within a second and the deadline of a statement; and find that it is over."""
    load = Load(own_postgres.database())
    load.port.put(load.next_batch())
    wait_until(lambda: load.safe == load.put, within_s=10, what="the room is served")
    own_postgres.freeze()
    try:
        wait_until(lambda: "unavailable" in load.port.errors(), within_s=ANSWER_WITHIN_S + 3, what="the room is told")
        assert load.writer.figures.store_fault
    finally:
        own_postgres.thaw()
    wait_until(lambda: not load.writer.figures.store_fault, within_s=20, what="the fault is over")
    _check(load)
    load.close()


@pytest.mark.parametrize("moment", Break)
def test_a_commit_whose_outcome_is_unknown_is_neither_lost_nor_doubled(postgres_url: str, moment: Break) -> None:
    """The connection breaks at the commit: whether it holds is known only by looking, and the burst is tried again."""
    way = PostgresWay(postgres_url)
    load = Load(way.url)
    for round_ in range(1, 6):
        way.break_next(moment)
        load.port.put(load.next_batch())
        wait_until(lambda: load.safe == load.put, within_s=DRAINED_WITHIN_S, what="the batch is acknowledged")
        assert way.broken == round_
    # One of the five may have hit what is stored beside: when rooms were last heard of.
    assert load.writer.figures.store_failures >= 4
    fresh = load.writer.figures.records
    if moment is Break.AFTER:
        assert fresh <= BATCH, "what had been committed came again as new"
    else:
        assert fresh == load.put
    _check(load)
    load.close()
    way.close()


def test_a_server_that_comes_back_without_fsync_gets_nothing_acknowledged(own_postgres: PostgresServer) -> None:
    load = Load(own_postgres.database())
    own_postgres.stop()
    own_postgres.start(fsync="off")
    load.port.put(load.next_batch())
    wait_until(lambda: load.writer.figures.store_failures >= 3, within_s=10, what="it tries")
    assert load.safe == 0
    own_postgres.stop()
    own_postgres.start()
    wait_until(lambda: load.safe == load.put, within_s=DRAINED_WITHIN_S, what="the batch is acknowledged")
    _check(load)
    load.close()


@pytest.fixture
def standby(own_postgres: PostgresServer) -> Iterator[PostgresServer]:
    """A standby that confirms each commit of the server."""
    made = PostgresServer(of=own_postgres)
    made.start()
    own_postgres.ask("ALTER SYSTEM SET synchronous_standby_names = 'standby'")
    own_postgres.ask("SELECT pg_reload_conf()")
    wait_until(
        lambda: own_postgres.ask("SELECT sync_state FROM pg_stat_replication") == [("sync",)],
        within_s=10,
        what="the standby confirms each commit",
    )
    yield made
    made.close()


def test_a_standby_that_takes_over_has_everything_that_was_acknowledged(
    own_postgres: PostgresServer, standby: PostgresServer
) -> None:
    """The server is lost for good under load; the standby is promoted, and the same URL finds it."""
    database = make_url(own_postgres.database())
    load = Load(database.set(query={"host": (str(own_postgres.folder), str(standby.folder))}).render_as_string())
    load.begin()
    wait_until(lambda: load.safe > 100, within_s=20, what="the writer is at work")
    own_postgres.kill()
    safe = load.safe
    standby.promote()
    load.end()
    assert load.safe > safe
    _check(load)
    load.close()
    assert standby.ask("SELECT count(*) FROM record_log", database=database.database or "") == [(load.put,)]


def test_what_only_the_lost_half_may_have_is_not_acknowledged(
    own_postgres: PostgresServer, standby: PostgresServer
) -> None:
    """A session cut while it waits for the standby has committed on one side: the room is told when both have it."""
    url = own_postgres.database()
    load = Load(url)
    load.port.put(load.next_batch())
    wait_until(lambda: load.safe == load.put, within_s=10, what="the first batch is acknowledged")
    before = load.safe
    standby.stop()
    load.port.put(load.next_batch())
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep' AND application_name LIKE '%writer'"
    for _ in range(10):  # the first to wait may be what is stored beside: when rooms were last heard of
        wait_until(lambda: own_postgres.ask(waits) == [(1,)], within_s=10, what="a commit waits for the standby")
        if load.held()[0] == load.put:
            break
        own_postgres.cut_sessions(url)
    assert load.held()[0] == load.put, "it is on one side, and the writer asks again and waits"
    assert load.safe == before
    standby.start()
    wait_until(lambda: load.safe == load.put, within_s=10, what="it is acknowledged")
    _check(load)
    load.close()
