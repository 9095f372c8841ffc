"""The communities' polygons: from GeoJSON to areas, and the finder of the area that holds a point."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import shapely
from shapely.geometry import MultiPolygon, Polygon

from patrol_wire.ids import AreaId
from relay.core.city import Area, AreasFinder, Ring
from relay.core.city_faults import CityFault
from relay.core.ids import TownId
from relay.store.city_features import Feature, Ground, read_features
from relay.store.city_rows import RowRefusedError
from relay.store.city_source import CitySource

OVERLAP_ALLOWED_M2: Final = 25.0
"""Two neighbours may share so much: a survey's rounding. More, and a point would have two areas."""
_METRES_PER_DEGREE: Final = 111_195.0
_SLIVER: Final = 1e-6
"""Degrees: communities whose borders come so near are neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaMap:
    """The communities with their ground."""

    name: str
    name_en: str
    areas: tuple[Area, ...]
    grounds: tuple[Ground, ...]
    find: AreasFinder


def read_areas(source: CitySource, towns: Collection[TownId], faults: list[CityFault]) -> AreaMap:
    """Return the city's names, its areas and their finder; what cannot be used is told in ``faults`` and left out."""
    collection, features = read_features(source, "areas.geojson", faults)
    used: list[Feature] = []
    areas: list[Area] = []
    grounds: list[Ground] = []
    seen: dict[str, int] = {}
    names: dict[tuple[str, str], str] = {}
    for feature in features:
        try:
            area, ground = _area(feature, towns, seen, names)
        except RowRefusedError as refused:
            faults.append(refused.fault)
            continue
        used.append(feature)
        areas.append(area)
        grounds.append(ground)
    if not areas and not faults:
        faults.append(CityFault(file=source.title("areas.geojson"), what="no features; a city has at least one area"))
    tree = shapely.STRtree(grounds)
    faults.extend(_overlaps(used, grounds, tree))
    if len(areas) == len(features):  # one that was refused leaves a gap that nobody drew
        faults.extend(_doubts(used, areas, grounds, tree, source.title("areas.geojson")))
    name = str(collection.get("name") or (source.folder.name if source.folder is not None else "city"))
    return AreaMap(
        name=name,
        name_en=str(collection.get("name_en") or name),
        areas=tuple(areas),
        grounds=tuple(grounds),
        find=_finder(areas, tree),
    )


def read_area_file(path: Path, towns: Collection[TownId]) -> AreaMap:
    """Read one GeoJSON file of areas; raises RowRefusedError for the first fault."""
    faults: list[CityFault] = []
    source = CitySource(files={"areas.geojson": path.read_bytes()}, folder=path.parent)
    found = read_areas(source, towns, faults)
    for fault in faults:
        if fault.grave:
            raise RowRefusedError(fault)
    return found


def square_metres(ground: shapely.Geometry) -> float:
    """Return the area on the ground, good to 1 % for a town."""
    return (
        float(ground.area) * _METRES_PER_DEGREE**2 * math.cos(math.radians(ground.centroid.y)) if ground.area else 0.0
    )


def _area(
    feature: Feature, towns: Collection[TownId], seen: dict[str, int], names: dict[tuple[str, str], str]
) -> tuple[Area, Ground]:
    area_id = feature.text("area_id")
    if area_id in seen:
        feature.refuse(f"{area_id} is feature {seen[area_id]} already; ids are unique", column="area_id")
    feature.key = area_id
    seen[area_id] = feature.number
    name, town_id = feature.text("name"), feature.text("town_id")
    if town_id not in towns:
        feature.refuse(
            f"town_id = {town_id!r} names no town of towns.csv; correct it, or add the town", column="town_id"
        )
    other = names.setdefault((town_id, name), area_id)
    if other != area_id:
        feature.refuse(f"{name!r} is the name of {other} already; names are unique in a town", column="name")
    ground = feature.ground()
    parts = ground.geoms if isinstance(ground, MultiPolygon) else (ground,)
    area = Area(
        area_id=AreaId(area_id),
        name=name,
        name_en=str(feature.properties.get("name_en") or name),
        town_id=TownId(town_id),
        outline=tuple(ring_of(part) for part in parts),
    )
    return area, ground


def ring_of(part: Polygon) -> Ring:
    """Return the outer boundary without its closing point."""
    return tuple(map(tuple, shapely.get_coordinates(part.exterior)[:-1].tolist()))


def _overlaps(used: Sequence[Feature], grounds: Sequence[Ground], tree: shapely.STRtree) -> Iterator[CityFault]:
    first, second = tree.query(grounds, predicate="intersects") if grounds else ((), ())
    for one, other in zip(list(first), list(second), strict=True):
        if one >= other:
            continue
        # Neighbours touch; only ground that both claim counts.
        shared = square_metres(grounds[one].intersection(grounds[other]))
        if shared > OVERLAP_ALLOWED_M2:
            whom = f"feature {used[one].number} ({used[one].key})"
            what = f"overlaps {whom} by {shared:.0f} m²; a place belongs to one area"
            yield used[other].fault(what, column="geometry")


def _doubts(
    used: Sequence[Feature], areas: Sequence[Area], grounds: Sequence[Ground], tree: shapely.STRtree, title: str
) -> Iterator[CityFault]:
    """Yield what is possible but seldom meant: ground that nobody has, and a community away from its town."""
    if len(grounds) < 2:
        return
    whole = shapely.union_all(list(grounds))
    for part in whole.geoms if isinstance(whole, MultiPolygon) else (whole,):
        for hole in part.interiors:
            gap = Polygon(hole)
            if (metres := square_metres(gap)) > OVERLAP_ALLOWED_M2:
                around = ", ".join(used[i].key for i in sorted(tree.query(gap, predicate="intersects").tolist()))
                where = gap.representative_point()
                what = (
                    f"a gap of {metres:.0f} m² at {where.x:.5f}, {where.y:.5f} between {around}; no area counts there"
                )
                yield CityFault(file=title, column="geometry", what=what, grave=False)
    sizes: dict[str, int] = {}
    for area in areas:
        sizes[area.town_id] = sizes.get(area.town_id, 0) + 1
    first, second = tree.query(grounds, predicate="dwithin", distance=_SLIVER)
    at_home: set[int] = set()
    met: set[int] = set()
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if one != other:
            met.add(one)
            if areas[one].town_id == areas[other].town_id:
                at_home.add(one)
    for number, area in enumerate(areas):
        if sizes[area.town_id] > 1 and number in met and number not in at_home:
            what = f"touches no other community of {area.town_id}, only others' towns; is town_id right?"
            yield used[number].fault(what, column="town_id", grave=False)


def _finder(areas: Sequence[Area], tree: shapely.STRtree) -> AreasFinder:
    def find(places: Sequence[tuple[float, float]]) -> list[AreaId | None]:
        # "intersects" takes a point on a common border too; the lowest number gets it, always the same.
        # All at once: 0.7 µs for each of sixteen, where one alone takes 9, and the interpreter is let go twice.
        lowest: dict[int, int] = {}
        for nth, area in zip(*tree.query(shapely.points(places), predicate="intersects").tolist(), strict=True):
            lowest[nth] = min(area, lowest.get(nth, area))
        return [areas[lowest[nth]].area_id if nth in lowest else None for nth in range(len(places))]

    return find
