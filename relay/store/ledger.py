"""The counts ledger: append-only lines behind a cursor, and their running sums."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select

from patrol_wire.ids import AreaId, Measure, Micros
from patrol_wire.messages import LedgerEntry
from relay.core.counting import CountPlace, LedgerLine, other_ledger
from relay.store.bulk import InsertMany, SelectIn, UpdateMany
from relay.store.tables import ledger, ledger_sum

# New lines of a burst; the unique entry_id makes a replay fail instead of counting twice.
_INSERT: Final = InsertMany(ledger)
# Sums of places counted for the first time, and of known ones.
_INSERT_SUM: Final = InsertMany(ledger_sum)
_UPDATE_SUM: Final = UpdateMany(ledger_sum, changed=("total",), key=("measure", "area_id", "category", "month"))
# The sums that new lines change; the measure is named so that the primary key serves.
_SUMS: Final = SelectIn(
    select(ledger_sum).where(ledger_sum.c.measure == bindparam("measure"), ledger_sum.c.month == bindparam("month")),
    ledger_sum.c.area_id,
    first=("measure", "month"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountSum:
    """How many incidents count in one place."""

    place: CountPlace
    total: int


def page_after(connection: Connection, cursor: int, *, limit: int = 256) -> list[LedgerEntry]:
    """Return the ledger's lines after a cursor, in commit order: what an index consumer missed."""
    query = select(ledger).where(ledger.c.cursor > cursor).order_by(ledger.c.cursor).limit(limit)
    return [_entry(row) for row in connection.execute(query)]


def of_incident(connection: Connection, incident_id: str) -> list[LedgerEntry]:
    """Return the lines one incident wrote, for its page."""
    query = select(ledger).where(ledger.c.incident_id == incident_id).order_by(ledger.c.cursor)
    return [_entry(row) for row in connection.execute(query)]


def head(connection: Connection) -> int:
    """Return the cursor of the newest line, 0 for an empty ledger."""
    return int(connection.execute(select(func.coalesce(func.max(ledger.c.cursor), 0))).scalar_one())


def doubt(connection: Connection, cursor: int, entry_id: str | None) -> str:
    """Say why a reader's cursor is none of this ledger's (core/counting.py); empty where it is."""
    if cursor == 0 or entry_id is None:
        return ""
    here = connection.execute(select(ledger.c.entry_id).where(ledger.c.cursor == cursor)).scalar()
    return other_ledger(cursor, entry_id, here=here, head=head(connection))


def of_month(connection: Connection, month: str, *, after: int, upto: int) -> list[LedgerEntry]:
    """Return a month's lines behind one cursor up to another, in commit order."""
    query = (
        select(ledger)
        .where(ledger.c.cursor > after, ledger.c.cursor <= upto, ledger.c.month == month)
        .order_by(ledger.c.cursor)
    )
    return [_entry(row) for row in connection.execute(query)]


def changes_by_cutoff(
    connection: Connection, month: str, cutoffs: Sequence[int]
) -> list[tuple[int, dict[CountPlace, int]]]:
    """Return for each part of a month's lines, cut behind these rising cursors, their number and sum without zeros.

    The last part is what lies behind the last cursor. Reads the whole ledger: for checks, not for pages.
    """
    parts: list[tuple[int, dict[CountPlace, int]]] = [(0, {}) for _ in range(len(cutoffs) + 1)]
    query = select(ledger).where(ledger.c.month == month).order_by(ledger.c.cursor)
    for entry in map(_entry, connection.execute(query)):
        part = bisect_left(cutoffs, entry.cursor)
        lines, changes = parts[part]
        place = CountPlace(measure=entry.measure, area_id=AreaId(entry.area), category=entry.category, month=month)
        changes[place] = changes.get(place, 0) + entry.count
        parts[part] = (lines + 1, changes)
    return [(lines, {place: change for place, change in changes.items() if change}) for lines, changes in parts]


def lines_of_month(connection: Connection, month: str) -> int:
    """Return how many lines a month has; reads the whole ledger, so only when a month is published."""
    query = select(func.count()).select_from(ledger).where(ledger.c.month == month)
    return int(connection.execute(query).scalar_one())


def sums(
    connection: Connection,
    *,
    measure: Measure | None = None,
    area_id: str | None = None,
    category: str | None = None,
    month: str | None = None,
) -> list[CountSum]:
    """Return the sums per (measure, area, category, month), in that order; filters narrow them; zeros are kept."""
    query = select(ledger_sum).order_by(
        ledger_sum.c.measure, ledger_sum.c.area_id, ledger_sum.c.category, ledger_sum.c.month
    )
    wanted = {"measure": measure, "area_id": area_id, "category": category, "month": month}
    for name, value in wanted.items():
        if value is not None:
            query = query.where(ledger_sum.c[name] == value)
    return [_sum(row) for row in connection.execute(query)]


# --- for the writer -----------------------------------------------------------------------------------------


def append(connection: Connection, first_cursor: int, lines: Sequence[LedgerLine], recorded_us: int) -> None:
    """Append lines from ``first_cursor`` on and keep the sums, in the caller's transaction."""
    if not lines:
        return
    _INSERT.run(
        connection,
        [
            (
                cursor,
                line.entry_id,
                line.incident_id,
                line.revision,
                str(line.place.measure),
                line.place.area_id,
                line.place.category,
                line.place.month,
                line.count,
                line.reason[:64],
                recorded_us,
            )
            for cursor, line in enumerate(lines, first_cursor)
        ],
    )
    changes: dict[CountPlace, int] = {}
    for line in lines:
        changes[line.place] = changes.get(line.place, 0) + line.count
    known = _load_sums(connection, changes)
    added = [(*_key(place), change) for place, change in changes.items() if place not in known]
    _INSERT_SUM.run(connection, added)
    changed = [(known[place] + change, *_key(place)) for place, change in changes.items() if change and place in known]
    _UPDATE_SUM.run(connection, changed)


def _load_sums(connection: Connection, places: Iterable[CountPlace]) -> dict[CountPlace, int]:
    found: dict[CountPlace, int] = {}
    areas: dict[tuple[str, str], list[str]] = {}
    for place in places:
        areas.setdefault((place.measure.value, place.month), []).append(place.area_id)
    # All categories of an area are few rows; a burst of many areas asks once per measure.
    for measure_and_month, area_ids in areas.items():
        for row in _SUMS.run(connection, area_ids, first=measure_and_month):
            value = _sum(row)
            found[value.place] = value.total
    return found


def _key(place: CountPlace) -> tuple[str, str, str, str]:
    return (place.measure.value, place.area_id, place.category, place.month)


def _sum(row: Any) -> CountSum:
    place = CountPlace(measure=Measure(row[0]), area_id=AreaId(row[1]), category=row[2], month=row[3])
    return CountSum(place=place, total=row[4])


def _entry(row: Any) -> LedgerEntry:
    return LedgerEntry(
        cursor=row.cursor,
        entry_id=row.entry_id,
        measure=Measure(row.measure),
        area=row.area_id,
        category=row.category,
        month=row.month,
        count=row.count,
        incident_id=row.incident_id,
        reason=row.reason,
        recorded_at=Micros(row.recorded_us),
    )
