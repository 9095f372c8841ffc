"""Who is on shift when, what was said by hand, and where the week has holes."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrol_wire.ids import UnitId
from relay.core.ids import BeatId
from relay.core.rosters import (
    DAY,
    MINUTE_US,
    WEEK,
    Shift,
    beat_holes,
    covers,
    duty_at,
    holes,
    joined,
    minute_of_week,
    spans_by_unit,
    text_of,
)

UNIT = UnitId("unit-0-near")
B0, B1, B2 = BeatId("b0"), BeatId("b1"), BeatId("b2")
NIGHT = Shift(shift_id="n", unit_ids=(UNIT,), days=tuple(range(7)), from_min=20 * 60, to_min=6 * 60)
SPAN = st.tuples(st.integers(0, WEEK), st.integers(0, WEEK)).map(lambda pair: (min(pair), max(pair)))


@given(st.lists(SPAN, max_size=8), st.integers(0, WEEK - 1))
def test_every_minute_is_either_covered_or_in_a_hole(spans: list[tuple[int, int]], minute: int) -> None:
    assert covers(joined(spans), minute) == covers(spans, minute)
    assert covers(holes(spans), minute) != covers(spans, minute)


def test_a_night_shift_goes_over_midnight_and_over_the_weeks_end() -> None:
    spans = spans_by_unit([NIGHT])[UNIT]
    assert covers(spans, 5 * 60)  # Monday, from Sunday's shift
    assert not covers(spans, 6 * 60)
    assert covers(spans, 6 * DAY + 23 * 60)


@pytest.mark.parametrize(
    ("minute", "said_on", "said_min_ago", "on_duty", "reason"),
    [
        (DAY + 21 * 60, True, None, True, "on shift"),
        (DAY + 21 * 60, False, None, True, "on shift"),  # nobody knows when that was said: the roster holds
        (DAY + 21 * 60, False, 30, False, "off duty by hand"),  # said in this shift
        (DAY + 21 * 60, False, 90, True, "on shift"),  # said before this shift began
        (DAY + 12 * 60, True, 60, True, "on duty by hand"),  # called in between shifts
        (DAY + 12 * 60, True, 7 * 60, False, "off shift"),  # said in the shift that ended
    ],
)
def test_what_is_said_holds_until_the_next_change_of_shift(
    minute: int, said_on: bool, said_min_ago: int | None, on_duty: bool, reason: str
) -> None:
    now_us = 1_000_000 * MINUTE_US
    said_us = now_us - said_min_ago * MINUTE_US if said_min_ago is not None else None
    spans = spans_by_unit([NIGHT])[UNIT]
    found = duty_at(spans, said_on=said_on, said_us=said_us, now_us=now_us, minute=minute)
    assert (found.on_duty, found.reason) == (on_duty, reason)
    assert found.until_us is not None
    assert now_us < found.until_us <= now_us + 14 * 60 * MINUTE_US


@pytest.mark.parametrize(("said_on", "reason"), [(True, "on duty"), (False, "off duty")])
def test_without_shifts_its_own_word_holds(said_on: bool, reason: str) -> None:
    found = duty_at((), said_on=said_on, said_us=None, now_us=0, minute=0)
    assert (found.on_duty, found.reason, found.until_us) == (said_on, reason, None)


def test_a_shift_round_the_clock_never_changes() -> None:
    always = Shift(shift_id="a", unit_ids=(UNIT,), days=tuple(range(7)), from_min=0, to_min=DAY)
    found = duty_at(spans_by_unit([always])[UNIT], said_on=True, said_us=None, now_us=0, minute=77)
    assert found.until_us is None


def test_minutes_are_the_citys_own() -> None:
    """Sunday 16:30 in UTC is Monday 00:30 in Shanghai."""
    moment = datetime(2026, 9, 20, 16, 30, tzinfo=UTC)
    assert minute_of_week(int(moment.timestamp() * 1_000_000), ZoneInfo("Asia/Shanghai")) == 30


def test_a_beat_has_the_holes_that_none_of_its_units_covers() -> None:
    day = Shift(shift_id="d", unit_ids=(UnitId("unit-0-far"),), days=tuple(range(7)), from_min=6 * 60, to_min=18 * 60)
    spans = spans_by_unit([NIGHT, day])
    found = beat_holes({B0: [UNIT, UnitId("unit-0-far")], B1: [UnitId("unit-1-near")], B2: []}, spans)
    assert [(text_of(begin), text_of(end)) for begin, end in found[B0]][:2] == [
        ("mon 18:00", "mon 20:00"),
        ("tue 18:00", "tue 20:00"),
    ]
    assert B1 not in found, "a unit without shifts covers its beat"
    assert found[B2] == ((0, WEEK),), "a beat that nobody walks"
    assert text_of(WEEK) == "sun 24:00"
