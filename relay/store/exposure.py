"""How long rooms watched and units patrolled: sums by day and area, and up to when each is credited."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, literal_column, select

from relay.store.bulk import InsertMany, SelectIn, UpdateMany
from relay.store.count_tables import room_day, unit_day, watch_mark

# Marks of rooms and units heard of for the first time, and where known ones have moved to.
_INSERT_MARK: Final = InsertMany(watch_mark)
_UPDATE_MARK: Final = UpdateMany(watch_mark, changed=("until_us",), key=("kind", "name"))
_MARKS: Final = SelectIn(
    select(watch_mark.c.name, watch_mark.c.until_us).where(watch_mark.c.kind == bindparam("kind")),
    watch_mark.c.name,
    first=("kind",),
)
# Sums of days that a burst adds to.
_INSERT_ROOM: Final = InsertMany(room_day)
_UPDATE_ROOM: Final = UpdateMany(room_day, changed=("watched_us", "camera_us"), key=("day", "node", "area_id"))
_ROOMS: Final = SelectIn(select(room_day).where(room_day.c.day == bindparam("day")), room_day.c.node, first=("day",))
_INSERT_UNIT: Final = InsertMany(unit_day)
_UPDATE_UNIT: Final = UpdateMany(unit_day, changed=("patrol_us",), key=("day", "unit_id", "area_id"))
_UNITS: Final = SelectIn(select(unit_day).where(unit_day.c.day == bindparam("day")), unit_day.c.unit_id, first=("day",))


class WatchKind(StrEnum):
    """Whose time is credited."""

    ROOM = "room"
    UNIT = "unit"


class DayKey(NamedTuple):
    """One sum: a day of the city, a room or unit, and the area it watched or walked."""

    day: str
    name: str
    area_id: str


class RoomTime(NamedTuple):
    """Microseconds with any camera, and summed over cameras."""

    watched_us: int
    camera_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaExposure:
    """Microseconds of an area in a month."""

    area_id: str
    month: str
    camera_us: int
    patrol_us: int


def of_areas(connection: Connection, *, month: str | None = None, area_id: str | None = None) -> list[AreaExposure]:
    """Return the exposure per area and month, in that order; an area without any is missing."""
    cameras = _by_area(connection, room_day.c.day, room_day.c.area_id, room_day.c.camera_us, month, area_id)
    patrols = _by_area(connection, unit_day.c.day, unit_day.c.area_id, unit_day.c.patrol_us, month, area_id)
    return [
        AreaExposure(
            area_id=area,
            month=of_month,
            camera_us=cameras.get((area, of_month), 0),
            patrol_us=patrols.get((area, of_month), 0),
        )
        for area, of_month in sorted(cameras.keys() | patrols.keys())
    ]


def watched(connection: Connection, first: str, last: str) -> dict[tuple[str, str], int]:
    """Return by (node, day) how long rooms watched on these days, both included."""
    query = (
        select(room_day.c.node, room_day.c.day, func.sum(room_day.c.watched_us))
        .where(room_day.c.day >= first, room_day.c.day <= last)
        .group_by(room_day.c.node, room_day.c.day)
    )
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}


# --- for the writer -----------------------------------------------------------------------------------------


def load_marks(connection: Connection, kind: WatchKind, names: Iterable[str]) -> dict[str, int]:
    """Return up to when each of these is credited; those never heard of are missing."""
    return {row[0]: int(row[1]) for row in _MARKS.run(connection, names, first=(kind.value,))}


def store_marks(connection: Connection, kind: WatchKind, known: Mapping[str, int], moved: Mapping[str, int]) -> None:
    """Store where marks have moved to; ``known`` are those the store has."""
    fresh = [(kind.value, name, until_us) for name, until_us in moved.items() if name not in known]
    _INSERT_MARK.run(connection, fresh)
    changed = [
        (until_us, kind.value, name) for name, until_us in moved.items() if known.get(name, until_us) != until_us
    ]
    _UPDATE_MARK.run(connection, changed)


def add_rooms(connection: Connection, added: Mapping[DayKey, RoomTime]) -> None:
    """Add to the days of rooms."""
    known = {
        DayKey(*row[:3]): RoomTime(row[3], row[4])
        for day, names in _names_by_day(added).items()
        for row in _ROOMS.run(connection, names, first=(day,))
    }
    _INSERT_ROOM.run(connection, [(*key, *time) for key, time in added.items() if key not in known])
    rows = [
        (known[key].watched_us + time.watched_us, known[key].camera_us + time.camera_us, *key)
        for key, time in added.items()
        if key in known
    ]
    _UPDATE_ROOM.run(connection, rows)


def add_units(connection: Connection, added: Mapping[DayKey, int]) -> None:
    """Add to the days of units."""
    known = {
        DayKey(*row[:3]): int(row[3])
        for day, names in _names_by_day(added).items()
        for row in _UNITS.run(connection, names, first=(day,))
    }
    _INSERT_UNIT.run(connection, [(*key, time_us) for key, time_us in added.items() if key not in known])
    _UPDATE_UNIT.run(connection, [(known[key] + time_us, *key) for key, time_us in added.items() if key in known])


def _names_by_day(keys: Iterable[DayKey]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key in keys:
        found.setdefault(key.day, []).append(key.name)
    return found


def _by_area(
    connection: Connection, day: Any, area: Any, time_us: Any, month: str | None, area_id: str | None
) -> dict[tuple[str, str], int]:
    # Literals, not parameters: PostgreSQL must see the same expression in the list and in GROUP BY.
    of_month = func.substr(day, literal_column("1"), literal_column("7"))
    query = select(area, of_month, func.sum(time_us)).group_by(area, of_month)
    if month is not None:
        query = query.where(day >= f"{month}-01", day <= f"{month}-31")
    if area_id is not None:
        query = query.where(area == area_id)
    return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}
