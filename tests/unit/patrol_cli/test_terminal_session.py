"""The terminal's dialogue: nothing missed, nothing twice, no command lost, whatever the link does."""

from dataclasses import dataclass, field

from hypothesis import given, settings
from hypothesis import strategies as st

from patrol_cli.terminal_session import (
    PING_EVERY_S,
    RESEND_EVERY_S,
    SILENT_AFTER_S,
    SYNC_EVERY_S,
    UNLINKED_AFTER_S,
    Happening,
    Heard,
    Instruction,
    Keep,
    Linked,
    Moment,
    Notice,
    Phase,
    Pressed,
    Rebuild,
    Say,
    Show,
    Shown,
    TerminalBook,
    Tick,
    Unlinked,
    step,
)
from patrol_wire import messages as m
from patrol_wire.ids import Receipt, Step
from tests.support.field_desk import AT_US, new_id, view


@dataclass
class Terminal:
    """The machine with a disk: what was kept is what a kill leaves."""

    book: TerminalBook = field(default_factory=lambda: TerminalBook(session=0))
    kept: TerminalBook = field(default_factory=lambda: TerminalBook(session=0))
    now_s: float = 0.0

    def do(self, happening: Happening) -> list[Instruction]:
        self.book, instructions = step(self.book, happening, Moment(now_us=AT_US, now_s=self.now_s))
        if any(isinstance(each, Keep) for each in instructions):
            self.kept = self.book
        return list(instructions)

    def said(self, happening: Happening) -> list[m.Message]:
        return [each.message for each in self.do(happening) if isinstance(each, Say)]

    def live(self, cursor: int = 0) -> "Terminal":
        self.do(Linked(session=5))
        self.do(Heard(snapshot(cursor)))
        assert self.book.phase is Phase.LIVE
        return self


def snapshot(cursor: int, *views: m.DispatchView, session: int = 5, complete: bool = True) -> m.Snapshot:
    return m.Snapshot(session=session, version=1, cursor=cursor, dispatches=views, clock=AT_US, complete=complete)


def delta(first: int, *views: m.DispatchView) -> m.Delta:
    return m.Delta(
        entries=tuple(
            m.MailboxEntry(cursor=cursor, at=AT_US, dispatch=each, page=True)
            for cursor, each in enumerate(views, first)
        )
    )


def command() -> m.Command:
    return m.Command(command_id=new_id(), dispatch_id=new_id(), step=Step.ACCEPT, device_at=AT_US)


def result(of: m.Command, word: str = "done", state: str = "accepted") -> m.CommandResult:
    return m.CommandResult(command_id=of.command_id, result=word, reason="", dispatch_state=state)


def test_a_connection_begins_with_sync_and_repeats_it_until_answered() -> None:
    terminal = Terminal()
    (first,) = terminal.said(Linked(session=5))
    assert isinstance(first, m.Sync)
    assert terminal.said(Tick()) == []
    terminal.now_s += SYNC_EVERY_S
    assert terminal.said(Tick()) == [first]
    terminal.do(Heard(snapshot(0)))
    terminal.now_s += SYNC_EVERY_S
    assert terminal.said(Tick()) == []


def test_entries_are_kept_before_they_are_confirmed() -> None:
    terminal = Terminal().live()
    instructions = terminal.do(Heard(delta(1, view())))
    keep = next(place for place, each in enumerate(instructions) if isinstance(each, Keep))
    receipt = next(place for place, each in enumerate(instructions) if isinstance(each, Say))
    assert keep < receipt
    assert terminal.kept.cursor == 1


def test_a_known_entry_is_confirmed_again_and_shown_once() -> None:
    terminal = Terminal().live()
    offer = delta(1, view())
    terminal.do(Heard(offer))
    instructions = terminal.do(Heard(offer))
    assert instructions == [Say(m.Receipts(receipt=Receipt.DELIVERED, cursor=1, at=AT_US))]


def test_a_hole_brings_sync_from_where_we_stand() -> None:
    terminal = Terminal().live()
    terminal.do(Heard(delta(3, view())))
    assert (terminal.book.phase, terminal.book.cursor) == (Phase.SYNCING, 0)
    (again,) = terminal.said(Tick())
    assert isinstance(again, m.Sync)


def test_a_snapshot_in_parts_counts_only_when_complete() -> None:
    terminal = Terminal()
    terminal.do(Linked(session=5))
    one, two = view(), view("accepted")
    assert terminal.do(Heard(snapshot(9, one, complete=False))) == []
    told = [each.notice for each in terminal.do(Heard(snapshot(9, two))) if isinstance(each, Show)]
    assert told == [Notice.LINKED, Notice.OFFER, Notice.DISPATCH]
    assert (terminal.kept.cursor, list(terminal.kept.dispatches.values())) == (9, [one, two])


def test_an_empty_snapshot_at_our_cursor_keeps_what_we_know() -> None:
    offer = view()
    terminal = Terminal().live()
    terminal.do(Heard(delta(1, offer)))
    terminal.do(Linked(session=6))
    terminal.do(Heard(snapshot(1, session=6)))
    assert list(terminal.book.dispatches) == [offer.dispatch_id]


def test_a_shorter_mailbox_replaces_what_we_know() -> None:
    """The relay's store was restored: its word counts."""
    terminal = Terminal().live()
    terminal.do(Heard(delta(1, view(), view())))
    terminal.do(Linked(session=6))
    terminal.do(Heard(snapshot(1, session=6)))
    assert (terminal.book.cursor, len(terminal.book.dispatches)) == (1, 0)


def test_the_answer_to_a_sync_of_an_earlier_connection_is_passed_over() -> None:
    terminal = Terminal()
    terminal.do(Linked(session=6))
    assert terminal.do(Heard(snapshot(9, view(), session=5))) == []


def test_an_answer_to_a_repeated_sync_that_is_ahead_counts() -> None:
    """The relay sends no deltas for what its second snapshot held: passing it over would lose entries."""
    terminal = Terminal().live()
    offer = view()
    terminal.do(Heard(snapshot(4, offer)))
    assert (terminal.book.cursor, list(terminal.book.dispatches)) == (4, [offer.dispatch_id])


def test_a_command_is_kept_before_it_is_sent_and_repeated_until_answered() -> None:
    terminal = Terminal().live()
    pressed = command()
    assert [type(each) for each in terminal.do(Pressed(pressed))] == [Keep, Say, Show]
    assert [each.command for each in terminal.kept.pending] == [pressed]
    terminal.now_s += RESEND_EVERY_S
    assert pressed in terminal.said(Tick())
    shown = [each for each in terminal.do(Heard(result(pressed))) if isinstance(each, Show)]
    assert [each.notice for each in shown] == [Notice.STEP_CONFIRMED]
    terminal.now_s += RESEND_EVERY_S
    assert terminal.said(Tick()) == []
    assert terminal.kept.pending == ()
    assert terminal.do(Heard(result(pressed))) == [], "the answer to a repetition"


def test_a_command_pressed_without_a_link_waits_and_goes_out_with_the_next() -> None:
    terminal = Terminal()
    pressed = command()
    assert terminal.said(Pressed(pressed)) == []
    terminal.live()
    assert terminal.said(Tick()) == [pressed]


def test_who_and_bye_resync_bring_sync() -> None:
    for message in (m.Who(), m.Bye(reason="slow_reader", resync=True)):
        terminal = Terminal().live()
        said = terminal.said(Heard(message)) + terminal.said(Tick())
        assert [type(each) for each in said] == [m.Sync]


def test_a_revoked_key_ends_all_talk() -> None:
    for message in (m.Bye(reason="revoked"), m.Error(code="revoked", text="")):
        terminal = Terminal().live()
        shown = [each for each in terminal.do(Heard(message)) if isinstance(each, Show)]
        assert [each.notice for each in shown] == [Notice.REFUSED]
        terminal.now_s += 100
        assert terminal.do(Tick()) == []


def test_silence_builds_the_socket_anew_and_a_pong_is_no_silence() -> None:
    terminal = Terminal().live()
    terminal.now_s += PING_EVERY_S
    assert [type(each) for each in terminal.said(Tick())] == [m.Ping]
    terminal.do(Heard(m.Pong(ping_sent_at=1, commits=1, last_commit_at=1, clock=1)))
    terminal.now_s += SILENT_AFTER_S
    assert not any(isinstance(each, Rebuild) for each in terminal.do(Tick()))
    terminal.now_s += 1
    assert any(isinstance(each, Rebuild) for each in terminal.do(Tick()))
    assert terminal.do(Unlinked()) == []


def test_a_socket_that_finds_no_connection_is_made_anew_again_and_again() -> None:
    """libzmq gives a socket up for good when a handshake or a frame was damaged on the way."""
    for terminal in (Terminal(), Terminal().live()):
        terminal.do(Unlinked())
        terminal.do(Tick())
        for _ in range(2):
            terminal.now_s += UNLINKED_AFTER_S
            assert terminal.do(Tick()) == []
            terminal.now_s += 0.1
            assert [type(each) for each in terminal.do(Tick())] == [Rebuild]
        terminal.live()
        assert terminal.book.unlinked_since_s is None


def test_seen_is_said_once_per_cursor() -> None:
    terminal = Terminal().live()
    terminal.do(Heard(delta(1, view())))
    assert terminal.said(Shown()) == [m.Receipts(receipt=Receipt.SEEN, cursor=1, at=AT_US)]
    assert terminal.said(Shown()) == []


FAULTS = st.lists(st.sampled_from(["new", "deliver", "drop", "link", "kill", "press", "tick"]), max_size=60)


@settings(max_examples=200, deadline=None)
@given(FAULTS)
def test_whatever_the_link_loses_the_terminal_ends_where_the_mailbox_is(faults: list[str]) -> None:
    """A relay that keeps a mailbox, a link that loses, a terminal that is killed: then calm, then all agrees."""
    relay, terminal = Relay(), Terminal()
    pressed: list[m.Command] = []
    session = 0
    for fault in [*faults, "kill", *["tick", "deliver"] * 12]:
        terminal.now_s += 0.5
        happening: Happening | None = None
        match fault:
            case "new":
                relay.mailbox.append(view())
            case "drop":
                relay.down.clear()
            case "link" | "kill":
                if fault == "kill":
                    terminal.book = terminal.kept
                relay.down.clear()
                session += 1
                happening = Linked(session=session)
            case "press":
                pressed.append(command())
                happening = Pressed(pressed[-1])
            case "tick":
                happening = Tick()
        if fault == "deliver":
            while relay.down:
                relay.hear(terminal.do(Heard(relay.down.pop(0))))
        elif happening is not None:
            relay.hear(terminal.do(happening))
        relay.send_new()
    assert terminal.book.cursor == len(relay.mailbox)
    assert set(terminal.book.dispatches) == {each.dispatch_id for each in relay.mailbox}
    assert terminal.book.pending == ()
    assert {each.command_id for each in pressed} == relay.done


@dataclass
class Relay:
    """The other end in a few lines: a mailbox, one session, commands done once."""

    mailbox: list[m.DispatchView] = field(default_factory=list)
    down: list[m.Message] = field(default_factory=list)
    sent: int | None = None
    done: set[str] = field(default_factory=set)

    def hear(self, instructions: list[Instruction]) -> None:
        for each in instructions:
            if not isinstance(each, Say):
                continue
            match each.message:
                case m.Sync(session=session, cursor=cursor):
                    whole = cursor == 0
                    self.sent = len(self.mailbox) if whole else cursor
                    views = tuple(self.mailbox) if whole else ()
                    self.down.append(snapshot(self.sent, *views, session=session))
                case m.Command() as asked:
                    self.done.add(asked.command_id)
                    self.down.append(result(asked))

    def send_new(self) -> None:
        if self.sent is not None and self.sent < len(self.mailbox):
            self.down.append(delta(self.sent + 1, *self.mailbox[self.sent :]))
            self.sent = len(self.mailbox)


def test_an_answer_that_another_has_overtaken_does_not_turn_the_dispatch_back() -> None:
    """Two steps in a row, their answers the wrong way round: refused for what was still an offer, then accepted."""
    terminal = Terminal().live()
    offer = view()
    terminal.do(Heard(delta(1, offer)))
    early = m.Command(command_id=new_id(), dispatch_id=offer.dispatch_id, step=Step.EN_ROUTE, device_at=AT_US)
    accepted = m.Command(command_id=new_id(), dispatch_id=offer.dispatch_id, step=Step.ACCEPT, device_at=AT_US)
    for each in (early, accepted):
        terminal.do(Pressed(each))
    for of, word, state in ((accepted, "done", "accepted"), (early, "refused", "offered")):
        terminal.do(Heard(m.CommandResult(command_id=of.command_id, result=word, reason="", dispatch_state=state)))
    assert terminal.book.dispatches[offer.dispatch_id].state == "accepted"
    assert terminal.book.pending == ()
