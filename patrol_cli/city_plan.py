"""The demo city's ground plan: communities as cells of a relaxed Voronoi tiling, grouped into towns.

Owns geometry and places. The cells share their corners exactly, so they neither overlap nor leave gaps even after
rounding to five decimals (about a metre). The same seed gives the same plan.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import shapely
from shapely.geometry import MultiPoint, Point, Polygon

from patrol_cli.city_names import CENTRE

TOWN_COUNT: Final = 16
COMMUNITY_COUNT: Final = 235
DECIMALS: Final = 5
_RADIUS_M: Final = 9_000.0
_METRES_PER_DEGREE: Final = 111_195.0
_MARGIN_M: Final = 40.0
_ACROSS: Final = math.cos(math.radians(CENTRE[1]))

Place = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """One community's ground: which town (from 0), its outline and places inside it (lon, lat)."""

    town: int
    ring: tuple[Place, ...]
    size: float
    """Square metres."""
    room: Place
    cameras: tuple[Place, ...]
    patrol_posts: tuple[Place, ...]


def plan_city(seed: int) -> list[Plot]:
    """Return the plots in order of town, then from north to south."""
    randomness = Random(seed)  # noqa: S311  # a reproducible drawing, not a secret
    outline = _outline(randomness)
    seeds = _spread(outline, COMMUNITY_COUNT, randomness)
    towns = _towns(seeds, randomness)
    cells = [(town, cell) for town, cell in zip(towns, _cells(seeds, outline), strict=True)]
    cells.sort(key=lambda item: (item[0], -item[1].centroid.y, item[1].centroid.x))
    return [_plot(town, cell, randomness) for town, cell in cells]


def _outline(randomness: Random) -> Polygon:
    """Return the city's limit in metres about its centre: a circle with soft bays."""
    waves = [(count, randomness.uniform(0.02, 0.07), randomness.uniform(0.0, math.tau)) for count in (2, 3, 5, 7)]
    points = []
    for step in range(96):
        angle = math.tau * step / 96
        radius = _RADIUS_M * (1.0 + sum(size * math.sin(count * angle + phase) for count, size, phase in waves))
        points.append((radius * math.cos(angle), radius * math.sin(angle)))
    return Polygon(points)


def _spread(outline: Polygon, count: int, randomness: Random) -> list[Point]:
    """Return points that keep their distance: random ones, moved to the middle of their cell a few times."""
    found: list[Point] = []
    while len(found) < count:
        point = Point(randomness.uniform(-12_000, 12_000), randomness.uniform(-12_000, 12_000))
        if outline.contains(point):
            found.append(point)
    for _ in range(3):
        found = [cell.centroid for cell in _cells(found, outline)]
    return found


def _cells(seeds: Sequence[Point], outline: Polygon) -> list[Polygon]:
    """Return the Voronoi cell of each seed within the outline, in the order of the seeds."""
    diagram = shapely.voronoi_polygons(MultiPoint(list(seeds)), extend_to=outline.envelope)
    clipped = [part.intersection(outline) for part in diagram.geoms]
    tree = shapely.STRtree(clipped)
    cells = []
    for point in seeds:
        (number,) = [index for index in tree.query(point) if clipped[index].contains(point)]
        cells.append(clipped[number])
    if not all(isinstance(cell, Polygon) for cell in cells):
        raise RuntimeError("the outline cuts a cell in parts; choose another seed")
    return cells


def _towns(seeds: Sequence[Point], randomness: Random) -> list[int]:
    """Return the town of each seed: nearest of 16 middles, which settle; towns count from north-west to south-east."""
    middles = [(point.x, point.y) for point in randomness.sample(list(seeds), TOWN_COUNT)]
    belongs: list[int] = []
    for _ in range(40):
        belongs = [
            min(range(TOWN_COUNT), key=lambda town: (math.dist(middles[town], (point.x, point.y)), town))
            for point in seeds
        ]
        for town in range(TOWN_COUNT):
            mine = [point for point, its in zip(seeds, belongs, strict=True) if its == town]
            if mine:
                middles[town] = (sum(p.x for p in mine) / len(mine), sum(p.y for p in mine) / len(mine))
    order = sorted(range(TOWN_COUNT), key=lambda town: middles[town][0] - middles[town][1])
    rank = {town: position for position, town in enumerate(order)}
    return [rank[town] for town in belongs]


def _plot(town: int, cell: Polygon, randomness: Random) -> Plot:
    inner = cell.buffer(-_MARGIN_M)
    return Plot(
        town=town,
        ring=_ring(cell),
        size=cell.area,
        room=_place(inner.representative_point()),
        cameras=tuple(_inside(inner, randomness) for _ in range(randomness.choice((8, 9, 10, 10, 10, 11, 12)))),
        patrol_posts=tuple(_inside(inner, randomness) for _ in range(3)),
    )


def _inside(inner: Polygon, randomness: Random) -> Place:
    left, bottom, right, top = inner.bounds
    while True:
        point = Point(randomness.uniform(left, right), randomness.uniform(bottom, top))
        if inner.contains(point):
            return _place(point)


def _ring(cell: Polygon) -> tuple[Place, ...]:
    places: list[Place] = []
    for x, y in shapely.orient_polygons(cell).exterior.coords:
        place = _place(Point(x, y))
        if not places or places[-1] != place:
            places.append(place)
    return tuple(places)


def _place(point: Point) -> Place:
    lon = CENTRE[0] + point.x / (_METRES_PER_DEGREE * _ACROSS)
    lat = CENTRE[1] + point.y / _METRES_PER_DEGREE
    return (round(lon, DECIMALS), round(lat, DECIMALS))
