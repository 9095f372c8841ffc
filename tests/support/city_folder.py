"""The files of a city of three towns and nine communities, each a square of a kilometre, as handed in."""

import json
from typing import Any, Final

LON: Final = 121.4
LAT: Final = 31.2
SIDE: Final = 0.01
IDS: Final = tuple(f"a{row}{column}" for row in range(3) for column in range(3))
Rings = list[list[list[float]]]


def square(column: float, row: float, side: float = SIDE) -> Rings:
    """Return a square whose south-west corner stands so many sides from the city's."""
    lon, lat = LON + column * SIDE, LAT + row * SIDE
    return [[[lon, lat], [lon + side, lat], [lon + side, lat + side], [lon, lat + side], [lon, lat]]]


def feature(rings: Rings, **properties: object) -> dict[str, Any]:
    """Return a GeoJSON feature."""
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Polygon", "coordinates": rings}}


def area_features() -> list[dict[str, Any]]:
    """Return nine communities in three rows; each row is a town."""
    return [
        feature(square(column, row), area_id=f"a{row}{column}", name=f"社区{row}{column}", town_id=f"t{row}")
        for row in range(3)
        for column in range(3)
    ]


def collection(features: list[dict[str, Any]]) -> bytes:
    """Return a file with one feature per line, the first on line 2."""
    head = '{"type": "FeatureCollection", "name": "城", "features": [\n'
    return (head + ",\n".join(json.dumps(each) for each in features) + "\n]}").encode()


def middle(area: str) -> tuple[float, float]:
    """Return the middle of a community."""
    return LON + (int(area[2]) + 0.5) * SIDE, LAT + (int(area[1]) + 0.5) * SIDE


def city_files() -> dict[str, bytes]:
    """Return the files that every city has: per community a beat, a room and a unit."""
    towns = "".join(f"t{row},镇{row},Town {row},所{row},Station {row}\n" for row in range(3))
    beats = "".join(f"{each}-b,巡区{each},Beat {each},t{each[1]},{each}\n" for each in IDS)
    rooms = "".join(
        f"room-{each},视频室{each},Room {each},community,t{each[1]},{each},{middle(each)[0]},{middle(each)[1]}\n"
        for each in IDS
    )
    units = "".join(
        f"unit-{each},巡逻队{each},Unit {each},community_patrol,community,t{each[1]},{each}-b,"
        f"{middle(each)[0]},{middle(each)[1]}\n"
        for each in IDS
    )
    return {
        "areas.geojson": collection(area_features()),
        "towns.csv": f"town_id,name,name_en,station,station_en\n{towns}".encode(),
        "beats.csv": f"beat_id,name,name_en,town_id,area_ids\n{beats}".encode(),
        "rooms.csv": f"node,title,title_en,tier,town_id,area_id,lon,lat\n{rooms}".encode(),
        "units.csv": f"unit_id,name,name_en,force,tier,town_id,beat_id,lon,lat\n{units}".encode(),
    }
