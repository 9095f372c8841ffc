"""Releases of a month: when its counts are published, and what a later change makes of a published month.

A month is open until it is published. Its first release is everything the ledger holds of it at that moment; every
later commit that writes lines of it makes the next release, in the same transaction. A release is a place in the
ledger (``cutoff``), so its figures are those of the lines up to there and never change. The line written after
release n belongs to release n + 1: that is known when it is written and is never corrected.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from relay.core.clocking import month_of
from relay.core.counting import CountPlace, LedgerLine
from relay.core.policy import MICROS

AUTOMATIC: Final = "relay"
"""The actor of releases nobody asked for."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_YEAR: Final = 9_998
"""The calendar of Python ends with the year 9999; a month near it cannot be waited for."""


class MonthRelease(Struct, frozen=True, kw_only=True, gc=False):
    """One publication of a month; append-only."""

    number: int
    """Place among all releases of all months, in commit order, without holes."""
    month: str
    release: int
    """1 is the first publication of the month."""
    cutoff: int
    """Cursor of the newest ledger line it can contain: its figures are the month's lines up to here."""
    entries: int
    """Lines of the month that are new in it."""
    begin_us: int
    end_us: int
    """The month in UTC by the city's time zone as it was known then: from, and up to but without."""
    zone: str
    published_us: int
    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody publishes a month: the duty officer, or the relay when the month's days of grace are over."""

    actor: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """The newest release of a month."""

    release: int
    cutoff: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDraft:
    """A release this transaction must store; ``changes`` is its difference from the one before, without zeros."""

    month: str
    release: int
    cutoff: int
    entries: int
    changes: Mapping[CountPlace, int]
    actor: str
    reason: str


def next_month(month: str) -> str:
    """Return the calendar month after ``YYYY-MM``."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"


def month_bounds(month: str, zone: tzinfo) -> tuple[int, int]:
    """Return the first microsecond of a month and of the one after it, in UTC; ``clocking.month_of`` agrees."""
    return _midnight_us(month, zone), _midnight_us(next_month(month), zone)


def earliest_opening_us(month: str, zone: tzinfo) -> int:
    """Return a moment before which no incident of a month was opened: its first alert may lead the relay's clock."""
    return month_bounds(month, zone)[0] - 24 * 3_600 * MICROS


def freezes_us(month: str, zone: tzinfo, after_days: int) -> int:
    """Return when a month is published by itself: local midnight, so many days after its end."""
    following = next_month(month)
    day = datetime(int(following[:4]), int(following[5:]), 1, tzinfo=zone) + timedelta(days=after_days)
    return _us(day)


def due_months(
    months: Iterable[str], *, now_us: int, zone: tzinfo, after_days: int, published: Collection[str]
) -> tuple[str, ...]:
    """Return the months to publish now: each from the first counted one on whose days of grace are over.

    A month between two counted ones in which nothing happened is published too: that nothing happened is a figure.
    """
    counted = sorted(month for month in months if int(month[:4]) <= _LAST_YEAR)
    if not counted:
        return ()
    due: list[str] = []
    month, current = counted[0], month_of(now_us, zone)
    while month < current and freezes_us(month, zone, after_days) <= now_us:
        if month not in published:
            due.append(month)
        month = next_month(month)
    return tuple(due)


def refusal(month: str, *, now_us: int, zone: tzinfo, latest: Latest | None) -> str | None:
    """Return why a month cannot be published now, or None."""
    if latest is not None:
        return f"{month} was published; release {latest.release} is its newest, and what comes later makes the next"
    if int(month[:4]) > _LAST_YEAR or month_bounds(month, zone)[1] > now_us:
        return f"{month} has not ended in the city's time; it can be published from its end on"
    return None


def release_of(cursor: int, cutoffs: Sequence[int]) -> int:
    """Return the release of its month that a line belongs to: ``cutoffs`` are those of the month, rising."""
    return bisect_left(cutoffs, cursor) + 1


def late(
    lines: Sequence[LedgerLine],
    *,
    cutoff: int,
    latest: Mapping[str, Latest],
    asked: Mapping[str, Asked] = MappingProxyType({}),
) -> tuple[ReleaseDraft, ...]:
    """Return the new releases that one transaction's lines make of months that are published, in order of the month.

    ``cutoff`` is the cursor of the transaction's last line, ``latest`` what each month's newest release was before it,
    ``asked`` the months that somebody had counted anew.
    """
    drafts = []
    for month in sorted({line.place.month for line in lines} & latest.keys()):
        mine = [line for line in lines if line.place.month == month]
        why = ", ".join(sorted({line.reason for line in mine if line.reason})) or "changed"
        by = asked.get(month, Asked(actor=AUTOMATIC, reason=why))
        drafts.append(
            ReleaseDraft(
                month=month,
                release=latest[month].release + 1,
                cutoff=cutoff,
                entries=len(mine),
                changes=difference(mine),
                actor=by.actor,
                reason=by.reason,
            )
        )
    return tuple(drafts)


def difference(lines: Iterable[LedgerLine]) -> dict[CountPlace, int]:
    """Return what lines change in sum, without zeros."""
    changes: dict[CountPlace, int] = {}
    for line in lines:
        changes[line.place] = changes.get(line.place, 0) + line.count
    return {place: change for place, change in changes.items() if change}


def _midnight_us(month: str, zone: tzinfo) -> int:
    return _us(datetime(int(month[:4]), int(month[5:]), 1, tzinfo=zone))


def _us(local: datetime) -> int:
    # A midnight that the clocks leap over is the moment of the leap: the offset before it applies (fold 0).
    return int((local.astimezone(UTC) - _EPOCH) / timedelta(seconds=1)) * MICROS
