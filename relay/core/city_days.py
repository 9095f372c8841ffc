"""Days of the city: ISO dates in its time zone, their bounds in UTC, and a span of time cut at midnights."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import Final

from relay.core.policy import MICROS

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_YEAR: Final = 1971
_LAST_YEAR: Final = 9_998
"""A zone may push a moment over the ends of Python's calendar."""


def day_of(at_us: int, zone: tzinfo) -> str:
    """Return the ISO date of a moment in the city; the moment lies in the years 1971 to 9998."""
    return (_EPOCH + timedelta(microseconds=at_us)).astimezone(zone).date().isoformat()


def is_day(text: str) -> bool:
    """Tell whether a text of the wire is an ISO date that the calendar can bear."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return False
    return _FIRST_YEAR <= day.year <= _LAST_YEAR and day.isoformat() == text


def day_bounds(day: str, zone: tzinfo) -> tuple[int, int]:
    """Return the first microsecond of a day and of the one after it; 23 or 25 hours apart where clocks are changed."""
    first = date.fromisoformat(day)
    return _midnight_us(first, zone), _midnight_us(first + timedelta(days=1), zone)


def days_of_month(month: str) -> tuple[str, ...]:
    """Return the days of ``YYYY-MM``."""
    day = date(int(month[:4]), int(month[5:]), 1)
    days = []
    while day.isoformat().startswith(month):
        days.append(day.isoformat())
        day += timedelta(days=1)
    return tuple(days)


def by_day(from_us: int, to_us: int, zone: tzinfo) -> Iterator[tuple[str, int]]:
    """Yield the days that a span touches, with the microseconds of it that lie in each."""
    at_us = from_us
    while at_us < to_us:
        day = day_of(at_us, zone)
        end_us = min(to_us, max(day_bounds(day, zone)[1], at_us + 1))
        yield day, end_us - at_us
        at_us = end_us


def _midnight_us(day: date, zone: tzinfo) -> int:
    # A midnight that the clocks leap over is the moment of the leap: the offset before it applies (fold 0).
    local = datetime(day.year, day.month, day.day, tzinfo=zone)
    return int((local.astimezone(UTC) - _EPOCH) / timedelta(seconds=1)) * MICROS
