"""The month an incident counts for, times nobody should believe, and the colour of an index."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from relay.core.clocking import month_of, occurrence
from relay.core.levels import Level, LevelRule, standing_of, step
from relay.core.policy import MICROS, DeskPolicy

POLICY = DeskPolicy()
NOW_US = 1_790_000_000_000_000
LAST_US = 253_402_300_799_999_999


def us(text: str) -> int:
    return int(datetime.fromisoformat(text).astimezone(UTC).timestamp()) * MICROS


@pytest.mark.parametrize(
    ("moment", "zone", "month"),
    [
        ("2026-01-31T15:59:59+00:00", "Asia/Shanghai", "2026-01"),  # the last second of the city's January
        ("2026-01-31T16:00:00+00:00", "Asia/Shanghai", "2026-02"),
        ("2026-03-31T21:59:59+00:00", "Europe/Berlin", "2026-03"),  # summer time: the month begins at 22:00 UTC
        ("2026-03-31T22:00:00+00:00", "Europe/Berlin", "2026-04"),
        ("2026-10-31T22:30:00+00:00", "Europe/Berlin", "2026-10"),  # winter time again: at 23:00 UTC
        ("2026-10-31T23:00:00+00:00", "Europe/Berlin", "2026-11"),
    ],
)
def test_a_month_is_the_citys_own(moment: str, zone: str, month: str) -> None:
    assert month_of(us(moment), ZoneInfo(zone)) == month


@given(st.integers(0, LAST_US), st.sampled_from(["Asia/Shanghai", "Pacific/Kiritimati", "Pacific/Niue", "UTC"]))
def test_every_time_of_the_wire_has_a_month(at_us: int, zone: str) -> None:
    """The wire lets through every moment before the year 10000; a zone may push it over the calendar's edge."""
    month = month_of(at_us, ZoneInfo(zone))
    assert len(month) == 7
    assert 1 <= int(month[5:]) <= 12


@pytest.mark.parametrize(
    ("ahead_s", "suspect", "believed"),
    [
        (0, False, True),
        (-7 * 86_400, False, True),  # a backlog after an outage is old and true
        (299, False, True),
        (301, False, False),  # from the future
        (-31 * 86_400, False, False),  # older than any outbox
        (365 * 86_400, False, False),  # a clock a year off
        (0, True, False),  # the room itself doubts it
    ],
)
def test_a_time_that_cannot_be_true_is_replaced_by_the_time_of_receipt(
    ahead_s: int, suspect: bool, believed: bool
) -> None:
    happened = occurrence(claimed_us=NOW_US + ahead_s * MICROS, suspect=suspect, received_us=NOW_US, policy=POLICY)
    assert happened.at_us == (NOW_US + ahead_s * MICROS if believed else NOW_US)
    assert bool(happened.reason) is not believed


RULE = LevelRule(blue_from=10.0, orange_from=20.0, red_from=30.0)


@pytest.mark.parametrize(
    ("previous", "value", "level"),
    [
        (None, 0.0, Level.GREEN),
        (None, 10.0, Level.BLUE),
        (Level.GREEN, 35.0, Level.RED),  # rises at once, over any number of levels
        (Level.RED, 28.0, Level.RED),  # falls only below 27
        (Level.RED, 26.9, Level.ORANGE),
        (Level.RED, 5.0, Level.GREEN),
        (Level.BLUE, 9.5, Level.BLUE),
    ],
)
def test_a_level_rises_at_once_and_falls_with_slack(previous: Level | None, value: float, level: Level) -> None:
    assert step(previous, value, RULE) is level


@pytest.mark.parametrize("level", Level)
def test_an_area_that_is_not_complete_is_never_shown_green_and_never_better_than_its_counts(level: Level) -> None:
    assert standing_of(level, complete=True).value == level.value
    shown = standing_of(level, complete=False)
    assert shown.value == (level.value if level is not Level.GREEN else "incomplete")


@pytest.mark.parametrize("thresholds", [(0.0, 1.0, 2.0), (2.0, 2.0, 3.0), (3.0, 2.0, 1.0)])
def test_thresholds_that_do_not_rise_are_refused(thresholds: tuple[float, float, float]) -> None:
    blue, orange, red = thresholds
    with pytest.raises(ValueError, match="must rise"):
        LevelRule(blue_from=blue, orange_from=orange, red_from=red)
