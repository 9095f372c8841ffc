"""Units: where each is and what it does now. The roster itself is the city's (relay/core/city.py)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, select

from patrol_wire.ids import DispatchId, UnitId
from relay.core.candidates import Activity, UnitNow
from relay.core.city import UnitSpec
from relay.core.forces import Force
from relay.core.ids import BeatId, TownId
from relay.store.bulk import InsertMany, SelectIn, SelectRows, UpdateMany
from relay.store.sequences import Numbers
from relay.store.tables import UNIT_CHANGE, unit

_ACTIVITIES: Final = {str(activity): activity for activity in Activity}  # see relay/store/incidents.py
_NOW: Final = (
    unit.c.unit_id,
    unit.c.on_duty,
    unit.c.activity,
    unit.c.dispatch_id,
    unit.c.lon,
    unit.c.lat,
    unit.c.fix_us,
    unit.c.accuracy_m,
    unit.c.last_seen_us,
    unit.c.duty_us,
)
# Units the roster names for the first time.
_INSERT: Final = InsertMany(unit)
# The roster's words for known units.
_UPDATE_SPEC: Final = UpdateMany(unit, changed=("name", "force", "town_id", "beat_id"), key=("unit_id",))
# What units of a burst do and where they are now.
_UPDATE_NOW: Final = UpdateMany(
    unit,
    changed=(
        *("on_duty", "activity", "dispatch_id", "lon", "lat", "fix_us", "accuracy_m", "last_seen_us", "duty_us"),
        "change_no",
    ),
    key=("unit_id",),
)
# What changed since an image of the force was read; served by ix_unit_change_no.
_CHANGED: Final = SelectRows(select(*_NOW).where(unit.c.change_no > bindparam("change_no")), ("change_no",))
# The whole force, once.
_EVERYBODY: Final = SelectRows(select(*_NOW))
# Single units, for pages.
_BY_ID: Final = SelectIn(select(*_NOW), unit.c.unit_id)

_FEW: Final = 512
"""Up to so many units the index is asked for each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """A unit for people: who it is, and what it does now."""

    unit_id: UnitId
    name: str
    force: Force
    town_id: TownId
    beat_id: BeatId | None
    now: UnitNow


def listed(connection: Connection) -> list[UnitRow]:
    """Return all units in order of their id, for the desk's map and list."""
    query = select(*_NOW, unit.c.name, unit.c.force, unit.c.town_id, unit.c.beat_id).order_by(unit.c.unit_id)
    return [_unit_row(row) for row in connection.execute(query)]


def by_id(connection: Connection, unit_id: str) -> UnitRow | None:
    """Return one unit, or None."""
    query = select(*_NOW, unit.c.name, unit.c.force, unit.c.town_id, unit.c.beat_id).where(unit.c.unit_id == unit_id)
    row = connection.execute(query).first()
    return _unit_row(row) if row is not None else None


# --- for the writer -----------------------------------------------------------------------------------------


def load(connection: Connection, unit_ids: Iterable[str]) -> dict[UnitId, UnitNow]:
    """Return what units do now; unknown ones are missing. For very many the whole table is read once."""
    wanted = set(unit_ids)
    if len(wanted) <= _FEW:
        return {(now := _now(row)).unit_id: now for row in _BY_ID.run(connection, wanted)}
    return {unit_id: now for unit_id, now in everybody(connection).items() if unit_id in wanted}


def changed_since(connection: Connection, change_no: int) -> dict[UnitId, UnitNow]:
    """Return the units whose last change has a greater number."""
    return {(now := _now(row)).unit_id: now for row in _CHANGED.run(connection, change_no)}


def everybody(connection: Connection) -> dict[UnitId, UnitNow]:
    """Return what all units do now."""
    return {(now := _now(row)).unit_id: now for row in _EVERYBODY.run(connection)}


def enrol(connection: Connection, specs: Sequence[UnitSpec]) -> None:
    """Bring the roster's units into the store, after ``sequences.begin``; what known units do now is left alone."""
    known = set(connection.execute(select(unit.c.unit_id)).scalars())
    fresh = [spec for spec in specs if spec.unit_id not in known]
    numbers = Numbers(connection)
    first = numbers.take(UNIT_CHANGE, len(fresh))
    _INSERT.run(connection, [_fresh_row(spec, number) for number, spec in enumerate(fresh, first)])
    numbers.store(connection)
    _UPDATE_SPEC.run(
        connection,
        [
            (spec.name, spec.force.value, spec.town_id, spec.beat_id, spec.unit_id)
            for spec in specs
            if spec.unit_id in known
        ],
    )


def update(connection: Connection, first_change: int, units: Sequence[UnitNow]) -> None:
    """Store what units do now; their changes are numbered from ``first_change``."""
    _UPDATE_NOW.run(
        connection,
        [
            (
                now.on_duty,
                now.activity.value,
                now.dispatch_id,
                now.lon,
                now.lat,
                now.fix_us,
                now.accuracy_m,
                now.last_seen_us,
                now.duty_us,
                number,
                now.unit_id,
            )
            for number, now in enumerate(units, first_change)
        ],
    )


def _fresh_row(spec: UnitSpec, change_no: int) -> tuple[Any, ...]:
    return (
        spec.unit_id,
        spec.name,
        spec.force.value,
        spec.town_id,
        spec.beat_id,
        spec.on_duty,
        Activity.AVAILABLE.value,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
        change_no,
    )


def _now(row: Any) -> UnitNow:
    return UnitNow(
        unit_id=UnitId(row[0]),
        on_duty=bool(row[1]),
        activity=_ACTIVITIES[row[2]],
        dispatch_id=DispatchId(row[3]) if row[3] is not None else None,
        lon=row[4],
        lat=row[5],
        fix_us=row[6],
        accuracy_m=row[7],
        last_seen_us=row[8],
        duty_us=row[9],
    )


def _unit_row(row: Any) -> UnitRow:
    return UnitRow(
        unit_id=UnitId(row.unit_id),
        name=row.name,
        force=Force(row.force),
        town_id=TownId(row.town_id),
        beat_id=BeatId(row.beat_id) if row.beat_id is not None else None,
        now=_now(row),
    )
