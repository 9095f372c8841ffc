"""The city's outlines for pointing at a place: areas of a GeoJSON file, drawn without any tile from outside.

Owns the reading of ``wall.map_file`` and what the page gets of it. The file is the city's own (``patrol city export``
writes ``areas.geojson``); places are WGS-84, as everywhere in the API.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import Field

from edge_agent.console.shapes import Given
from edge_agent.settings.errors import SettingsError

MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_CORNERS: Final = 100_000
LonLat = tuple[float, float]


class AreaOutline(Given):
    """One area of the city."""

    area_id: str
    name: str
    name_en: str
    rings: list[list[LonLat]] = Field(description="Outer rings and holes, longitude first; filled by the even-odd rule")


class MapPlace(Given):
    """Something whose place is known."""

    name: str
    title: str
    place: LonLat


class MapShape(Given):
    """What a place is pointed on."""

    areas: list[AreaOutline] = Field(description="Empty when the room has no map_file")
    room: Annotated[LonLat | None, Field(description="Place of the room itself")]
    cameras: list[MapPlace] = Field(description="Cameras that have a place")


def read_areas(file: str) -> list[AreaOutline]:
    """Return the areas of a GeoJSON file (RFC 7946); none for no file. Raises SettingsError."""
    if not file:
        return []
    path = Path(file)
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            raise SettingsError(
                f"wall.map_file {file}: has {size} bytes, more than {MOST_BYTES}; simplify its outlines"
            )
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"wall.map_file {file}: cannot be read ({error}); give a GeoJSON file") from error
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list):
        raise SettingsError(f"wall.map_file {file}: is no FeatureCollection; give the city's areas.geojson")
    areas = [_area(feature, f"wall.map_file {file}, feature {at}") for at, feature in enumerate(features, start=1)]
    if sum(len(ring) for area in areas for ring in area.rings) > _MOST_CORNERS:
        raise SettingsError(f"wall.map_file {file}: has more than {_MOST_CORNERS} corners; simplify its outlines")
    return areas


def _area(feature: Any, where: str) -> AreaOutline:
    try:
        properties, geometry = feature.get("properties") or {}, feature["geometry"]
        polygons = [geometry["coordinates"]] if geometry["type"] == "Polygon" else geometry["coordinates"]
        if geometry["type"] not in ("Polygon", "MultiPolygon"):
            raise SettingsError(f"{where}: is a {geometry['type']}; areas are Polygon or MultiPolygon")
        rings = [[_place(corner, where) for corner in ring] for polygon in polygons for ring in polygon]
        name = str(properties.get("name") or properties.get("area_id") or "")
        return AreaOutline(
            area_id=str(properties.get("area_id", "")),
            name=name,
            name_en=str(properties.get("name_en") or name),
            rings=rings,
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise SettingsError(f"{where}: is no area with an outline ({error!r}); see RFC 7946") from error


def _place(corner: Any, where: str) -> LonLat:
    try:
        lon, lat = float(corner[0]), float(corner[1])
    except (TypeError, ValueError, IndexError) as error:
        raise SettingsError(f"{where}: {corner!r} is no place; write [longitude, latitude]") from error
    if not (-180.0 <= lon <= 180.0 and -90.0 <= lat <= 90.0):
        raise SettingsError(f"{where}: {corner!r} is no place on earth; write [longitude, latitude] in WGS-84")
    return lon, lat
