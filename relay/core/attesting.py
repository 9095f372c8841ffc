"""What a room attests of a day, compared with what the relay has of the same records."""

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct


class Doubt(StrEnum):
    """Why a day of an area is not known to be complete."""

    NO_ROOM = "no_room"
    """No room of the city watches this area."""
    DARK = "dark"
    """Its room had no camera streaming, or was not heard of, for too much of the day."""
    NOT_ATTESTED = "not_attested"
    """Its room has not said how many alerts it raised, and should have."""
    HOLE = "hole"
    """The attestation does not follow on the one before it: records between them are attested by nobody."""
    OUTBOX_REPLACED = "outbox_replaced"
    """The room began a new outbox: what the old one still held is unknown."""
    MISSING = "missing"
    """Not all records that it attests have arrived."""
    DIFFERS = "differs"
    """The relay has other figures for the same records."""
    REFUSED = "refused"
    """The room raised alerts that its full outbox or its disk did not take."""
    UNUSABLE = "unusable"
    """Alerts arrived and became dead letters, so no incident came of them."""
    NOT_COMPARED = "not_compared"
    """An older agent attested by its own date, which names no records."""


class Attested(Struct, frozen=True, kw_only=True, gc=False):
    """An attestation with what became of it; append-only."""

    log_id: int
    node: str
    epoch: int
    day: str
    first_seq: int
    last_seq: int
    alerts: int
    """As the room says."""
    refused: int
    camera_seconds: int
    found: int
    """Alerts and flags of the same records in the relay's log."""
    unusable: int
    """Of those, dead letters."""
    missing: int
    """Records that had not arrived when it was compared."""
    doubts: frozenset[Doubt]
    detail: str
    """The categories that differ, for people."""
    received_us: int


class Found(Struct, frozen=True, kw_only=True):
    """What the log holds of the records an attestation covers."""

    records: int
    alerts: Mapping[str, int]
    unusable: int


NOTHING = Found(records=0, alerts={}, unusable=0)


def follows(first_seq: int, previous_last_seq: int | None) -> bool:
    """Tell whether an attestation follows on the one before it in its epoch; None: it is the first."""
    return first_seq == (0 if previous_last_seq is None else previous_last_seq) + 1


def doubts_of(
    attested: Mapping[str, int],
    found: Found,
    *,
    first_seq: int,
    last_seq: int,
    refused: int,
    previous_last_seq: int | None,
    known_by_another_epoch: bool,
) -> frozenset[Doubt]:
    """Return everything that speaks against an attestation; empty: the day is as the room says."""
    if first_seq == 0:
        return frozenset({Doubt.NOT_COMPARED})
    doubts = set()
    if not follows(first_seq, previous_last_seq):
        doubts.add(Doubt.HOLE)
    if previous_last_seq is None and known_by_another_epoch:
        doubts.add(Doubt.OUTBOX_REPLACED)
    if missing_records(found, first_seq=first_seq, last_seq=last_seq):
        doubts.add(Doubt.MISSING)
    elif differing(attested, found.alerts):
        doubts.add(Doubt.DIFFERS)
    if refused:
        doubts.add(Doubt.REFUSED)
    if found.unusable:
        doubts.add(Doubt.UNUSABLE)
    return frozenset(doubts)


def missing_records(found: Found, *, first_seq: int, last_seq: int) -> int:
    """Return how many records of the attestation the log does not have."""
    return max(0, last_seq - first_seq + 1 - found.records)


def differing(attested: Mapping[str, int], found: Mapping[str, int]) -> dict[str, tuple[int, int]]:
    """Return the categories for which room and relay say different figures, as (room, relay)."""
    return {
        category: (attested.get(category, 0), found.get(category, 0))
        for category in sorted(attested.keys() | found.keys())
        if attested.get(category, 0) != found.get(category, 0)
    }
