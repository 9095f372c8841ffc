"""Schedules: when a rule is armed, in windows of the week and of single dates on the room's own clock.

Owns Window, Schedule and their text form. A window over midnight belongs to the day on which it begins. What is judged
is the clock on the wall: an hour that summer time skips never comes, an hour that it repeats is armed both times.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import pairwise
from typing import Final

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY_MINUTES: Final = 24 * 60
_ENTRY: Final = re.compile(r"^\s*(?P<days>\S+)\s+(?P<times>\S+)\s*\Z")
_TIMES: Final = re.compile(r"^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})\Z")
_DATE: Final = re.compile(r"^\d{4}-\d{2}-\d{2}\Z")
_OFF: Final = "off"
_LOOKS_LIKE: Final = (
    'write it like "mon-fri 22:00-06:00", "sat,sun 00:00-24:00", "2026-10-01 08:00-12:00" or a date "off"'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """From a minute of the day to another, on some days; ``until_minute`` beyond 1440 lies on the next day."""

    weekdays: frozenset[int] = frozenset()
    """0 is Monday; empty for a window of dates."""
    first_day: date | None = None
    last_day: date | None = None
    from_minute: int = 0
    until_minute: int = 0
    """Equal to ``from_minute``: nothing is armed on those dates."""

    def begins_on(self, day: date) -> bool:
        """Whether it begins on this day."""
        if self.first_day is not None and self.last_day is not None:
            return self.first_day <= day <= self.last_day
        return day.weekday() in self.weekdays


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Windows of the week, and those of single dates, which replace the week's for whatever begins on that date."""

    weekly: tuple[Window, ...]
    dated: tuple[Window, ...] = ()

    def armed(self, local: datetime) -> bool:
        """Whether the moment lies in a window; ``local`` is the clock on the room's wall."""
        minute = local.hour * 60 + local.minute
        today = local.date()
        return self._covers(today, minute) or self._covers(today - timedelta(days=1), minute + _DAY_MINUTES)

    @property
    def share(self) -> float:
        """The armed share of an ordinary week, without its dated windows (0-1)."""
        monday = datetime(2001, 1, 1)  # noqa: DTZ001 - a wall clock of no place; a Monday
        minutes = 7 * _DAY_MINUTES
        week = Schedule(weekly=self.weekly)
        return sum(week.armed(monday + timedelta(minutes=minute)) for minute in range(minutes)) / minutes

    def _covers(self, day: date, minute: int) -> bool:
        windows = [window for window in self.dated if window.begins_on(day)] or [
            window for window in self.weekly if window.begins_on(day)
        ]
        return any(window.from_minute <= minute < window.until_minute for window in windows)


def local_time(utc_us: int, zone: tzinfo) -> datetime:
    """Return the room's clock at a moment given in UTC microseconds since 1970."""
    return datetime.fromtimestamp(utc_us / 1_000_000, UTC).astimezone(zone)


def schedule_of(entries: Iterable[str]) -> Schedule | None:
    """Return the schedule that the entries write down, None for no entry; raises ValueError as ``window_of`` does."""
    windows = [window_of(entry) for entry in entries]
    if not windows:
        return None
    return Schedule(
        weekly=tuple(window for window in windows if window.first_day is None),
        dated=tuple(window for window in windows if window.first_day is not None),
    )


def window_of(entry: str) -> Window:
    """Return the window of one entry: ``DAYS FROM-TO``, ``DATE FROM-TO`` or ``DATE off``.

    DAYS are names of days, ranges of them and commas, or ``daily``; DATE is a date or ``DATE..DATE``. Raises ValueError
    whose text is the end of a sentence for a technician.
    """
    parts = _ENTRY.match(entry)
    if parts is None:
        raise ValueError(f'has the entry "{entry}", which has not two parts; {_LOOKS_LIKE}')
    days, times = parts["days"].lower(), parts["times"].lower()
    if days[0].isdigit():
        first_day, last_day = _dates(entry, days)
        begin, until = (0, 0) if times == _OFF else _minutes(entry, times)
        return Window(first_day=first_day, last_day=last_day, from_minute=begin, until_minute=until)
    if times == _OFF:
        raise ValueError(f'has the entry "{entry}": only a date can be off; leave the days out of the other entries')
    begin, until = _minutes(entry, times)
    return Window(weekdays=_weekdays(entry, days), from_minute=begin, until_minute=until)


def _minutes(entry: str, times: str) -> tuple[int, int]:
    found = _TIMES.match(times)
    if found is None:
        raise ValueError(f'has the entry "{entry}" with no times like 22:00-06:00; {_LOOKS_LIKE}')
    hour, minute, until_hour, until_minute = (int(part) for part in found.groups())
    begin, until = hour * 60 + minute, until_hour * 60 + until_minute
    if minute > 59 or until_minute > 59 or begin >= _DAY_MINUTES or until > _DAY_MINUTES:
        raise ValueError(f'has the entry "{entry}" with a time that no clock shows; write 00:00 to 24:00')
    if begin == until:
        raise ValueError(f'has the entry "{entry}" that ends when it begins; for a whole day write 00:00-24:00')
    return begin, until if until > begin else until + _DAY_MINUTES


def _weekdays(entry: str, days: str) -> frozenset[int]:
    if days == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in days.split(","):
        ends = part.split("-")
        unknown = next((name for name in ends if name not in _DAYS), None)
        if unknown is not None or len(ends) > 2:
            raise ValueError(
                f'has the entry "{entry}" with the day "{unknown or part}"; write {", ".join(_DAYS)} or daily'
            )
        first, last = _DAYS.index(ends[0]), _DAYS.index(ends[-1])
        found.update(number % 7 for number in range(first, last + 1 if last >= first else last + 8))
    return frozenset(found)


def _dates(entry: str, days: str) -> tuple[date, date]:
    ends = days.split("..")
    if len(ends) > 2 or not all(_DATE.match(end) for end in ends):
        raise ValueError(f'has the entry "{entry}" with no date like 2026-10-01 or 2026-10-01..2026-10-07; mend it')
    try:
        found = [date.fromisoformat(end) for end in ends]
    except ValueError as error:
        raise ValueError(f'has the entry "{entry}" with a date that no calendar has; mend it') from error
    if any(later < earlier for earlier, later in pairwise(found)):
        raise ValueError(f'has the entry "{entry}" whose dates run backwards; write the earlier one first')
    return found[0], found[-1]
