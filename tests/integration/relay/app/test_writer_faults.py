"""The writer when it is killed, when the store fails for a while, and as a thread among others."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from patrol_wire.ids import CommandId, Epoch, Forward, NodeName, UnitId
from relay.app.writer import QUEUED_COMMANDS, Writer
from relay.core.commands import DeskBusyError, UnitDuty
from relay.core.dispatches import Answer
from relay.core.field import FieldMessage, SessionGone
from relay.ops.clock import MachineClock
from relay.store import engine as store_engine
from relay.store import figures, reconcile, records
from tests.support.cases import next_id
from tests.support.queue_port import QueuePort
from tests.support.records import some_alert
from tests.support.room_sender import RoomSender
from tests.support.small_city import small_city
from tests.support.stores import accept_inserts, fail_inserts
from tests.support.waiting import wait_until
from tests.support.writer_site import WriterSite

ROOT = Path(__file__).resolve().parents[4]


def test_kill_9_in_the_middle_of_the_load_loses_and_doubles_nothing_that_was_acknowledged(store_url: str) -> None:
    """Three kills, each at another moment of the work; after each the store opens and agrees with itself."""
    promised: dict[tuple[str, int], int] = {}
    for life, lines_before_kill in enumerate((5, 40, 90)):
        begin = life * 1_000_000
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.writer_process", store_url, str(begin)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for _ in range(lines_before_kill):
            node, stored = process.stdout.readline().split()
            promised[node, begin + 1] = int(stored)
        process.kill()
        for line in process.stdout.read().splitlines():
            if len(line.split()) == 2:
                node, stored = line.split()
                promised[node, begin + 1] = max(promised.get((node, begin + 1), 0), int(stored))
        process.wait(timeout=5)
        process.stdout.close()
        with WriterSite(store_url) as site:
            assert site.differences() == []
            with site.reader.begin() as connection:
                held = {(row.node, row.epoch): row.position.seq for row in records.streams(connection)}
                found = figures.read(connection)
        for (node, epoch), safe in promised.items():
            assert held[NodeName(node), Epoch(epoch)] >= safe, f"{node} was told {safe} are safe"
        assert found.alerts == found.records == sum(held.values())


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        ("UPDATE incident SET category = 'brawl'", "incidents qualify"),
        ("UPDATE ledger_sum SET total = total + 1", "its sums say"),
        ("UPDATE node_stream SET stored_seq = 9", "stored up to 9"),
        ("UPDATE record_log SET body = chain", "chain breaks"),
        ("UPDATE record_log SET seq = 5", "record 1 is missing"),
        ("UPDATE incident SET alert_count = 7", "says 7 alerts"),
        ("UPDATE incident SET is_open = NOT is_open", "wrong is_open"),
        ("DELETE FROM mailbox WHERE cursor = 1", "mailbox of"),
        ("DELETE FROM node_stream", "belong to no stream"),
    ],
)
def test_reconciliation_finds_what_does_not_agree(store_url: str, damage: str, says: str) -> None:
    with WriterSite(store_url) as site:
        room = RoomSender()
        site.connect(room)
        room.put(replace(some_alert(1), forward=Forward.DIRECT))
        site.deliver(room)
        assert site.differences() == []
        with site.writer._engine.begin() as connection:
            connection.execute(text(damage))
        assert any(says in difference for difference in site.differences())


Started = Callable[[QueuePort], Writer]


@pytest.fixture
def start(store_url: str) -> Iterator[Started]:
    """Start a writer's thread on a store; stopped when the test ends."""
    running: list[Writer] = []

    def begin(port: QueuePort) -> Writer:
        engine = store_engine.writer_engine(store_url)
        writer = Writer(engine, city=small_city(), clock=MachineClock(), port=port)
        writer.open()
        writer.start()
        running.append(writer)
        return writer

    yield begin
    for writer in running:
        writer.stop()
        assert not writer.is_alive
        writer._engine.dispose()


def alert_frames(room: RoomSender, number: int) -> FieldMessage:
    room.put(replace(some_alert(number), forward=Forward.DIRECT))
    return room.batch(number)


def test_the_thread_serves_rooms_and_commands_and_stops_at_once(start: Started) -> None:
    port, room = QueuePort(), RoomSender()
    writer = start(port)
    port.put(room.hello())
    port.put(alert_frames(room, 1))
    wait_until(port.acks, within_s=5, what="the alert is acknowledged")
    duty = UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId("police-0"), on_duty=False)
    assert writer.submit(duty).result(timeout=5).answer is Answer.DONE


def test_while_the_store_fails_nothing_is_acknowledged_and_then_everything_is(start: Started, store_url: str) -> None:
    port, room = QueuePort(), RoomSender()
    writer = start(port)
    port.put(room.hello())
    wait_until(lambda: port.said, within_s=5, what="the room is welcome")
    saboteur = store_engine.writer_engine(store_url)
    with saboteur.begin() as connection:
        fail_inserts(connection, "record_log")
    port.put(alert_frames(room, 1))
    duty = UnitDuty(command_id=CommandId(next_id()), actor="wang", unit_id=UnitId("police-0"), on_duty=False)
    future = writer.submit(duty)
    wait_until(lambda: writer.figures.store_failures >= 2, within_s=10, what="the writer has tried twice")
    assert port.acks() == []
    assert "no space" in writer.figures.store_fault
    with saboteur.begin() as connection:
        accept_inserts(connection, "record_log")
    saboteur.dispose()
    wait_until(port.acks, within_s=10, what="the alert is acknowledged after all")
    assert future.result(timeout=5).answer is Answer.DONE
    assert [ack.stored for ack in port.acks()] == [1]
    wait_until(lambda: not writer.figures.store_fault, within_s=5, what="the fault is over")


def test_hellos_of_connections_that_were_left_meanwhile_are_passed_over(start: Started) -> None:
    """After minutes without a store hundreds wait: each would be answered in vain, and make a clock look old."""
    port, rooms = QueuePort(), [*(RoomSender(session=f"s{number}".encode()) for number in range(39)), RoomSender()]
    for room in rooms:
        port.put(room.hello())
        if room is not rooms[-1]:
            port.put(SessionGone(room.session, "closed"))
    writer = start(port)
    wait_until(
        lambda: rooms[-1].session in {each.session for each in port.said}, within_s=5, what="the last is welcome"
    )
    answered = {each.session for each in port.said}
    passed = len(rooms) - len(answered)
    assert passed >= 30, "only where a burst ends between a hello and its end is one answered"
    assert writer.figures.messages_of_gone == passed
    port.put(alert_frames(rooms[-1], 1))
    wait_until(port.acks, within_s=5, what="the session that is left serves")


def test_commands_of_many_threads_are_each_answered_once(start: Started, store_url: str) -> None:
    writer = start(QueuePort())
    answers: list[Answer] = []
    lock = threading.Lock()

    def ask(number: int) -> None:
        for turn in range(20):
            duty = UnitDuty(
                command_id=CommandId(next_id()),
                actor=f"officer-{number}",
                unit_id=UnitId("police-0"),
                on_duty=turn % 2 == 0,
            )
            answer = writer.submit(duty).result(timeout=10).answer
            with lock:
                answers.append(answer)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert answers == [Answer.DONE] * 80
    reader = store_engine.reader_engine(store_url)
    with reader.begin() as connection:
        assert reconcile.differences(connection) == []
        assert connection.execute(text("SELECT count(*) FROM command")).scalar_one() == 80
    reader.dispose()


def test_a_full_queue_refuses_at_once(store_url: str) -> None:
    """Without a thread nothing is taken out, so the bound is reached."""
    with WriterSite(store_url) as site:
        duty = UnitDuty(command_id=CommandId(next_id()), actor="x", unit_id=UnitId("police-0"), on_duty=True)
        futures = [site.writer.submit(duty) for _ in range(QUEUED_COMMANDS)]
        with pytest.raises(DeskBusyError, match="try again"):
            site.writer.submit(duty)
        site.writer.stop()
        with pytest.raises(DeskBusyError, match="stopping"):
            futures[0].result(timeout=1)
