"""Completeness of areas in a month, assembled from what rooms attested and how long they watched."""

from collections.abc import Mapping

from sqlalchemy import Connection

from patrol_wire.ids import AreaId
from relay.core.attesting import Doubt
from relay.core.city import City
from relay.core.city_days import days_of_month
from relay.core.completeness import AreaCompleteness, CompletenessRule, RoomDay, of_area
from relay.store import attestations, exposure


def of_month(
    connection: Connection, city: City, month: str, *, now_us: int, rule: CompletenessRule
) -> dict[AreaId, AreaCompleteness]:
    """Judge every area of the city in a month, as it is now."""
    days = days_of_month(month)
    rooms: dict[AreaId, list[str]] = {}
    for room in city.rooms:
        if room.area_id is not None:
            rooms.setdefault(room.area_id, []).append(room.node)
    known = _room_days(connection, days[0], days[-1])
    return {
        area.area_id: of_area(month, rooms.get(area.area_id, ()), known, now_us=now_us, zone=city.zone, rule=rule)
        for area in city.areas
    }


def _room_days(connection: Connection, first: str, last: str) -> Mapping[tuple[str, str], RoomDay]:
    watched = exposure.watched(connection, first, last)
    said: dict[tuple[str, str], list[frozenset[Doubt]]] = {}
    for each in attestations.of_days(connection, first, last):
        said.setdefault((each.node, each.day), []).append(attestations.as_now(connection, each))
    return {
        key: RoomDay(watched_us=watched.get(key, 0), attestations=tuple(said.get(key, ())))
        for key in watched.keys() | said.keys()
    }
