"""Who is on watch in a room, from its shift log, and whether the roster wants somebody there."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_agent.core.watch import ROUND, SIGN_ON, ShiftAct, ShiftState, step
from patrol_wire.ids import NodeName
from patrol_wire.records import ShiftEntry
from relay.core.policy import MICROS
from relay.core.presence import Presence
from relay.core.rosters import Shift, next_change_us, spans_by_node
from relay.core.watches import RoomWatch, ShiftEnd, WatchShift, follow, lost_by, watch_of

NODE = NodeName("room-t01")
FIRST, SECOND = "00000000-0000-7000-8000-000000000001", "00000000-0000-7000-8000-000000000002"
NOW_US = 1_795_720_000 * MICROS


def line(
    entry: str,
    *,
    shift_id: str | None = FIRST,
    operator: str = "li",
    subject: str = "",
    figures: Mapping[str, int] = {},
) -> ShiftEntry:
    return ShiftEntry(
        operator=operator, entry=entry, at=NOW_US, shift_id=shift_id, subject=subject, figures=dict(figures)
    )


def told(*lines: ShiftEntry) -> WatchShift:
    shift: WatchShift | None = None
    for nth, entry in enumerate(lines):
        shift = follow(shift, entry, node=NODE, epoch=7, at_us=NOW_US + nth * MICROS)
    assert shift is not None
    return shift


def test_a_shift_goes_from_sign_on_over_rounds_to_its_end() -> None:
    shift = told(
        line(SIGN_ON),
        line(ROUND, subject="night", figures={"cameras": 9, "seen": 8, "took_s": 60}),
        line(ShiftAct.OFFER.value),
        line(ROUND, subject="gates", figures={"cameras": 3, "seen": 3}),
    )
    assert shift.is_open
    assert (shift.rounds, shift.round_cameras, shift.round_seen) == (2, 12, 11)
    assert (shift.last_round_set, shift.last_round_cameras, shift.last_round_seen) == ("gates", 3, 3)
    over = follow(
        shift, line(ShiftAct.RELIEVE.value, subject="wang", figures={"flags": 4}), node=NODE, epoch=7, at_us=NOW_US + 9
    )
    assert over is not None
    assert (over.end, over.relieved_by, over.ended_us) == (ShiftEnd.HANDED_OVER, "wang", NOW_US + 9)
    assert over.figures == {"flags": 4}


@pytest.mark.parametrize("act", list(ShiftAct))
def test_a_shift_ends_here_with_the_very_acts_that_end_it_in_the_room(act: ShiftAct) -> None:
    """The agent's machine and this one must not part."""
    moved = step(ShiftState.HANDING_OVER, act)
    assert hasattr(moved, "state")
    assert told(line(SIGN_ON), line(act.value)).is_open is (moved.state is not ShiftState.ENDED)


def test_a_line_that_names_no_shift_belongs_to_none() -> None:
    assert follow(None, line(SIGN_ON, shift_id=None), node=NODE, epoch=7, at_us=NOW_US) is None


def test_a_shift_of_which_only_the_end_is_known_began_as_long_ago_as_the_room_says() -> None:
    shift = told(line(ShiftAct.SIGN_OFF.value, figures={"seconds": 3_600, "rounds": 2}))
    assert (shift.began_us, shift.ended_us) == (NOW_US - 3_600 * MICROS, NOW_US)
    assert told(line(ShiftAct.SIGN_OFF.value, figures={"seconds": 2**53})).began_us == 0


def test_whoever_signs_on_again_or_in_a_new_outbox_has_left_the_shift_before() -> None:
    before = told(line(SIGN_ON))
    neighbour = replace(before, shift_id=SECOND, operator="wang")
    again = line(SIGN_ON, shift_id="00000000-0000-7000-8000-000000000003")
    lost = lost_by(again, [before, neighbour], epoch=7, at_us=NOW_US + 5)
    assert [(shift.shift_id, shift.end, shift.ended_us) for shift in lost] == [(FIRST, ShiftEnd.LOST, NOW_US + 5)]
    restored = lost_by(again, [before, neighbour], epoch=8, at_us=NOW_US + 5)
    assert {shift.shift_id for shift in restored} == {FIRST, SECOND}
    assert lost_by(line(ROUND), [before], epoch=8, at_us=NOW_US) == []
    assert lost_by(line(SIGN_ON), [before], epoch=7, at_us=NOW_US) == [], "the same line once more"


_LINES = st.builds(
    line,
    st.sampled_from([SIGN_ON, ROUND, "a word of tomorrow", *(act.value for act in ShiftAct)]),
    figures=st.dictionaries(st.sampled_from(["cameras", "seen", "seconds"]), st.integers(0, 2**53)),
)


@given(st.lists(_LINES, min_size=1, max_size=12))
def test_whatever_a_room_says_the_store_can_hold(lines: list[ShiftEntry]) -> None:
    shift = told(*lines)
    assert 0 <= shift.began_us <= NOW_US + 12 * MICROS
    assert shift.rounds < 2**31
    assert max(shift.last_round_cameras, shift.last_round_seen) < 2**31
    assert max(shift.round_cameras, shift.round_seen) < 2**63


@pytest.mark.parametrize(
    ("minute", "on_watch", "presence", "watch"),
    [
        (6 * 60, 0, Presence.ONLINE, RoomWatch.UNWATCHED),
        (6 * 60, 0, Presence.LATE, RoomWatch.UNWATCHED),
        (6 * 60, 2, Presence.ONLINE, RoomWatch.WATCHED),
        (22 * 60, 0, Presence.ONLINE, RoomWatch.NOT_PLANNED),
        (22 * 60, 1, Presence.ONLINE, RoomWatch.WATCHED),
        (6 * 60, 1, Presence.LOST, RoomWatch.UNKNOWN),  # what it told may no longer be so
    ],
)
def test_a_room_is_watched_or_it_is_said_that_it_is_not(
    minute: int, on_watch: int, presence: Presence, watch: RoomWatch
) -> None:
    day = Shift(shift_id="day", unit_ids=(), days=tuple(range(7)), from_min=360, to_min=1320, nodes=(NODE,))
    spans = spans_by_node([day])[NODE]
    assert watch_of(spans=spans, minute=minute, on_watch=on_watch, presence=presence) is watch
    without = watch_of(spans=None, minute=minute, on_watch=on_watch, presence=presence)
    assert without is (RoomWatch.NOT_PLANNED if watch is RoomWatch.UNWATCHED else watch)


def test_when_a_rooms_plan_changes_next() -> None:
    day = Shift(shift_id="day", unit_ids=(), days=(0,), from_min=360, to_min=1320, nodes=(NODE,))
    spans = spans_by_node([day])[NODE]
    assert next_change_us(spans, now_us=5 * 60 * MICROS + 1, minute=365) == (5 + 955) * 60 * MICROS
    always = spans_by_node([replace(day, days=tuple(range(7)), from_min=0, to_min=1440)])[NODE]
    assert next_change_us(always, now_us=0, minute=0) is None
