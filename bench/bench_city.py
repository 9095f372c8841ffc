"""A city for measuring: 16 communities of 11 by 111 km with four units each, so that storms need not overlap.

The areas are read from GeoJSON by the relay's own loader, so that a place finds its area the way it does in service.
"""

import json
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from patrol_wire.ids import AreaId, NodeName, UnitId
from relay.core.city import Beat, Category, City, RoomSpec, Tier, Town, UnitSpec
from relay.core.forces import Force
from relay.core.ids import BeatId, CategoryId, TownId
from relay.store.city_areas import read_area_file

AREAS: Final = 16
UNITS_PER_AREA: Final = 4
WIDTH: Final = 0.1
"""Degrees from one area's west side to the next one's."""
_PATROLLED: Final = 640
"""The first places of an area, among which its units stand evenly."""


def room_place(number: int) -> tuple[float, float]:
    """Return where the room of area ``number`` stands."""
    return (number * WIDTH + WIDTH / 2, 0.5)


def spread_place(number: int, nth: int) -> tuple[float, float]:
    """Return the nth of 16,000 places of area ``number``, 220 m or more apart: alerts there never belong together."""
    return (number * WIDTH + 0.005 + (nth % 40) * 0.002, 0.01 + (nth // 40 % 400) * 0.0022)


def bench_city(folder: Path, *, units_per_area: int = UNITS_PER_AREA) -> City:
    """Return the city; ``folder`` receives its GeoJSON."""
    path = folder / "areas.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": [_feature(i) for i in range(AREAS)]}), encoding="utf-8"
    )
    towns = tuple(Town(town_id=TownId(f"t{i}"), name=f"Town {i}") for i in range(AREAS // 4))
    found = read_area_file(path, {town.town_id for town in towns})
    areas = found.areas
    return City(
        name="bench",
        zone=ZoneInfo("Asia/Shanghai"),
        towns=towns,
        areas=areas,
        beats=tuple(
            Beat(beat_id=_beat(i), name=f"Beat {i}", town_id=_town(i), area_ids=(areas[i].area_id,))
            for i in range(AREAS)
        ),
        units=tuple(_unit(i, nth, of=units_per_area) for i in range(AREAS) for nth in range(units_per_area)),
        rooms=tuple(
            RoomSpec(
                node=NodeName(f"room-{i}"),
                title=f"Room {i}",
                tier=Tier.COMMUNITY,
                town_id=_town(i),
                area_id=AreaId(f"a{i:02d}"),
                place=room_place(i),
            )
            for i in range(AREAS)
        ),
        categories=(Category(category=CategoryId("intrusion"), family="intrusion"),),
        find_areas=found.find,
    )


def _town(number: int) -> TownId:
    return TownId(f"t{number // 4}")


def _beat(number: int) -> BeatId:
    return BeatId(f"b{number}")


def _unit(number: int, nth: int, *, of: int) -> UnitSpec:
    return UnitSpec(
        unit_id=UnitId(f"unit-{number:02d}-{nth:03d}"),
        name=f"Unit {number}.{nth}",
        force=Force.COMMUNITY_PATROL,
        tier=Tier.COMMUNITY,
        town_id=_town(number),
        beat_id=_beat(number),
        place=spread_place(number, nth * _PATROLLED // of),
    )


def _feature(number: int) -> dict[str, object]:
    west, east = round(number * WIDTH, 6), round((number + 1) * WIDTH, 6)
    ring = [[west, 0.0], [east, 0.0], [east, 1.0], [west, 1.0], [west, 0.0]]
    return {
        "type": "Feature",
        "properties": {"area_id": f"a{number:02d}", "name": f"Area {number}", "town_id": _town(number)},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
