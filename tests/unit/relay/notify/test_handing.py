"""Who is asked for when, and which entries are given as they were told without reading them again."""

import pytest

from patrol_wire.ids import Micros, UnitId
from patrol_wire.messages import MailboxEntry
from relay.notify import handing
from relay.notify.handing import ASKED_AT_ONCE, POLL_S, Hints, PollTurns
from tests.support.field_desk import view

A, B = UnitId("unit-a"), UnitId("unit-b")


def entry(cursor: int) -> MailboxEntry:
    return MailboxEntry(cursor=cursor, at=Micros(1), dispatch=view(), page=False)


def test_entries_of_hints_that_follow_on_one_another_are_kept_in_order() -> None:
    hints = Hints()
    hints.add((A, B), {A: (entry(3), entry(4)), B: (entry(9),)})
    hints.add((A,), {A: (entry(5),)})
    taken = hints.take()
    assert {unit_id: [each.cursor for each in entries] for unit_id, entries in taken.items()} == {A: [3, 4, 5], B: [9]}
    assert hints.take() == {}


@pytest.mark.parametrize("later", [(), (entry(6),), (entry(4),)], ids=["named alone", "a gap", "once more"])
def test_a_unit_of_which_not_everything_is_known_is_read(later: tuple[MailboxEntry, ...]) -> None:
    """Whatever comes after: its entries alone would be sent with a hole before them."""
    hints = Hints()
    hints.add((A,), {A: (entry(3), entry(4))})
    hints.add((A,), {A: later})
    hints.add((A,), {A: (entry(7),)})
    assert hints.take() == {A: []}


def test_entries_that_find_no_room_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "AT_HAND", 2)
    hints = Hints()
    hints.add((A, B), {A: (entry(1), entry(2)), B: (entry(1),)})
    assert {unit_id: len(entries) for unit_id, entries in hints.take().items()} == {A: 2, B: 0}
    hints.add((B,), {B: (entry(1), entry(2))})
    assert len(hints.take()[B]) == 2, "what was taken makes room"


def test_everybody_is_asked_for_once_in_a_while_and_never_all_at_once() -> None:
    units = tuple(UnitId(f"unit-{number}") for number in range(5 * ASKED_AT_ONCE // 2))
    turns, now_s, asked = PollTurns(), 100.0, []
    while now_s < 100.0 + POLL_S - 1e-6:
        part = turns.take(now_s, lambda: units)
        assert 0 < len(part) <= ASKED_AT_ONCE
        asked.extend(part)
        assert turns.take(now_s, lambda: units) == [], "not before its time"
        now_s += turns.wait_s(now_s)
    assert asked == list(units)
    assert turns.take(now_s, lambda: units) == list(units[:ASKED_AT_ONCE]), "and again"


def test_where_nobody_is_connected_nobody_is_asked_for() -> None:
    turns = PollTurns()
    assert turns.take(1.0, tuple) == []
    assert turns.wait_s(1.0) == pytest.approx(POLL_S)
