"""Grids inside communities: level two in a community, level three in a grid of level two."""

from collections.abc import Mapping, Sequence
from typing import Final

import shapely

from patrol_wire.ids import AreaId
from relay.core.city_faults import CityFault
from relay.core.grids import LEVELS, Grid, GridId
from relay.store.city_areas import OVERLAP_ALLOWED_M2, AreaMap, ring_of, square_metres
from relay.store.city_features import Feature, read_features
from relay.store.city_rows import RowRefusedError
from relay.store.city_source import CitySource

_ROUNDING_M2: Final = 200.0
"""A grid may stick out of its community by so much: borders rounded to a metre."""


def read_grids(source: CitySource, area_map: AreaMap, faults: list[CityFault]) -> tuple[Grid, ...]:
    """Return the grids; one that lies outside what it belongs to is told in ``faults`` and left out."""
    _, features = read_features(source, "grids.geojson", faults)
    grounds: dict[str, shapely.Polygon] = {}
    used: list[tuple[Feature, Grid]] = []
    areas = {area.area_id: ground for area, ground in zip(area_map.areas, area_map.grounds, strict=True)}
    known: dict[str, Grid] = {}
    for feature in features:
        try:
            grid, ground = _grid(feature, areas, known)
        except RowRefusedError as refused:
            faults.append(refused.fault)
            continue
        known[grid.grid_id] = grid
        grounds[grid.grid_id] = ground
        used.append((feature, grid))
    if used:
        _refuse_outside(used, grounds, areas, faults)
        for level in LEVELS:
            _refuse_overlap([each for each in used if each[1].level == level], grounds, faults)
    return tuple(known.values())


def _grid(feature: Feature, areas: Mapping[AreaId, object], known: Mapping[str, Grid]) -> tuple[Grid, shapely.Polygon]:
    grid_id = feature.text("grid_id")
    feature.key = grid_id
    if grid_id in known:
        feature.refuse(f"{grid_id} stands in the file already; ids are unique", column="grid_id")
    area_id = AreaId(feature.text("area_id"))
    if area_id not in areas:
        feature.refuse(
            f"area_id = {area_id!r} names no area of areas.geojson; correct it, or add the area", column="area_id"
        )
    level = feature.properties.get("level")
    if level not in LEVELS:
        feature.refuse(f"level = {level!r} is not one of 2, 3", column="level")
    parent_id = feature.properties.get("parent_id") or None
    if level == LEVELS[-1]:
        parent = known.get(str(parent_id))
        if parent is None or parent.level != LEVELS[0] or parent.area_id != area_id:
            feature.refuse(
                f"parent_id = {parent_id!r} names no grid of level 2 of {area_id} further up in the file",
                column="parent_id",
            )
    elif parent_id is not None:
        feature.refuse("a grid of level 2 has no parent_id; its area_id says where it belongs", column="parent_id")
    ground = feature.ground()
    if not isinstance(ground, shapely.Polygon):
        feature.refuse("a grid is one Polygon; give each part an id of its own", column="geometry")
    name = feature.text("name")
    grid = Grid(
        grid_id=GridId(grid_id),
        name=name,
        name_en=str(feature.properties.get("name_en") or name),
        level=level,
        area_id=area_id,
        parent_id=GridId(str(parent_id)) if parent_id is not None else None,
        outline=ring_of(ground),
    )
    return grid, ground


def _refuse_outside(
    used: Sequence[tuple[Feature, Grid]],
    grounds: Mapping[str, shapely.Polygon],
    areas: Mapping[AreaId, shapely.Geometry],
    faults: list[CityFault],
) -> None:
    around = [grounds[grid.parent_id] if grid.parent_id is not None else areas[grid.area_id] for _, grid in used]
    outside = shapely.difference([grounds[grid.grid_id] for _, grid in used], around)
    # Degrees first: only what may be too much is measured on the ground.
    for number in (shapely.area(outside) > 1e-9).nonzero()[0].tolist():
        metres = square_metres(outside[number])
        if metres > _ROUNDING_M2:
            feature, grid = used[number]
            where = grid.parent_id or grid.area_id
            what = f"lies outside {where} with {metres:.0f} m²; correct the ring or where it belongs"
            faults.append(feature.fault(what, column="geometry"))


def _refuse_overlap(
    used: Sequence[tuple[Feature, Grid]], grounds: Mapping[str, shapely.Polygon], faults: list[CityFault]
) -> None:
    if not used:
        return
    shapes = [grounds[grid.grid_id] for _, grid in used]
    first, second = shapely.STRtree(shapes).query(shapes, predicate="overlaps")
    pairs = [(a, b) for a, b in zip(first.tolist(), second.tolist(), strict=True) if a < b]
    if not pairs:
        return
    shared = shapely.intersection([shapes[a] for a, _ in pairs], [shapes[b] for _, b in pairs])
    for (one, other), ground in zip(pairs, shared, strict=True):
        metres = square_metres(ground)
        if metres > OVERLAP_ALLOWED_M2:
            what = f"overlaps {used[one][1].grid_id} by {metres:.0f} m²; a place belongs to one grid of a level"
            faults.append(used[other][0].fault(what, column="geometry"))
