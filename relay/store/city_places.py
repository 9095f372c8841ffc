"""Doubts about places: points that lie outside what they belong to, singly or all in the way GCJ-02 moves them."""

from collections.abc import Iterator

from patrol_wire.ids import AreaId
from relay.core.city import City
from relay.core.city_faults import CityFault
from relay.core.gcj02 import LonLat, fits_only_as_gcj02, moved_like_gcj02
from relay.store.city_source import CitySource

GCJ02_TOLD = (
    "its places look like GCJ-02 (the shifted coordinates of Chinese web maps): taken as such they fit, as WGS-84 they "
    "lie some 500 m off; convert them to WGS-84 and import the file again"
)


def place_doubts(city: City, source: CitySource) -> Iterator[CityFault]:
    """Yield what points say about the areas they belong to."""
    for name, points in _belonging(city).items():
        title = source.title(name)
        if fits_only_as_gcj02([(place, area_id) for _, place, area_id in points], city.area_of):
            yield CityFault(file=title, what=GCJ02_TOLD)
            continue
        outside = [(key, area_id) for key, place, area_id in points if city.area_of(*place) != area_id]
        if outside:
            key, area_id = outside[0]
            what = f"{key} stands outside {area_id}, to which it belongs"
            more = f", as {len(outside) - 1} others do" if len(outside) > 1 else ""
            yield CityFault(file=title, what=f"{what}{more}; look at its place", grave=False)


def moved_as_gcj02(now: City, then: City) -> tuple[str, ...]:
    """Return the files whose points all moved from the present city's as GCJ-02 would move them."""
    found = []
    for name, known in _points(now).items():
        given = _points(then)[name]
        if moved_like_gcj02([(known[key], given[key]) for key in known.keys() & given.keys()]):
            found.append(name)
    return tuple(found)


def _belonging(city: City) -> dict[str, list[tuple[str, LonLat, AreaId]]]:
    grid_area = {grid.grid_id: grid.area_id for grid in city.grids}
    return {
        "rooms.csv": [(room.node, room.place, room.area_id) for room in city.rooms if room.area_id is not None],
        "posts.csv": [(post.post_id, post.place, post.area_id) for post in city.posts],
        "units.csv": [
            (unit.unit_id, unit.place, grid_area[unit.grid_id])
            for unit in city.units
            if unit.grid_id is not None and unit.place is not None
        ],
    }


def _points(city: City) -> dict[str, dict[str, LonLat]]:
    return {
        "areas.geojson": {area.area_id: area.outline[0][0] for area in city.areas if area.outline},
        "rooms.csv": {room.node: room.place for room in city.rooms},
        "posts.csv": {post.post_id: post.place for post in city.posts},
        "units.csv": {unit.unit_id: unit.place for unit in city.units if unit.place is not None},
    }
