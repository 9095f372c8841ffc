"""The outlines a place is pointed on: the city's own file, refused in one sentence when it is something else."""

import json
from pathlib import Path
from typing import Any

import pytest

from edge_agent.console.city_map import read_areas
from edge_agent.settings.errors import SettingsError

ROOT = Path(__file__).resolve().parents[4]
RING = [[121.0, 31.0], [121.1, 31.0], [121.1, 31.1], [121.0, 31.0]]


def feature(kind: str, coordinates: Any, **properties: str) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def written(folder: Path, content: object) -> str:
    file = folder / "areas.geojson"
    file.write_text(json.dumps(content), encoding="utf-8")
    return str(file)


def test_the_areas_of_the_demo_city_are_a_map() -> None:
    areas = read_areas(str(ROOT / "config" / "city" / "areas.geojson"))
    assert len(areas) == 235
    assert areas[0].name
    assert areas[0].name_en
    assert len(areas[0].rings[0]) >= 4


def test_parts_and_holes_are_rings_of_one_area(tmp_path: Path) -> None:
    content = {"type": "FeatureCollection", "features": [feature("MultiPolygon", [[RING, RING], [RING]], area_id="a1")]}
    (area,) = read_areas(written(tmp_path, content))
    assert (area.area_id, area.name, area.name_en, len(area.rings)) == ("a1", "a1", "a1", 3)


def test_a_room_without_a_map_has_none() -> None:
    assert read_areas("") == []


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ([1, 2], "no FeatureCollection"),
        ({"features": [feature("Point", [121.0, 31.0])]}, "feature 1: is a Point"),
        ({"features": [feature("Polygon", [[[31.0, 121.0]]])]}, "no place on earth"),
        ({"features": [feature("Polygon", [[["east", 1]]])]}, "is no place"),
        ({"features": [feature("Polygon", [RING]), {"type": "Feature"}]}, "feature 2: is no area"),
    ],
)
def test_what_is_no_map_is_refused_with_its_place_in_the_file(tmp_path: Path, content: object, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_areas(written(tmp_path, content))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="absent"):
        read_areas(str(tmp_path / "absent.geojson"))
