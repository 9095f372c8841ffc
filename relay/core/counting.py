"""Counting: which places of the ledger an incident holds, and the entries a change of it writes.

An incident is *reported* while it exists, is of a counted category and may go to units: a person verified it or a
rule marked ``direct`` raised it. A machine suggestion nobody has judged is visible but counts only once it is
accepted; test alerts make no incident; a cancelled one counts for nothing.
It is *confirmed* while it is closed with the outcome that it happened. Entries are the difference of the places
held before and after a change, so their sum is the number of incidents that qualify, by construction.
"""

from hashlib import blake2b
from typing import Final

from msgspec import Struct

from patrol_wire.ids import AreaId, IncidentId, Measure, Outcome
from relay.core.incidents import Incident, IncidentState


class CountPlace(Struct, frozen=True, kw_only=True, gc=False, order=True):
    """One cell of the counts: what is counted, where, of which kind, in which month."""

    measure: Measure
    area_id: AreaId
    category: str
    month: str


class LedgerLine(Struct, frozen=True, kw_only=True, gc=False):
    """One entry to append; ``count`` is +1 or -1, ``entry_id`` makes a replay write nothing."""

    entry_id: str
    incident_id: IncidentId
    revision: int
    place: CountPlace
    count: int
    reason: str


OTHER_LEDGER: Final = "other_ledger"
"""What it is called when a reader's cursor belongs to a ledger that is no more."""


def other_ledger(cursor: int, entry_id: str, *, here: str | None, head: int) -> str:
    """Say why a reader's cursor is none of this ledger's; empty: it is.

    ``entry_id`` is what the reader has at its cursor, ``here`` what stands there now (None: nothing), ``head`` the last
    cursor. A store that was restored from a copy, or lost its last commits with its server, goes on with other lines
    under the same numbers: whoever had read the lost ones would miss as many, and never know.
    """
    if here == entry_id:
        return ""
    found = f"it ends at {head}" if here is None else f"{here} stands there"
    return f"line {cursor} of this ledger is not {entry_id} ({found}): the store was restored; count from the beginning"


_CLOSED: Final = IncidentState.CLOSED
_CANCELLED: Final = IncidentState.CANCELLED  # Python 3.11 takes 0.2 µs to find a member of an enumeration
_REPORTED: Final = Measure.REPORTED
_CONFIRMED: Final = Measure.CONFIRMED
_NOWHERE: Final[frozenset[CountPlace]] = frozenset()


def qualifies(incident: Incident, measure: Measure) -> bool:
    """Tell whether the incident counts for a measure as it stands now."""
    if not incident.counted or not incident.actionable or incident.state is _CANCELLED:
        return False
    if measure is _REPORTED:
        return True
    return incident.state is _CLOSED and incident.outcome is Outcome.CONFIRMED


def places(incident: Incident | None) -> frozenset[CountPlace]:
    """Return the places an incident holds; none when it does not exist."""
    if incident is None or not qualifies(incident, _REPORTED):
        return _NOWHERE  # what is confirmed is reported too
    held = [_place(incident, _REPORTED)]
    if qualifies(incident, _CONFIRMED):
        held.append(_place(incident, _CONFIRMED))
    return frozenset(held)


def _place(incident: Incident, measure: Measure) -> CountPlace:
    return CountPlace(measure=measure, area_id=incident.area_id, category=incident.category, month=incident.month)


def entry_id_of(incident_id: IncidentId, revision: int, place: CountPlace, count: int) -> str:
    """Return the entry's name: the same change of the same incident always has the same one, 32 hex digits.

    It begins with the incident's time (the first 48 bits of a UUIDv7), so that the lines of a burst stand together in
    the index of names: a name that is random throughout costs a page of the index for each line.
    """
    where = f"{place.measure}\x1f{place.area_id}\x1f{place.category}\x1f{place.month}"
    text = f"{incident_id}\x1f{revision}\x1f{where}\x1f{count}"
    return incident_id[:8] + incident_id[9:13] + blake2b(text.encode(), digest_size=10).hexdigest()


def entries(before: Incident | None, after: Incident, reason: str) -> tuple[LedgerLine, ...]:
    """Return the ledger lines of a change, corrections (-1) first."""
    held, holds = places(before), places(after)
    if held == holds:
        return ()
    changes = [(place, 1) for place in sorted(holds - held)]
    if held:
        changes = [(place, -1) for place in sorted(held - holds)] + changes
    return tuple(
        LedgerLine(
            entry_id=entry_id_of(after.incident_id, after.revision, place, count),
            incident_id=after.incident_id,
            revision=after.revision,
            place=place,
            count=count,
            reason=reason,
        )
        for place, count in changes
    )
