"""Schedules: which moments of the week a rule is armed, on the clock of the room's wall."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_agent.core.schedules import Schedule, local_time, schedule_of, window_of


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def schedule(*entries: str) -> Schedule:
    found = schedule_of(entries)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("entries", "moment", "armed"),
    [
        # 2026-11-02 is a Monday
        (["mon-fri 22:00-06:00"], "2026-11-02T21:59", False),
        (["mon-fri 22:00-06:00"], "2026-11-02T22:00", True),  # the first minute belongs to it
        (["mon-fri 22:00-06:00"], "2026-11-03T05:59:59", True),
        (["mon-fri 22:00-06:00"], "2026-11-03T06:00", False),  # the last one does not
        (["mon-fri 22:00-06:00"], "2026-11-07T03:00", True),  # Friday's night ends on Saturday
        (["mon-fri 22:00-06:00"], "2026-11-02T03:00", False),  # Sunday's night is none of theirs
        (["sat,sun 00:00-24:00"], "2026-11-08T23:59:59", True),
        (["sat,sun 00:00-24:00"], "2026-11-09T00:00", False),
        (["daily 08:00-18:00"], "2026-11-04T12:00", True),
        (["sat-mon 08:00-18:00"], "2026-11-02T12:00", True),  # a range over the end of the week
        (["sat-mon 08:00-18:00"], "2026-11-03T12:00", False),
        (["mon 08:00-12:00", "mon 14:00-18:00"], "2026-11-02T13:00", False),  # the gap between two windows
        # dates replace the week's windows that begin on them
        (["daily 08:00-18:00", "2026-10-01 off"], "2026-10-01T12:00", False),
        (["daily 08:00-18:00", "2026-10-01 off"], "2026-10-02T12:00", True),
        (["daily 08:00-18:00", "2026-10-01..2026-10-07 20:00-22:00"], "2026-10-03T12:00", False),
        (["daily 08:00-18:00", "2026-10-01..2026-10-07 20:00-22:00"], "2026-10-03T21:00", True),
        (["daily 22:00-06:00", "2026-10-01 off"], "2026-10-01T03:00", True),  # that night began the day before
        (["daily 22:00-06:00", "2026-10-01 off"], "2026-10-02T03:00", False),
        (["2026-10-01 08:00-12:00"], "2026-10-02T09:00", False),  # dates alone: never else
    ],
)
def test_a_moment_is_armed_when_a_window_holds_it(entries: list[str], moment: str, armed: bool) -> None:
    assert schedule(*entries).armed(at(moment)) is armed


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("mon-fri", "not two parts"),
        ("mon-fri 22:00", "no times like"),
        ("mon-fri 22:00-26:00", "no clock shows"),
        ("mon-fri 24:00-06:00", "no clock shows"),
        ("mon-fri 22:61-23:00", "no clock shows"),
        ("mon-fri 08:00-08:00", "write 00:00-24:00"),
        ("monday 08:00-09:00", '"monday"'),
        ("mon-tue-wed 08:00-09:00", '"mon-tue-wed"'),
        ("mon off", "only a date can be off"),
        ("2026-13-01 off", "no calendar has"),
        ("2026-1-1 off", "no date like"),
        ("2026-10-07..2026-10-01 off", "run backwards"),
        ("22:00-06:00 mon", "no date like"),
    ],
)
def test_an_entry_nobody_could_mean_is_refused_in_words(entry: str, words: str) -> None:
    with pytest.raises(ValueError, match="has the entry") as caught:
        window_of(entry)
    assert words in str(caught.value)


def test_no_entries_are_no_schedule() -> None:
    assert schedule_of([]) is None


def test_the_hour_that_summer_time_skips_never_comes_and_the_one_it_repeats_is_armed_twice() -> None:
    """What counts is the clock on the wall, as people read it."""
    berlin = ZoneInfo("Europe/Berlin")
    night = schedule("daily 02:00-03:00")

    def armed_minutes(first: datetime) -> int:
        moments = (first + timedelta(minutes=minute) for minute in range(6 * 60))
        return sum(night.armed(local_time(int(moment.timestamp()) * 1_000_000, berlin)) for moment in moments)

    assert armed_minutes(datetime(2026, 3, 28, 23, tzinfo=UTC)) == 0
    assert armed_minutes(datetime(2026, 10, 24, 23, tzinfo=UTC)) == 120
    assert armed_minutes(datetime(2026, 6, 24, 23, tzinfo=UTC)) == 60


def test_the_rooms_clock_is_that_of_its_zone() -> None:
    moment_us = int(datetime(2026, 11, 2, 16, 30, tzinfo=UTC).timestamp()) * 1_000_000
    assert local_time(moment_us, ZoneInfo("Asia/Shanghai")).strftime("%a %H:%M") == "Tue 00:30"


def test_the_armed_share_of_a_week_is_told() -> None:
    assert schedule("daily 00:00-24:00").share == pytest.approx(1.0)
    assert schedule("sat,sun 00:00-12:00", "2026-10-01 off").share == pytest.approx(1 / 7)


@settings(max_examples=25)
@given(
    weekdays=st.sets(st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]), min_size=1),
    begin=st.integers(0, 1439),
    length=st.integers(1, 1439),
    day=st.dates(date(2020, 1, 1), date(2035, 12, 31)),
)
def test_every_window_is_armed_for_exactly_its_length(weekdays: set[str], begin: int, length: int, day: date) -> None:
    """Over two days from any midnight on, a window that begins on the first of them alone is armed for its length."""
    until = (begin + length) % 1440
    if begin == until:
        return
    entry = f"{','.join(sorted(weekdays))} {begin // 60:02}:{begin % 60:02}-{until // 60:02}:{until % 60:02}"
    window = window_of(entry)
    assert window.until_minute - window.from_minute == (until - begin) % 1440
    alone = Schedule(weekly=(), dated=(window_of(f"{day.isoformat()} {entry.split()[1]}"),))
    midnight = at(day.isoformat())
    armed = sum(alone.armed(midnight + timedelta(minutes=minute)) for minute in range(2 * 1440))
    assert armed == (until - begin) % 1440
