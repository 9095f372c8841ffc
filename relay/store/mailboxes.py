"""Mailboxes: what each unit is told, in order, and how far its terminal has come."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Connection, select

from patrol_wire.codec import decode_mailbox_entry
from patrol_wire.ids import UnitId
from patrol_wire.messages import MailboxEntry
from relay.store.bulk import InsertMany, SelectIn, SelectPairs, UpdateMany
from relay.store.tables import mailbox, mailbox_cursor

# New entries of a burst.
_INSERT: Final = InsertMany(mailbox)
# Units that are told something for the first time.
_INSERT_CURSOR: Final = InsertMany(mailbox_cursor)
# How far the mailboxes and terminals have come.
_UPDATE_CURSOR: Final = UpdateMany(mailbox_cursor, changed=("head", "sent", "delivered", "seen"), key=("unit_id",))
# The entries a burst told many units.
_AT_CURSORS: Final = SelectPairs(mailbox, key=("unit_id", "cursor"), columns=("unit_id", "cursor", "body"))
# The marks of the units a burst tells something.
_CURSORS: Final = SelectIn(select(mailbox_cursor), mailbox_cursor.c.unit_id)


class MailboxMarks(Struct, frozen=True, kw_only=True):
    """The last entry of a unit's mailbox, and the last that was sent, delivered and seen."""

    unit_id: UnitId
    head: int = 0
    sent: int = 0
    delivered: int = 0
    seen: int = 0


def page_after(connection: Connection, unit_id: str, cursor: int, *, limit: int = 256) -> list[MailboxEntry]:
    """Return the unit's entries after a cursor, in order: what its terminal missed."""
    query = (
        select(mailbox.c.body)
        .where(mailbox.c.unit_id == unit_id, mailbox.c.cursor > cursor)
        .order_by(mailbox.c.cursor)
        .limit(limit)
    )
    return [decode_mailbox_entry(body) for body in connection.execute(query).scalars()]


def newest_of_dispatches(connection: Connection, unit_id: str, *, upto: int, limit: int = 1_000) -> list[MailboxEntry]:
    """Return the unit's last entries up to a cursor, the newest first; a snapshot takes the first per dispatch."""
    query = (
        select(mailbox.c.body)
        .where(mailbox.c.unit_id == unit_id, mailbox.c.cursor <= upto)
        .order_by(mailbox.c.cursor.desc())
        .limit(limit)
    )
    return [decode_mailbox_entry(body) for body in connection.execute(query).scalars()]


def entries_between(connection: Connection, missing: Mapping[UnitId, range]) -> dict[UnitId, list[MailboxEntry]]:
    """Return the entries at these cursors of each unit, in order: what a burst told many units, in few queries."""
    wanted = [(unit_id, cursor) for unit_id, cursors in missing.items() for cursor in cursors]
    found: dict[UnitId, dict[int, MailboxEntry]] = {}
    for unit_id, cursor, body in _AT_CURSORS.run(connection, wanted):
        entries = found.setdefault(unit_id, {})
        if cursor not in entries:  # one may come more than once
            entries[cursor] = decode_mailbox_entry(body)
    return {unit_id: [entries[cursor] for cursor in sorted(entries)] for unit_id, entries in found.items()}


def marks_of(connection: Connection, unit_id: str) -> MailboxMarks:
    """Return how far one mailbox and its terminal have come; zeros for a unit never told anything."""
    return load_marks(connection, (unit_id,)).get(UnitId(unit_id)) or MailboxMarks(unit_id=UnitId(unit_id))


def heads_after(connection: Connection, known: Iterable[tuple[str, int]]) -> dict[UnitId, int]:
    """Return the head of each mailbox that has grown beyond the cursor known for it: the poll beside the hints."""
    cursors = dict(known)
    return {UnitId(row[0]): row[1] for row in _CURSORS.run(connection, cursors) if row[1] > cursors[row[0]]}


# --- for the writer -----------------------------------------------------------------------------------------


def load_marks(connection: Connection, unit_ids: Iterable[str]) -> dict[UnitId, MailboxMarks]:
    """Return the marks of units; those never told anything are missing."""
    return {(marks := _marks(row)).unit_id: marks for row in _CURSORS.run(connection, unit_ids)}


def insert(connection: Connection, rows: Sequence[tuple[str, int, int, bool, bytes]]) -> None:
    """Append entries: unit, cursor, time, page, body."""
    _INSERT.run(connection, rows)


def insert_marks(connection: Connection, marks: Sequence[MailboxMarks]) -> None:
    """Open the mailboxes of units that are told something for the first time."""
    _INSERT_CURSOR.run(connection, [(mark.unit_id, mark.head, mark.sent, mark.delivered, mark.seen) for mark in marks])


def update_marks(connection: Connection, marks: Sequence[MailboxMarks]) -> None:
    """Store how far known mailboxes have come."""
    _UPDATE_CURSOR.run(connection, [(mark.head, mark.sent, mark.delivered, mark.seen, mark.unit_id) for mark in marks])


def _marks(row: Any) -> MailboxMarks:
    return MailboxMarks(unit_id=UnitId(row[0]), head=row[1], sent=row[2], delivered=row[3], seen=row[4])
