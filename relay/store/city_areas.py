"""The communities' polygons: from GeoJSON to areas, and the finder of the area that holds a point."""

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import shapely
from shapely.geometry import MultiPolygon, Polygon, shape
from shapely.validation import explain_validity

from patrol_wire.ids import AreaId
from relay.core.city import Area, Ring
from relay.core.ids import TownId
from relay.store.errors import CityError

OVERLAP_ALLOWED_M2: Final = 25.0
"""Two neighbours may share so much: a survey's rounding. More, and a point would have two areas."""
_METRES_PER_DEGREE: Final = 111_195.0

AreaFinder = Callable[[float, float], AreaId | None]


def read_areas(path: Path, towns: Collection[TownId]) -> tuple[tuple[str, str], tuple[Area, ...], AreaFinder]:
    """Return the city's names (Chinese, English), its areas and their finder; CityError names file and feature."""
    collection = _collection(path)
    areas: list[Area] = []
    shapes: list[Polygon | MultiPolygon] = []
    seen: dict[str, int] = {}
    for number, feature in enumerate(collection["features"], 1):
        where = f"{path}, feature {number}"
        area, ground = _area(feature, where, towns)
        if area.area_id in seen:
            raise CityError(f"{where}: {area.area_id} is feature {seen[area.area_id]} already; ids are unique")
        seen[area.area_id] = number
        areas.append(area)
        shapes.append(ground)
    if not areas:
        raise CityError(f"{path}: no features; a city has at least one area")
    tree = shapely.STRtree(shapes)
    _refuse_overlap(path, areas, shapes, tree)
    name = str(collection.get("name") or path.parent.name)
    names = (name, str(collection.get("name_en") or name))
    return names, tuple(areas), _finder(areas, shapes, tree)


def _collection(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CityError(f"{path}: cannot be read ({error.strerror}); a city needs this file") from error
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise CityError(f"{path}: no valid JSON: {error}") from error
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise CityError(f"{path}: not a GeoJSON FeatureCollection; it needs a list called features")
    return found


def _area(feature: object, where: str, towns: Collection[TownId]) -> tuple[Area, Polygon | MultiPolygon]:
    properties = feature.get("properties") if isinstance(feature, Mapping) else None
    if not isinstance(feature, Mapping) or not isinstance(properties, Mapping):
        raise CityError(f"{where}: not a GeoJSON Feature with properties")
    words: dict[str, str] = {}
    for key in ("area_id", "name", "town_id"):
        value = properties.get(key)
        if not isinstance(value, str) or not value:
            raise CityError(f"{where}: the property {key} is missing; write a text")
        words[key] = value
    if words["town_id"] not in towns:
        raise CityError(f"{where} ({words['area_id']}): town_id = {words['town_id']!r} names no town of towns.csv")
    ground = _ground(feature.get("geometry"), f"{where} ({words['area_id']})")
    parts = ground.geoms if isinstance(ground, MultiPolygon) else (ground,)
    area = Area(
        area_id=AreaId(words["area_id"]),
        name=words["name"],
        name_en=str(properties.get("name_en") or words["name"]),
        town_id=TownId(words["town_id"]),
        outline=tuple(_ring(part) for part in parts),
    )
    return area, ground


def _ground(geometry: object, where: str) -> Polygon | MultiPolygon:
    if not isinstance(geometry, Mapping) or geometry.get("type") not in ("Polygon", "MultiPolygon"):
        raise CityError(f"{where}: the geometry must be a Polygon or MultiPolygon")
    try:
        ground = shape(geometry)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, shapely.errors.ShapelyError) as error:
        raise CityError(f"{where}: the coordinates make no polygon: {error}") from error
    if ground.is_empty or not ground.is_valid:
        why = "it is empty" if ground.is_empty else explain_validity(ground)
        raise CityError(f"{where}: invalid polygon: {why}; draw its ring again without crossing itself")
    left, bottom, right, top = ground.bounds
    if max(-left, right) > 180.0 or max(-bottom, top) > 90.0:
        raise CityError(f"{where}: coordinates out of range; WGS-84 lon, lat in this order")
    if not isinstance(ground, Polygon | MultiPolygon):
        raise CityError(f"{where}: the geometry must be a Polygon or MultiPolygon")
    return ground


def _ring(part: Polygon) -> Ring:
    return tuple((float(lon), float(lat)) for lon, lat, *_ in list(part.exterior.coords)[:-1])


def _refuse_overlap(
    path: Path, areas: Sequence[Area], shapes: Sequence[Polygon | MultiPolygon], tree: shapely.STRtree
) -> None:
    first, second = tree.query(shapes, predicate="intersects")
    for one, other in zip(first.tolist(), second.tolist(), strict=True):
        if one >= other:
            continue
        # Neighbours touch; only ground that both claim counts.
        shared = shapes[one].intersection(shapes[other])
        square_metres = shared.area * _METRES_PER_DEGREE**2 * math.cos(math.radians(shapes[one].centroid.y))
        if square_metres > OVERLAP_ALLOWED_M2:
            raise CityError(
                f"{path}, feature {other + 1} ({areas[other].area_id}): overlaps feature {one + 1} "
                f"({areas[one].area_id}) by {square_metres:.0f} m²; a place belongs to one area"
            )


def _finder(areas: Sequence[Area], shapes: Sequence[Polygon | MultiPolygon], tree: shapely.STRtree) -> AreaFinder:
    def find(lon: float, lat: float) -> AreaId | None:
        # "intersects" takes a point on a common border too; the lowest number gets it, always the same.
        # A bare geometry instead of a Point object, and no numpy function for the usual single answer: 9 µs, not 20.
        found = tree.query(shapely.points((lon, lat)), predicate="intersects").tolist()
        return areas[min(found)].area_id if found else None

    return find
