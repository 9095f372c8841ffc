"""The city's files: one folder with areas.geojson and CSV tables, and the categories beside or above it.

``load_city`` answers a City whose parts agree with each other, or raises CityError: one sentence with the file and
the line or feature, and what to do. The tables are described in docs/reference/city.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patrol_wire.ids import AreaId, CameraName, Measure, NodeName, Severity, UnitId
from relay.core.city import Beat, Category, City, RoomSpec, Tier, Town, UnitSpec
from relay.core.forces import Force
from relay.core.ids import BeatId, CategoryId, TownId
from relay.core.levels import LevelRule
from relay.store.city_areas import read_areas
from relay.store.city_force import read_forces, read_shifts
from relay.store.city_rows import read_rows, read_toml
from relay.store.errors import CityError

_CATEGORY_KEYS: Final[Mapping[str, type]] = {
    "zh": str,
    "en": str,
    "family": str,
    "severity": str,
    "radius_m": float,
    "window_s": float,
    "counted": bool,
}
_LARGEST_FIGURE: Final = 100_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """Where a camera of a room stands."""

    camera: CameraName
    room: NodeName
    place: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexRule:
    """How the safety index weighs an area's counts."""

    measure: Measure
    rule: LevelRule
    weight: Mapping[str, float]


def load_city(folder: Path, *, time_zone: str) -> City:
    """Read the city in ``folder``; categories.toml is looked for there, then in the folder above."""
    if not folder.is_dir():
        raise CityError(f"{folder}: no such folder; make a city with: patrol city make --out {folder}")
    towns = _towns(folder / "towns.csv")
    town_ids = frozenset(town.town_id for town in towns)
    (name, name_en), areas, find_area = read_areas(folder / "areas.geojson", town_ids)
    town_of = {area.area_id: area.town_id for area in areas}
    beats = _beats(folder / "beats.csv", town_ids, town_of)
    units = _units(folder / "units.csv", town_ids, {beat.beat_id: beat for beat in beats})
    categories = read_categories(_beside_or_above(folder, "categories.toml"))
    return City(
        name=name,
        name_en=name_en,
        zone=_zone(time_zone),
        towns=towns,
        areas=areas,
        beats=beats,
        units=units,
        rooms=_rooms(folder / "rooms.csv", town_ids, town_of),
        categories=categories,
        find_area=find_area,
        shifts=read_shifts(folder / "shifts.csv", frozenset(unit.unit_id for unit in units)),
        forces=read_forces(_beside_or_above(folder, "forces.toml"), frozenset(each.family for each in categories)),
    )


def read_cameras(folder: Path, city: City) -> tuple[CameraSpec, ...]:
    """Return the cameras of the city's rooms, in the order of the file."""
    rows = read_rows(folder / "cameras.csv", ("camera", "room", "lon", "lat"), key=("camera", "room"))
    return tuple(
        CameraSpec(
            camera=CameraName(row.text("camera")),
            room=NodeName(row.one_of("room", city.room_by_node, "room of rooms.csv")),
            place=row.place(),
        )
        for row in rows
    )


def read_categories(path: Path) -> tuple[Category, ...]:
    """Return the kinds of incident of a city."""
    found = []
    for category, table in read_toml(path).items():
        where = f"{path}, [{category}]"
        if not isinstance(table, dict):
            raise CityError(f"{where}: must be a table with zh, en, family and severity")
        found.append(_category(category, table, where))
    if not found:
        raise CityError(f"{path}: no categories; write at least one table such as [intrusion]")
    return tuple(found)


def find_index_rule(folder: Path) -> IndexRule | None:
    """Return how this city's counts become a level, from levels.toml in its folder or the one above; None without."""
    path = _beside_or_above(folder, "levels.toml")
    return read_index_rule(path) if path.exists() else None


def read_index_rule(path: Path) -> IndexRule:
    """Return how counts become a level; the words of the levels are the page's."""
    tables = read_toml(path)
    where = f"{path}, [index]"
    try:
        index = dict(tables.get("index", {}))
        measure = index.pop("measure", Measure.CONFIRMED)
        rule = LevelRule(**{key: float(value) for key, value in index.items()})
        weight = {str(key): float(value) for key, value in tables.get("weight", {}).items()}
        return IndexRule(measure=Measure(measure), rule=rule, weight=weight)
    except (TypeError, ValueError) as error:
        raise CityError(f"{where}: {error}") from error


def _beside_or_above(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).exists() else folder.parent / name


def _zone(time_zone: str) -> ZoneInfo:
    try:
        return ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise CityError(f"time_zone = {time_zone!r} is no time zone; write for example Asia/Shanghai") from error


def _category(category: str, table: dict[str, Any], where: str) -> Category:
    unknown = sorted(set(table) - set(_CATEGORY_KEYS))
    if unknown:
        raise CityError(f"{where}: unknown key {unknown[0]!r}; known are {', '.join(_CATEGORY_KEYS)}")
    for key, kind in _CATEGORY_KEYS.items():
        value = table.get(key)
        if value is None and key in ("zh", "en", "family", "severity"):
            raise CityError(f"{where}: {key} is missing")
        if isinstance(value, int) and not isinstance(value, bool) and kind is float:
            table[key] = value = float(value)
        if value is not None and not isinstance(value, kind):
            raise CityError(f"{where}: {key} = {value!r} must be a {kind.__name__}")
        if isinstance(value, float) and not 0.0 < value <= _LARGEST_FIGURE:
            raise CityError(
                f"{where}: {key} = {value:g} is out of range; it lies above 0 and up to {_LARGEST_FIGURE:.0f}"
            )
    try:
        severity = Severity(table["severity"])
    except ValueError as error:
        raise CityError(f"{where}: severity = {table['severity']!r} is not one of {', '.join(Severity)}") from error
    figures = {key: table[key] for key in ("radius_m", "window_s", "counted") if key in table}
    return Category(
        category=CategoryId(category),
        family=table["family"],
        title_zh=table["zh"],
        title_en=table["en"],
        severity=severity,
        **figures,
    )


def _towns(path: Path) -> tuple[Town, ...]:
    rows = read_rows(path, ("town_id", "name", "name_en", "station", "station_en"), key=("town_id",))
    return tuple(
        Town(
            town_id=TownId(row.text("town_id")),
            name=row.text("name"),
            name_en=row.text("name_en"),
            station=row.text("station"),
        )
        for row in rows
    )


def _beats(path: Path, towns: frozenset[TownId], town_of: Mapping[AreaId, TownId]) -> tuple[Beat, ...]:
    found = []
    for row in read_rows(path, ("beat_id", "name", "name_en", "town_id", "area_ids"), key=("beat_id",)):
        town_id = TownId(row.one_of("town_id", towns, "town of towns.csv"))
        area_ids = tuple(AreaId(word) for word in row.text("area_ids").split())
        for area_id in area_ids:
            if town_of.get(area_id) != town_id:
                row.refuse(f"area_ids: {area_id} is no area of the town {town_id}; correct the beat or the area")
        found.append(
            Beat(beat_id=BeatId(row.text("beat_id")), name=row.text("name"), town_id=town_id, area_ids=area_ids)
        )
    return tuple(found)


def _rooms(path: Path, towns: frozenset[TownId], town_of: Mapping[AreaId, TownId]) -> tuple[RoomSpec, ...]:
    found = []
    columns = ("node", "title", "title_en", "tier", "town_id", "area_id", "lon", "lat")
    for row in read_rows(path, columns, key=("node",)):
        tier = row.word("tier", Tier)
        town_id = None if tier is Tier.CENTRE else TownId(row.one_of("town_id", towns, "town of towns.csv"))
        area_id = None
        if tier is Tier.COMMUNITY:
            area_id = AreaId(row.one_of("area_id", town_of, "area of areas.geojson"))
            if town_of[area_id] != town_id:
                row.refuse(f"area_id = {area_id} lies in {town_of[area_id]}, not in {town_id}")
        found.append(
            RoomSpec(
                node=NodeName(row.text("node")),
                title=row.text("title"),
                title_en=row.text("title_en"),
                tier=tier,
                town_id=town_id,
                area_id=area_id,
                place=row.place(),
            )
        )
    return tuple(found)


def _units(path: Path, towns: frozenset[TownId], beats: Mapping[BeatId, Beat]) -> tuple[UnitSpec, ...]:
    found = []
    columns = ("unit_id", "name", "name_en", "force", "tier", "town_id", "beat_id", "lon", "lat")
    for row in read_rows(path, columns, key=("unit_id",)):
        town_id = TownId(row.one_of("town_id", towns, "town of towns.csv"))
        beat_id = row.optional("beat_id")
        if beat_id is not None and (BeatId(beat_id) not in beats or beats[BeatId(beat_id)].town_id != town_id):
            row.refuse(f"beat_id = {beat_id!r} names no beat of the town {town_id}")
        found.append(
            UnitSpec(
                unit_id=UnitId(row.text("unit_id")),
                name=row.text("name"),
                name_en=row.text("name_en"),
                force=row.word("force", Force),
                tier=row.word("tier", Tier),
                town_id=town_id,
                beat_id=BeatId(beat_id) if beat_id is not None else None,
                place=row.place(),
            )
        )
    return tuple(found)
