"""Terminals over a real gate process with CURVE, served by delivery from a real store."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from patrol_wire import messages as m
from patrol_wire.frames import Kind, pack_prefix
from patrol_wire.ids import Micros, Outcome, Receipt, Step, UnitId
from patrol_wire.keys import KeyPair
from relay.core.commands import Mark
from relay.core.field import CommitProgress, GateRole
from relay.notify import handing as handing_module
from relay.notify.delivery import MAX_COMMANDS_OPEN, SNAPSHOT_BEYOND, Delivery
from relay.notify.pipeline import WINDOW_ENTRIES
from relay.ops.clock import MachineClock
from tests.support.field_desk import AT_US, FieldDesk, done, new_id, view
from tests.support.gate_site import FieldClient, GateSite
from tests.support.waiting import wait_until

T = TypeVar("T")


@dataclass
class Site:
    gate: GateSite
    desk: FieldDesk
    delivery: Delivery

    def tell(self, unit: str, *views: m.DispatchView) -> list[m.MailboxEntry]:
        entries = self.desk.tell(unit, views)
        self.delivery.hint([UnitId(unit)], {UnitId(unit): entries})  # as the writer of this program does
        return entries

    def tell_elsewhere(self, unit: str, *views: m.DispatchView) -> list[m.MailboxEntry]:
        """Tell it as another relay on the same store does, of whom only the name comes."""
        entries = self.desk.tell(unit, views)
        self.delivery.hint([UnitId(unit)])
        return entries

    def terminal(self, pair: KeyPair, cursor: int = 0) -> tuple[FieldClient, m.Snapshot]:
        client = self.gate.connect(pair)
        client.send(sync(cursor))
        return client, expect(client, m.Snapshot)


@pytest.fixture
def site(tmp_path: Path, store_url: str) -> Iterator[Site]:
    with GateSite(tmp_path, GateRole.TERMINALS) as gate:
        desk = FieldDesk(store_url)
        delivery = Delivery(
            port=gate.port,
            reader=desk.reader,
            submit=desk.submit,
            clock=MachineClock(),
            progress=lambda: CommitProgress(commits=7, last_commit_us=AT_US),
        )
        delivery.start()
        yield Site(gate, desk, delivery)
        delivery.stop()
        desk.close()


def sync(cursor: int, session: int = 1) -> m.Sync:
    return m.Sync(
        session=session, lowest_version=1, highest_version=1, cursor=cursor, clock=AT_US, terminal_version="t"
    )


def expect(client: FieldClient, wanted: type[T], *, within_s: float = 5.0) -> T:
    found = client.receive(within_s=within_s)
    assert isinstance(found, wanted), found
    return found


def collect(client: FieldClient, upto: int) -> list[int]:
    """Receive deltas until a cursor; confirm each, as a terminal does."""
    cursors: list[int] = []
    while not cursors or cursors[-1] < upto:
        delta = expect(client, m.Delta)
        cursors.extend(entry.cursor for entry in delta.entries)
        client.send(m.Receipts(receipt=Receipt.DELIVERED, cursor=cursors[-1], at=AT_US))
    return cursors


def test_a_new_terminal_gets_what_is_open_and_then_each_offer_as_it_is_made(site: Site) -> None:
    old, ended = view(), view()
    site.tell("unit-a", old, ended, view("recalled", dispatch_id=ended.dispatch_id))
    client, snapshot = site.terminal(site.gate.enrol("unit-a"))
    assert (snapshot.session, snapshot.cursor, snapshot.complete) == (1, 3, True)
    assert snapshot.dispatches == (old,)
    offer = view()
    site.tell("unit-a", offer)
    assert [entry.dispatch for entry in expect(client, m.Delta).entries] == [offer]


def test_what_this_relay_and_another_wrote_comes_once_and_in_order(site: Site) -> None:
    """By hint with its entries, by hint with the name alone, and with no hint at all, one behind the other."""
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    told: list[m.MailboxEntry] = []
    for _ in range(8):
        told += site.tell("unit-a", view(), view())
        told += site.tell_elsewhere("unit-a", view())
        told += site.desk.tell("unit-a", (view(),))
        told += site.tell("unit-a", view())
    assert collect(client, told[-1].cursor) == [entry.cursor for entry in told]
    with pytest.raises(AssertionError, match="nothing received"):  # nothing twice, by the polls after it neither
        client.receive(within_s=0.6)


def test_what_is_handed_over_with_its_hint_is_not_read(site: Site) -> None:
    """The store does not even hold it here; in service the commit came before the hint."""
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    entry = m.MailboxEntry(cursor=1, at=Micros(AT_US), dispatch=view(), page=True)
    site.delivery.hint([UnitId("unit-a")], {UnitId("unit-a"): (entry,)})
    assert expect(client, m.Delta).entries == (entry,)


def test_a_lost_hint_costs_a_poll_and_nothing_more(site: Site) -> None:
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    site.desk.tell("unit-a", [view()])  # nobody hints
    assert [entry.cursor for entry in expect(client, m.Delta, within_s=2).entries] == [1]


def test_a_reconnect_brings_exactly_what_was_missed(site: Site) -> None:
    pair = site.gate.enrol("unit-a")
    site.tell("unit-a", *(view() for _ in range(5)))
    client, _ = site.terminal(pair)
    client.socket.close(0)
    site.tell("unit-a", *(view() for _ in range(600)))
    client, snapshot = site.terminal(pair, cursor=5)
    assert (snapshot.cursor, snapshot.dispatches) == (5, ())
    assert collect(client, 605) == list(range(6, 606))


def test_a_receipt_that_was_lost_is_said_by_the_cursor_a_terminal_comes_back_with(site: Site) -> None:
    """Receipts are told some at a time: those of the last moment are lost with a relay that is killed."""
    pair = site.gate.enrol("unit-a")
    site.tell("unit-a", *(view() for _ in range(5)))
    site.terminal(pair, cursor=4)
    wait_until(lambda: len(site.desk.marks) == 2, within_s=5, what="two marks")
    assert {(mark.mark, mark.cursor) for mark in site.desk.marks} == {(Mark.DELIVERED, 4), (Mark.SENT, 5)}


def test_a_killed_gate_neither_loses_nor_doubles_an_entry(site: Site) -> None:
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    got: list[int] = []
    for kills in range(1, 4):
        site.tell("unit-a", *(view() for _ in range(50)))
        got += [entry.cursor for entry in expect(client, m.Delta).entries]
        site.gate.gate.kill()
        site.tell("unit-a", *(view() for _ in range(10)))
        site.gate.gate.start()
        client.send(sync(got[-1], session=kills), within_s=10)
        while not isinstance(message := client.receive(), m.Snapshot):
            assert isinstance(message, m.Delta)  # was on its way before the kill; repeated after the snapshot
        got += collect(client, 60 * kills)
    assert got == list(range(1, 181))


def test_a_terminal_far_behind_gets_a_snapshot_instead(site: Site) -> None:
    pair = site.gate.enrol("unit-a")
    dispatch = view()
    entries = [view("accepted", dispatch_id=dispatch.dispatch_id) for _ in range(SNAPSHOT_BEYOND + 2)]
    site.tell("unit-a", *entries)
    _, snapshot = site.terminal(pair, cursor=1)
    assert snapshot.cursor == SNAPSHOT_BEYOND + 2
    assert [each.dispatch_id for each in snapshot.dispatches] == [dispatch.dispatch_id]


def test_a_cursor_beyond_the_mailbox_gets_a_snapshot(site: Site) -> None:
    """The relay's store was restored from a backup: the terminal must not wait for entries that never come."""
    site.tell("unit-a", view())
    _, snapshot = site.terminal(site.gate.enrol("unit-a"), cursor=99)
    assert (snapshot.cursor, len(snapshot.dispatches)) == (1, 1)


def test_a_snapshot_too_long_for_one_frame_comes_in_parts(site: Site) -> None:
    text = "长" * 2_000
    site.tell("unit-a", *(view(text=text) for _ in range(30)))
    client, part = site.terminal(site.gate.enrol("unit-a"))
    parts = [part]
    while not parts[-1].complete:
        parts.append(expect(client, m.Snapshot))
    assert len(parts) > 1
    assert sum(len(each.dispatches) for each in parts) == 30


def test_a_step_goes_to_the_writer_under_the_name_of_the_key_and_its_answer_comes_back(site: Site) -> None:
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    command = m.Command(
        command_id=new_id(), dispatch_id=new_id(), step=Step.CLEAR, device_at=AT_US, outcome=Outcome.CONFIRMED
    )
    client.send(command)
    result = expect(client, m.CommandResult)
    assert (result.command_id, result.result, result.dispatch_state) == (command.command_id, "done", "cleared")
    step = site.desk.steps[0]
    assert (step.unit_id, step.dispatch_id, step.outcome) == ("unit-a", command.dispatch_id, Outcome.CONFIRMED)


def test_a_slow_writer_holds_up_nobody_and_too_many_open_commands_are_refused(site: Site) -> None:
    site.desk.answer_at_once = False
    pair = site.gate.enrol("unit-a")
    client, _ = site.terminal(pair)
    for _ in range(MAX_COMMANDS_OPEN + 1):
        client.send(m.Command(command_id=new_id(), dispatch_id=new_id(), step=Step.ACCEPT, device_at=AT_US))
    refused = expect(client, m.Error)
    assert (refused.code, refused.retryable) == ("busy", True)
    neighbour, _ = site.terminal(site.gate.enrol("unit-b"))
    site.tell("unit-b", view())
    expect(neighbour, m.Delta)
    for step, future in site.desk.held:
        future.set_result(done(step))
    answered = {expect(client, m.CommandResult).command_id for _ in range(MAX_COMMANDS_OPEN)}
    assert answered == {step.command_id for step, _ in site.desk.held}


def test_a_full_writer_is_told_as_busy_and_a_failed_one_as_unavailable(site: Site) -> None:
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    command = m.Command(command_id=new_id(), dispatch_id=new_id(), step=Step.ACCEPT, device_at=AT_US)
    site.desk.busy = True
    client.send(command)
    assert expect(client, m.Error).code == "busy"
    site.desk.busy, site.desk.answer_at_once = False, False
    client.send(command)
    wait_until(lambda: site.desk.held, within_s=5, what="the command is submitted")
    site.desk.held[0][1].set_exception(RuntimeError("disk full"))
    failed = expect(client, m.Error)
    assert (failed.code, failed.retryable) == ("unavailable", True)


def test_receipts_become_marks_and_nobody_confirms_what_was_not_sent(site: Site) -> None:
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    site.tell("unit-a", view())
    expect(client, m.Delta)
    client.send(m.Receipts(receipt=Receipt.DELIVERED, cursor=99, at=AT_US))
    client.send(m.Receipts(receipt=Receipt.SEEN, cursor=1, at=AT_US))
    wait_until(lambda: len(site.desk.marks) == 3, within_s=5, what="three marks")
    assert [(mark.mark, mark.cursor) for mark in site.desk.marks] == [
        (Mark.SENT, 1),
        (Mark.DELIVERED, 1),
        (Mark.SEEN, 1),
    ]


def test_a_terminal_that_confirms_nothing_is_sent_a_window_and_then_cut(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handing_module, "SLOW_AFTER_S", 0.5)
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    site.tell("unit-a", *(view() for _ in range(WINDOW_ENTRIES + 100)))
    sent = 0
    while isinstance(message := client.receive(), m.Delta):
        sent += len(message.entries)
    assert sent == WINDOW_ENTRIES
    assert message == m.Bye(reason="slow_reader", resync=True)
    client.send(sync(sent))
    assert expect(client, m.Snapshot).cursor == sent
    assert collect(client, WINDOW_ENTRIES + 100)[0] == sent + 1


def test_a_message_without_sync_is_answered_with_who_and_a_foreign_version_with_its_error(site: Site) -> None:
    client = site.gate.connect(site.gate.enrol("unit-a"))
    client.send(m.Ping(sent_at=1, pending=0))
    assert expect(client, m.Who) == m.Who()
    client.send(m.Sync(session=1, lowest_version=9, highest_version=9, cursor=0, clock=1, terminal_version="t"))
    assert expect(client, m.Error).code == "unknown_version"


def test_garbage_behind_the_prefix_is_refused_and_a_ping_shows_the_commits(site: Site) -> None:
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    client.send_raw(pack_prefix(Kind.PING, stream=None, hop=1) + b"\xc1\xc1")
    assert expect(client, m.Error).code == "bad_body"
    client.send(m.Ping(sent_at=5, pending=0))
    pong = expect(client, m.Pong)
    assert (pong.ping_sent_at, pong.commits, pong.last_commit_at) == (5, 7, AT_US)


def test_one_units_mail_reaches_no_other_unit(site: Site) -> None:
    other, _ = site.terminal(site.gate.enrol("unit-b"))
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    site.tell("unit-a", view())
    expect(client, m.Delta)
    assert other.hears_nothing(for_s=0.4)


def test_what_is_not_confirmed_is_sent_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry or its receipt was lost on a connection that lives; nothing else would ever bring it."""
    monkeypatch.setattr(handing_module, "RESEND_AFTER_S", 0.5)
    client, _ = site.terminal(site.gate.enrol("unit-a"))
    (entry,) = site.tell("unit-a", view())
    assert expect(client, m.Delta).entries == (entry,)  # and no receipt
    assert expect(client, m.Delta).entries == (entry,)
    client.send(m.Receipts(receipt=Receipt.DELIVERED, cursor=1, at=AT_US))
    assert client.hears_nothing(for_s=1.5)
