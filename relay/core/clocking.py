"""When an alert happened, as far as the relay believes it; and the city's month of a moment."""

from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final

from msgspec import Struct

from relay.core.policy import MICROS, DeskPolicy

CLOCK_OFF: Final = "clock_off"
"""What it is called when a room's times cannot be true: noted beside the refusals, though the record counts."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Occurrence(Struct, frozen=True, kw_only=True, gc=False):
    """The moment used for folding and for the month; ``reason`` is empty when the room's own time was taken."""

    at_us: int
    reason: str = ""


def occurrence(*, claimed_us: int, suspect: bool, received_us: int, policy: DeskPolicy) -> Occurrence:
    """Return when an alert happened: the room's capture time, or the time of receipt where that cannot be true.

    A record may be days old after an outage, so age alone is no fault; a time from the future is.
    """
    if suspect:
        return Occurrence(at_us=received_us, reason="the room's clock was suspect; time of receipt taken")
    ahead_s = (claimed_us - received_us) / MICROS
    if ahead_s > policy.future_tolerance_s:
        return Occurrence(at_us=received_us, reason=f"{ahead_s:.0f} s ahead of the relay; time of receipt taken")
    if -ahead_s > policy.past_tolerance_s:
        return Occurrence(at_us=received_us, reason=f"{-ahead_s:.0f} s behind the relay; time of receipt taken")
    return Occurrence(at_us=claimed_us)


def hello_doubt(*, offset_us: int, policy: DeskPolicy) -> str:
    """Say how far a room's clock is from the relay's when that is more than can be true; empty otherwise."""
    offset_s = offset_us / MICROS
    if abs(offset_s) <= policy.future_tolerance_s:
        return ""
    return f"its clock is {abs(offset_s):.0f} s {'ahead of' if offset_s > 0 else 'behind'} the relay's"


def near_months_end(at_us: int, error_us: int, zone: tzinfo) -> bool:
    """Tell whether the uncertainty of a moment reaches into another month: its month is then the likelier one."""
    return month_of(max(0, at_us - error_us), zone) != month_of(at_us + error_us, zone)


def month_of(at_us: int, zone: tzinfo) -> str:
    """Return ``YYYY-MM`` of a UTC moment in the city's time zone.

    A moment so near the ends of the calendar that the zone leaves it keeps its UTC month.
    """
    return _month_of_second(at_us // MICROS, zone)


@lru_cache(maxsize=4_096)  # the alerts of a storm share their seconds; no zone changes within one
def _month_of_second(at_s: int, zone: tzinfo) -> str:
    moment = _EPOCH + timedelta(seconds=at_s)
    try:
        local = moment.astimezone(zone)
    except OverflowError:
        local = moment
    return f"{local.year:04d}-{local.month:02d}"
