"""Releases of months: append-only rows behind a gapless number, and what each changes."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import Connection, func, select

from patrol_wire.ids import AreaId, Measure
from patrol_wire.messages import LedgerEntry
from relay.core.counting import CountPlace
from relay.core.releases import Latest, MonthRelease, release_of
from relay.store.bulk import InsertMany, SelectIn
from relay.store.count_tables import month_release, release_difference
from relay.store.ledger import CountSum
from relay.store.tables import ledger_sum

# New releases with what they change.
_INSERT: Final = InsertMany(month_release)
_INSERT_DIFFERENCE: Final = InsertMany(release_difference)
# The newest releases of the months a transaction writes lines of.
_OF_MONTHS: Final = SelectIn(
    select(month_release.c.month, month_release.c.release, month_release.c.cutoff), month_release.c.month
)


def listed(connection: Connection, *, month: str | None = None, after: int = 0) -> list[MonthRelease]:
    """Return releases in the order of their numbers: of one month, or all, those after a number."""
    query = select(month_release).where(month_release.c.number > after).order_by(month_release.c.number)
    if month is not None:
        query = query.where(month_release.c.month == month)
    return [_release(row) for row in connection.execute(query)]


def since(connection: Connection, cursor: int) -> list[MonthRelease]:
    """Return the releases whose cutoff is not before a cursor, in the order of their numbers."""
    query = select(month_release).where(month_release.c.cutoff >= cursor).order_by(month_release.c.number)
    return [_release(row) for row in connection.execute(query)]


def cutoffs(connection: Connection, months: Iterable[str]) -> dict[str, list[int]]:
    """Return the cutoffs of each month's releases, rising; months without a release are missing."""
    found: dict[str, list[int]] = {}
    for month, _, cutoff in _OF_MONTHS.run(connection, months):
        found.setdefault(month, []).append(cutoff)
    for values in found.values():
        values.sort()
    return found


def latest(connection: Connection, months: Iterable[str]) -> dict[str, Latest]:
    """Return the newest release of each month; months without one are missing."""
    found: dict[str, Latest] = {}
    for month, release, cutoff in _OF_MONTHS.run(connection, months):
        known = found.get(month)
        if known is None or known.release < release:
            found[month] = Latest(release=release, cutoff=cutoff)
    return found


def stamped(connection: Connection, entries: Sequence[LedgerEntry]) -> list[LedgerEntry]:
    """Return ledger lines with the release of its month that each belongs to."""
    known = cutoffs(connection, {entry.month for entry in entries})
    return [replace(entry, release=release_of(entry.cursor, known.get(entry.month, ()))) for entry in entries]


def difference(connection: Connection, month: str, release: int) -> list[CountSum]:
    """Return what a release changes, in order of measure, area and category."""
    query = (
        select(*_PLACE, release_difference.c.change)
        .where(release_difference.c.month == month, release_difference.c.release == release)
        .order_by(*_PLACE)
    )
    return [_sum(row) for row in connection.execute(query)]


def figures(
    connection: Connection, month: str, release: int, *, area_id: str | None = None, category: str | None = None
) -> list[CountSum]:
    """Return the figures of a month as they stood in a release: what it and those before it changed, zeros too."""
    query = (
        select(*_PLACE, func.sum(release_difference.c.change))
        .where(release_difference.c.month == month, release_difference.c.release <= release)
        .group_by(*_PLACE)
        .order_by(*_PLACE)
    )
    if area_id is not None:
        query = query.where(release_difference.c.area_id == area_id)
    if category is not None:
        query = query.where(release_difference.c.category == category)
    return [_sum(row) for row in connection.execute(query)]


def head(connection: Connection) -> int:
    """Return the number of the newest release, 0 before the first."""
    return int(connection.execute(select(func.coalesce(func.max(month_release.c.number), 0))).scalar_one())


def counted_months(connection: Connection) -> list[str]:
    """Return the months in which anything was ever counted, in order."""
    query = select(ledger_sum.c.month).distinct().order_by(ledger_sum.c.month)
    return [str(month) for month in connection.execute(query).scalars()]


def published_months(connection: Connection) -> frozenset[str]:
    """Return the months that have a release."""
    return frozenset(connection.execute(select(month_release.c.month).distinct()).scalars())


# --- for the writer -----------------------------------------------------------------------------------------


def insert(connection: Connection, made: Collection[tuple[MonthRelease, Mapping[CountPlace, int]]]) -> None:
    """Store releases with what they change, in the caller's transaction; zeros are left out."""
    _INSERT.run(connection, [_row(release) for release, _ in made])
    rows: Sequence[tuple[Any, ...]] = [
        (release.month, release.release, place.measure.value, place.area_id, place.category, change)
        for release, changes in made
        for place, change in changes.items()
        if change
    ]
    _INSERT_DIFFERENCE.run(connection, rows)


_PLACE: Final = (
    release_difference.c.measure,
    release_difference.c.area_id,
    release_difference.c.category,
    release_difference.c.month,
)


def _row(release: MonthRelease) -> tuple[Any, ...]:
    return (
        release.number,
        release.month,
        release.release,
        release.cutoff,
        release.entries,
        release.begin_us,
        release.end_us,
        release.zone[:64],
        release.published_us,
        release.actor[:64],
        release.reason,
    )


def _release(row: Any) -> MonthRelease:
    return MonthRelease(
        number=row.number,
        month=row.month,
        release=row.release,
        cutoff=row.cutoff,
        entries=row.entries,
        begin_us=row.begin_us,
        end_us=row.end_us,
        zone=row.zone,
        published_us=row.published_us,
        actor=row.actor,
        reason=row.reason,
    )


def _sum(row: Any) -> CountSum:
    place = CountPlace(measure=Measure(row[0]), area_id=AreaId(row[1]), category=row[2], month=row[3])
    return CountSum(place=place, total=int(row[4]))
