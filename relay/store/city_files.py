"""The city's files: one folder with areas.geojson and CSV tables, and the categories beside or above it.

``load_city`` answers a City whose parts agree with each other, or raises CityError: one sentence with the file and
the line or feature, and what to do; ``read_city`` answers all complaints at once. The tables are described in
docs/reference/city.md.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from patrol_wire.ids import Measure, Severity
from relay.core.city import UNCLASSIFIED, Category, City
from relay.core.city_faults import CityFault
from relay.core.ids import CategoryId
from relay.core.levels import LevelRule
from relay.core.unsent import unsent_in
from relay.store.city_areas import read_areas
from relay.store.city_force import FORCES, read_forces, read_shifts
from relay.store.city_grids import read_grids
from relay.store.city_places import place_doubts
from relay.store.city_rows import read_toml
from relay.store.city_source import CitySource, read_folder
from relay.store.city_tables import CameraSpec, CityTables, read_towns
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
class CityDraft:
    """What was read: usable when no fault is grave."""

    city: City
    cameras: tuple[CameraSpec, ...]
    faults: tuple[CityFault, ...]


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
    faults: list[CityFault] = []
    source = read_folder(folder, faults)
    draft = read_city(source, categories=city_categories(folder), time_zone=time_zone)
    refuse((*faults, *draft.faults))
    return draft.city


def city_categories(folder: Path) -> tuple[Category, ...]:
    """Return the kinds of incident of the city in ``folder``."""
    return read_categories(_beside_or_above(folder, "categories.toml"))


def refuse(faults: Iterable[CityFault]) -> None:
    """Raise CityError when any fault is grave."""
    grave = tuple(fault for fault in faults if fault.grave)
    if grave:
        more = f" (and {len(grave) - 1} more; patrol city check shows all)" if len(grave) > 1 else ""
        raise CityError(f"{grave[0]}{more}", grave)


def read_city(source: CitySource, *, categories: tuple[Category, ...], time_zone: str) -> CityDraft:
    """Read every file of a source: the city as far as it can be used, and everything that is wrong with it."""
    faults: list[CityFault] = []
    towns = read_towns(source, faults)
    area_map = read_areas(source, frozenset(town.town_id for town in towns), faults)
    tables = CityTables(source, towns, area_map.areas, faults)
    grids = read_grids(source, area_map, faults)
    beats, posts, rooms = tables.beats(), tables.posts(), tables.rooms()
    units = tables.units(beats, grids, posts)
    cameras = tables.cameras(rooms)
    city = City(
        name=area_map.name,
        name_en=area_map.name_en,
        zone=_zone(time_zone),
        towns=towns,
        areas=area_map.areas,
        beats=beats,
        units=units,
        rooms=rooms,
        categories=categories,
        find_areas=area_map.find,
        grids=grids,
        posts=posts,
        people=tables.people(units, rooms),
        shifts=read_shifts(
            source, frozenset(unit.unit_id for unit in units), frozenset(room.node for room in rooms), faults
        ),
        forces=read_forces(source, frozenset(each.family for each in categories), faults),
    )
    faults.extend(place_doubts(city, source))
    faults.extend(CityFault(file=source.title(FORCES), what=what, grave=False) for what in unsent_in(city))
    return CityDraft(city=city, cameras=cameras, faults=tuple(faults))


def read_cameras(folder: Path, city: City) -> tuple[CameraSpec, ...]:
    """Return the cameras of the city's rooms, in the order of the file."""
    faults: list[CityFault] = []
    source = read_folder(folder, faults)
    found = CityTables(source, city.towns, city.areas, faults).cameras(city.rooms)
    refuse(faults)
    return found


def read_categories(path: Path) -> tuple[Category, ...]:
    """Return the kinds of incident of a city, with the one of flags without a kind, which the file may write itself."""
    found = []
    for category, table in read_toml(path).items():
        where = f"{path}, [{category}]"
        if not isinstance(table, dict):
            raise CityError(f"{where}: must be a table with zh, en, family and severity")
        found.append(_category(category, table, where))
    if not found:
        raise CityError(f"{path}: no categories; write at least one table such as [intrusion]")
    if all(each.category != UNCLASSIFIED.category for each in found):
        found.append(UNCLASSIFIED)
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
