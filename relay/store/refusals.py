"""Who was refused what, by hour: adds up over restarts and relays, and is bounded."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from relay.core.refusals import HOUR_US, RefusalTally, merged_tallies
from relay.store.bulk_postgresql import is_postgresql
from relay.store.peer_tables import refusal

KEPT_US: Final = 30 * 24 * HOUR_US
MOST_IN_AN_HOUR: Final = 2_000
"""Lines of one hour; policy when full: further peers of the hour are counted together."""
_COLUMNS: Final = tuple(column.name for column in refusal.columns)


def add(connection: Connection, tallies: Sequence[RefusalTally], now_us: int) -> None:
    """Add to what is stored, and forget what is older than KEPT_US."""
    connection.execute(delete(refusal).where(refusal.c.hour_us < now_us - KEPT_US))
    for hour_us in {each.hour_us for each in tallies}:
        known = _lines_of(connection, hour_us)
        most = max(len(known), MOST_IN_AN_HOUR)
        stored = {key: RefusalTally(*key, 0, now_us, 0, "") for key in known}
        fresh = [each for each in tallies if each.hour_us == hour_us]
        _upsert(connection, [each for each in merged_tallies(stored, fresh, most=most).values() if each.times])


def since(connection: Connection, from_us: int, *, limit: int) -> list[RefusalTally]:
    """Return the lines whose hour began at ``from_us`` or later, the latest first."""
    query = select(refusal).where(refusal.c.hour_us >= from_us)
    query = query.order_by(refusal.c.hour_us.desc(), refusal.c.times.desc(), refusal.c.peer, refusal.c.code)
    return [RefusalTally(*row) for row in connection.execute(query.limit(limit))]


def count_since(connection: Connection, from_us: int) -> int:
    """Return how many lines there are since then."""
    query = select(func.count()).select_from(refusal).where(refusal.c.hour_us >= from_us)
    return int(connection.execute(query).scalar_one())


def _lines_of(connection: Connection, hour_us: int) -> set[tuple[int, str, str, str]]:
    query = select(refusal.c.hour_us, refusal.c.gate, refusal.c.peer, refusal.c.code)
    return {(row[0], row[1], row[2], row[3]) for row in connection.execute(query.where(refusal.c.hour_us == hour_us))}


def _upsert(connection: Connection, tallies: Sequence[RefusalTally]) -> None:
    """Another relay may have begun the line meanwhile: the database adds."""
    if not tallies:
        return
    insert = postgresql.insert(refusal) if is_postgresql(connection) else sqlite.insert(refusal)
    statement = insert.on_conflict_do_update(
        index_elements=[refusal.c.hour_us, refusal.c.gate, refusal.c.peer, refusal.c.code],
        set_={
            "times": refusal.c.times + insert.excluded.times,
            "last_us": insert.excluded.last_us,
            "detail": func.coalesce(func.nullif(insert.excluded.detail, ""), refusal.c.detail),
        },
    )
    connection.execute(statement, [dict(zip(_COLUMNS, _storable(each), strict=True)) for each in tallies])


def _storable(each: RefusalTally) -> RefusalTally:
    """PostgreSQL holds no NUL in a text, and what a peer sent may hold one."""
    return each._replace(detail=each.detail.replace("\0", "�")[:500])
