"""Moments as the channels write them."""

from datetime import UTC, datetime


def utc_of(at_us: int) -> datetime:
    """Return microseconds as an aware datetime."""
    return datetime.fromtimestamp(at_us / 1e6, UTC)


def iso(at_us: int) -> str:
    """Return them as ISO 8601 in UTC, to the second and with an offset, as XML's dateTime and CAP want it."""
    return utc_of(at_us).replace(microsecond=0).isoformat()
