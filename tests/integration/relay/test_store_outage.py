"""Terminals and consumers of the counts while the database is away: told so, and served again by themselves."""

from pathlib import Path

from patrol_wire import messages as m
from relay.core.field import CommitProgress, GateRole
from relay.notify.delivery import Delivery
from relay.ops.clock import MachineClock
from relay.publish.counts_feed import CountsFeed
from tests.support.field_desk import AT_US, FieldDesk, view
from tests.support.gate_site import GateSite
from tests.support.postgres_server import PostgresServer
from tests.support.waiting import wait_until


def _sync(cursor: int) -> m.Sync:
    return m.Sync(session=1, lowest_version=1, highest_version=1, cursor=cursor, clock=AT_US, terminal_version="test")


def test_a_terminal_is_told_that_the_store_is_away_and_gets_what_it_missed(
    tmp_path: Path, own_postgres: PostgresServer
) -> None:
    with GateSite(tmp_path, GateRole.TERMINALS) as gate:
        desk = FieldDesk(own_postgres.database())
        delivery = Delivery(
            port=gate.port,
            reader=desk.reader,
            submit=desk.submit,
            clock=MachineClock(),
            progress=lambda: CommitProgress(commits=7, last_commit_us=AT_US),
        )
        delivery.start()
        (told,) = desk.tell("unit-1", [view()])
        client = gate.connect(gate.enrol("unit-1"))
        client.send(_sync(0))
        snapshot = client.receive()
        assert isinstance(snapshot, m.Snapshot)
        assert snapshot.cursor == told.cursor
        (told,) = desk.tell("unit-1", [view()])
        assert isinstance(client.receive(), m.Delta)  # it has come round since

        own_postgres.stop()
        wait_until(lambda: delivery.counters["rounds_blind"] >= 3, within_s=10, what="it cannot look")
        client.send(_sync(told.cursor))
        refused = client.receive()
        assert isinstance(refused, m.Error)
        assert (refused.code, refused.retryable) == ("unavailable", True)
        own_postgres.start()

        desk.writer.dispose()  # its connection died with the server
        missed = desk.tell("unit-1", [view()])  # nobody hints: the poll finds it
        delta = client.receive()
        assert isinstance(delta, m.Delta)
        assert delta.entries == tuple(missed)
        assert delivery.counters["rounds_failed"] == 0
        delivery.stop()
        desk.close()


def test_a_consumer_waits_and_goes_on_at_its_cursor(tmp_path: Path, own_postgres: PostgresServer) -> None:
    with GateSite(tmp_path, GateRole.COUNTS) as gate:
        desk = FieldDesk(own_postgres.database())
        feed = CountsFeed(
            port=gate.port,
            reader=desk.reader,
            clock=MachineClock(),
            progress=lambda: CommitProgress(commits=7, last_commit_us=AT_US),
        )
        feed.start()
        client = gate.connect(gate.enrol("index-1"))
        own_postgres.stop()
        client.send(m.CountsHello(session=3, lowest_version=1, highest_version=1, cursor=0))
        wait_until(lambda: feed.counters["rounds_blind"] >= 2, within_s=10, what="it cannot look")
        own_postgres.start()
        page = client.receive(within_s=10)
        assert isinstance(page, m.Counts)
        assert (page.session, page.entries) == (3, ())
        assert feed.counters["rounds_failed"] == 0
        feed.stop()
        desk.close()
