"""The stages between mailbox and terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire import codec
from patrol_wire.errors import WireError
from patrol_wire.ids import Micros, UnitId
from patrol_wire.limits import MAX_PAGE_ENTRIES
from patrol_wire.messages import Delta, MailboxEntry
from relay.notify.frames import pages
from relay.notify.pipeline import WINDOW_ENTRIES, dedupe, open_dispatches, room_in_window, suppress
from relay.notify.terminals import MAX_SESSIONS_PER_UNIT, Terminals, TerminalSession
from tests.support.field_desk import AT_US, view

NOW = Micros(AT_US + 10)


def entry(
    cursor: int, state: str = "offered", *, dispatch_id: str | None = None, answer_by: int = AT_US + 99
) -> MailboxEntry:
    return MailboxEntry(
        cursor=cursor, at=AT_US, dispatch=view(state, dispatch_id=dispatch_id, answer_by=answer_by), page=True
    )


def test_an_offer_that_can_be_answered_rings() -> None:
    assert [each.page for each in suppress([entry(1)], now=NOW)] == [True]


def test_an_offer_past_its_time_travels_but_does_not_ring() -> None:
    late = entry(1, answer_by=AT_US)
    (told,) = suppress([late], now=NOW)
    assert (told.cursor, told.dispatch, told.page) == (1, late.dispatch, False)


def test_an_offer_that_a_later_entry_overtook_does_not_ring() -> None:
    offer = entry(1)
    taken = entry(2, "recalled", dispatch_id=offer.dispatch.dispatch_id)
    assert [each.page for each in suppress([offer, taken], now=NOW)] == [False, False]


def test_what_was_sent_is_not_sent_again() -> None:
    assert [each.cursor for each in dedupe([entry(1), entry(2), entry(3)], sent=2)] == [3]


@pytest.mark.parametrize(
    ("sent", "delivered", "room"), [(0, 0, WINDOW_ENTRIES), (256, 0, 0), (300, 100, 56), (600, 0, 0)]
)
def test_the_window_counts_what_is_not_confirmed(sent: int, delivered: int, room: int) -> None:
    assert room_in_window(sent=sent, delivered=delivered) == room


def test_a_snapshot_holds_the_last_view_of_each_open_dispatch() -> None:
    first = entry(1)
    second = entry(2, "accepted", dispatch_id=first.dispatch.dispatch_id)
    ended = entry(3, "cleared")
    assert open_dispatches([ended, second, first]) == (second.dispatch,)


@given(st.integers(0, 700), st.integers(0, 2_000))
def test_pages_hold_everything_once_in_order_and_fit_their_frames(number: int, text_length: int) -> None:
    dispatch = view(text="长" * text_length)
    entries = [MailboxEntry(cursor=cursor, at=AT_US, dispatch=dispatch, page=False) for cursor in range(1, number + 1)]
    hop = iter(range(1, 10_000))
    got: list[int] = []
    if not entries:
        return  # a delta has at least one entry; delivery sends none then
    for frame, part in pages(entries, lambda part, _: Delta(entries=tuple(part)), next_hop=lambda: next(hop)):
        message = codec.decode(frame).message
        assert isinstance(message, Delta)
        assert [each.cursor for each in message.entries] == [each.cursor for each in part]
        assert len(part) <= MAX_PAGE_ENTRIES
        got += [each.cursor for each in part]
    assert got == list(range(1, number + 1))


def test_an_item_that_fits_no_frame_is_an_error_and_not_a_loop() -> None:
    def too_long(part: object, last: bool) -> Delta:
        raise WireError("long_frame", "one item of 70000 bytes")

    with pytest.raises(WireError):
        list(pages([1, 2, 3], too_long, next_hop=lambda: 1))


def test_a_unit_with_too_many_terminals_loses_the_one_heard_longest_ago() -> None:
    terminals = Terminals()
    for number in range(MAX_SESSIONS_PER_UNIT + 1):
        replaced = terminals.open(_session(number))
    assert replaced is not None
    assert replaced.session == b"0"
    assert len(terminals) == MAX_SESSIONS_PER_UNIT
    terminals.forget(b"1")
    terminals.forget(b"1")
    assert terminals.get(b"1") is None
    terminals.forget_all()
    assert (len(terminals), list(terminals.units())) == (0, [])


def _session(number: int) -> TerminalSession:
    return TerminalSession(
        session=str(number).encode(), unit_id=UnitId("u"), sent=0, delivered=0, heard_s=float(number)
    )
