"""Counting a month anew on today's areas and categories: what an incident becomes, and what the counts become.

An incident is placed when it is opened, on the *counting basis* of that moment: the outlines of the areas, the areas
of the rooms, and the categories. A later basis never moves it by itself. Re-tabulation is asked for, month by month,
and moves what the basis in force places elsewhere: -1 and +1 in the ledger, and the next release of a published month.
"""

from collections.abc import Iterable
from hashlib import blake2b
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from relay.core.cases import Case
from relay.core.city import City
from relay.core.counting import CountPlace, places
from relay.core.incidents import Incident

UNNUMBERED: Final = 0
"""The basis of incidents that were placed before bases were numbered."""


def basis_content(city: City) -> bytes:
    """Return what places and counts incidents, as JSON: the same city makes the same bytes."""
    content: dict[str, Any] = {
        "time_zone": str(city.zone),
        "areas": {area.area_id: area.outline for area in city.areas},
        "rooms": {room.node: room.area_id for room in city.rooms},
        "categories": {
            category.category: {"family": category.family, "counted": category.counted} for category in city.categories
        },
    }
    return msgspec.json.encode(content, order="sorted")


def digest_of(content: bytes) -> str:
    """Return the name of a basis' content, 32 hex digits."""
    return blake2b(content, digest_size=16).hexdigest()


def placed_anew(incident: Incident, city: City) -> Incident:
    """Return the incident as the city in force places it; the very same value when nothing differs.

    What a person decided stays: an area that was given by hand, and the category. A category the city no longer
    lists keeps how it was treated. A merged incident stands nowhere.
    """
    if incident.merged_into is not None:
        return incident
    area_id = incident.area_id
    if not incident.area_given:
        area_id = city.area_for(incident.node, incident.lon, incident.lat)
    category = city.category_by_id.get(incident.category)
    family = category.family if category is not None else incident.family
    counted = category.counted if category is not None else incident.counted
    if (area_id, family, counted) == (incident.area_id, incident.family, incident.counted):
        return incident
    return replace(incident, area_id=area_id, family=family, counted=counted, basis=city.basis)


def retabulate(case: Case, city: City, *, actor: str, reason: str, now_us: int) -> bool:
    """Move one incident to where the city in force places it; False when it stands there already."""
    before = case.incident
    after = placed_anew(before, city)
    if after is before:
        return False
    case.alter(now_us, area_id=after.area_id, family=after.family, counted=after.counted, basis=after.basis)
    case.note(
        now_us,
        "retabulated",
        reason,
        actor=actor,
        area=[before.area_id, after.area_id],
        counted=[before.counted, after.counted],
        basis=[before.basis, after.basis],
    )
    return True


def change_of_counts(pairs: Iterable[tuple[Incident, Incident]]) -> dict[CountPlace, int]:
    """Return what the counts gain and lose when each first becomes its second, without zeros."""
    changes: dict[CountPlace, int] = {}
    for before, after in pairs:
        for place in places(before):
            changes[place] = changes.get(place, 0) - 1
        for place in places(after):
            changes[place] = changes.get(place, 0) + 1
    return {place: change for place, change in changes.items() if change}
