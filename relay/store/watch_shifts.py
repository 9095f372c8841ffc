"""Operators' shifts in the video rooms: what the rooms' shift logs came to."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, literal_column, select

from patrol_wire.ids import NodeName
from relay.core.watches import ShiftEnd, WatchShift
from relay.store.bulk import InsertMany, SelectIn, UpdateMany
from relay.store.watch_tables import watch_shift

_KEY: Final = ("node", "shift_id")
_CHANGED: Final = tuple(column.name for column in watch_shift.columns if column.name not in _KEY)
# Shifts that begin.
_INSERT: Final = InsertMany(watch_shift)
# Shifts in which a round was made, or that ended.
_UPDATE: Final = UpdateMany(watch_shift, changed=_CHANGED, key=_KEY)
# Shifts that are named, of any room: which of them is meant is judged by the caller.
_BY_ID: Final = SelectIn(select(watch_shift), watch_shift.c.shift_id)
_IS_OPEN: Final = watch_shift.c.end_kind == literal_column("''")
# Who is on watch in these rooms.
_OPEN_OF: Final = SelectIn(select(watch_shift).where(_IS_OPEN), watch_shift.c.node)


def load(connection: Connection, shift_ids: Iterable[str], nodes: Iterable[NodeName]) -> list[WatchShift]:
    """Return these shifts, and the open ones of these rooms."""
    rows = [*_BY_ID.run(connection, shift_ids), *_OPEN_OF.run(connection, nodes)]
    return list({(shift.node, shift.shift_id): shift for shift in map(_shift, rows)}.values())


def open_shifts(connection: Connection) -> list[WatchShift]:
    """Return who is on watch anywhere, those who began first first."""
    query = select(watch_shift).where(_IS_OPEN).order_by(watch_shift.c.began_us)
    return [_shift(row) for row in connection.execute(query)]


def last_rounds(connection: Connection, since_us: int) -> dict[NodeName, WatchShift]:
    """Return of each room the shift that made its newest round, of those that began at or after a moment."""
    query = (
        select(watch_shift)
        .where(watch_shift.c.began_us >= since_us, watch_shift.c.last_round_us.is_not(None))
        .order_by(watch_shift.c.last_round_us)
    )
    return {shift.node: shift for shift in (_shift(row) for row in connection.execute(query))}


def begun(connection: Connection, from_us: int, to_us: int, *, node: str | None = None) -> list[WatchShift]:
    """Return the shifts that began in [from, to), of one room or all, in the order in which they began."""
    query = select(watch_shift).where(watch_shift.c.began_us >= from_us, watch_shift.c.began_us < to_us)
    if node is not None:
        query = query.where(watch_shift.c.node == node)
    rows = connection.execute(query.order_by(watch_shift.c.began_us, watch_shift.c.node, watch_shift.c.shift_id))
    return [_shift(row) for row in rows]


# --- for the writer -----------------------------------------------------------------------------------------


def store(connection: Connection, fresh: Sequence[WatchShift], changed: Sequence[WatchShift]) -> None:
    """Add new shifts and what became of known ones."""
    _INSERT.run(connection, [(shift.node, shift.shift_id, *_facts(shift)) for shift in fresh])
    _UPDATE.run(connection, [(*_facts(shift), shift.node, shift.shift_id) for shift in changed])


def _facts(shift: WatchShift) -> tuple[Any, ...]:
    return (
        shift.epoch,
        shift.operator,
        shift.began_us,
        shift.ended_us,
        shift.end.value if shift.end is not None else "",
        shift.relieved_by,
        shift.rounds,
        shift.round_cameras,
        shift.round_seen,
        shift.last_round_us,
        shift.last_round_set,
        shift.last_round_cameras,
        shift.last_round_seen,
        msgspec.json.encode(dict(shift.figures)).decode(),
    )


def _shift(row: Any) -> WatchShift:
    return WatchShift(
        node=NodeName(row[0]),
        shift_id=row[1],
        epoch=row[2],
        operator=row[3],
        began_us=row[4],
        ended_us=row[5],
        end=ShiftEnd(row[6]) if row[6] else None,
        relieved_by=row[7],
        rounds=row[8],
        round_cameras=row[9],
        round_seen=row[10],
        last_round_us=row[11],
        last_round_set=row[12],
        last_round_cameras=row[13],
        last_round_seen=row[14],
        figures=msgspec.json.decode(row[15], type=dict[str, int]),
    )
