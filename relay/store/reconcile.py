"""Does the store agree with itself: what every fault test, the demo's report and ``verify`` ask.

Reads whole tables, so never on a hot path. Each difference is one sentence; an empty list means it reconciles.
"""

from collections import Counter
from typing import Final

from sqlalchemy import Connection, and_, func, select

from patrol_wire.chain import CHAIN_START, chain_link
from patrol_wire.ids import Measure
from relay.core.counting import CountPlace, qualifies
from relay.core.incidents import OPEN_STATES
from relay.store import ledger as ledger_store
from relay.store import releases
from relay.store.incidents import FIELDS, incident_of
from relay.store.tables import (
    KEYED_ON_SQLITE_ALONE,
    alert,
    incident,
    ledger,
    ledger_sum,
    mailbox,
    mailbox_cursor,
    node_stream,
    record_log,
)

_SHOWN: Final = 20
"""Differences of one kind that are spelled out."""
_ROWS: Final = 1_000
"""Rows of the log in memory at a time."""


def differences(connection: Connection) -> list[str]:
    """Return every disagreement found in one read transaction; call it with a connection that has begun one."""
    return [
        *_counts(connection),
        *_releases(connection),
        *_streams(connection),
        *_orphans(connection),
        *_alerts(connection),
        *_incidents(connection),
        *_mailboxes(connection),
    ]


def _counts(connection: Connection) -> list[str]:
    """Ledger lines, running sums and qualifying incidents say the same for every place."""
    expected: dict[CountPlace, int] = {}
    for row in connection.execute(select(*FIELDS), execution_options={"yield_per": _ROWS}):
        value = incident_of(row)
        for measure in Measure:
            if qualifies(value, measure):
                place = CountPlace(measure=measure, area_id=value.area_id, category=value.category, month=value.month)
                expected[place] = expected.get(place, 0) + 1
    keys = (ledger.c.measure, ledger.c.area_id, ledger.c.category, ledger.c.month)
    written = {
        CountPlace(measure=Measure(row[0]), area_id=row[1], category=row[2], month=row[3]): int(row[4])
        for row in connection.execute(select(*keys, func.sum(ledger.c.count)).group_by(*keys))
    }
    kept = {
        CountPlace(measure=Measure(row[0]), area_id=row[1], category=row[2], month=row[3]): int(row[4])
        for row in connection.execute(select(ledger_sum))
    }
    found = [
        f"{place.measure} {place.area_id} {place.category} {place.month}: {expected.get(place, 0)} incidents qualify, "
        f"the ledger says {written.get(place, 0)}, its sums say {kept.get(place, 0)}"
        for place in sorted(expected.keys() | written.keys() | kept.keys())
        if not expected.get(place, 0) == written.get(place, 0) == kept.get(place, 0)
    ]
    lines, head = connection.execute(select(func.count(), func.coalesce(func.max(ledger.c.cursor), 0))).one()
    if lines != head:
        found.append(f"the ledger has {lines} lines but its last cursor is {head}")
    return found[:_SHOWN]


def _releases(connection: Connection) -> list[str]:
    """Releases have no holes, each changes what its lines say, and the newest says what the sums of its month say."""
    found: list[str] = []
    known = releases.listed(connection)
    if [each.number for each in known] != list(range(1, len(known) + 1)):
        found.append(f"{len(known)} releases, but their numbers are not 1 to {len(known)}")
    kept = {
        CountPlace(measure=Measure(row[0]), area_id=row[1], category=row[2], month=row[3]): int(row[4])
        for row in connection.execute(select(ledger_sum))
    }
    for month in sorted({each.month for each in known}):
        mine = [each for each in known if each.month == month]
        if [each.release for each in mine] != list(range(1, len(mine) + 1)):
            found.append(f"{month}: its releases are not 1 to {len(mine)}")
        written = ledger_store.changes_by_cutoff(connection, month, [each.cutoff for each in mine])
        for each, (lines, changes) in zip(mine, written, strict=False):
            said = {each.place: each.total for each in releases.difference(connection, month, each.release)}
            if changes != said:
                found.append(f"{month} release {each.release}: says {len(said)} changes, its lines say {len(changes)}")
            if lines != each.entries:
                found.append(f"{month} release {each.release}: says {each.entries} lines, the ledger has {lines}")
        newest = {each.place: each.total for each in releases.figures(connection, month, mine[-1].release)}
        found.extend(
            f"{place.measure} {place.area_id} {place.category} {month}: release {mine[-1].release} says "
            f"{newest.get(place, 0)}, the sums say {kept.get(place, 0)}"
            for place in sorted(newest.keys() | {place for place in kept if place.month == month})
            if newest.get(place, 0) != kept.get(place, 0)
        )
    return found[:_SHOWN]


def _streams(connection: Connection) -> list[str]:
    """The high-water mark of each stream is its last record, nothing is missing, and the chain follows."""
    found: list[str] = []
    for row in connection.execute(select(node_stream)).all():
        name = f"{row.node} epoch {row.epoch} stream {row.stream}"
        log = connection.execute(
            select(record_log.c.seq, record_log.c.chain, record_log.c.body)
            .where(
                record_log.c.node == row.node,
                record_log.c.epoch == row.epoch,
                record_log.c.stream == row.stream,
                record_log.c.seq > row.base_seq,
            )
            .order_by(record_log.c.seq),
            execution_options={"yield_per": _ROWS},  # a server would else send the whole stream at once
        )
        seq, chain = row.base_seq, CHAIN_START if row.base_seq == 0 else None
        for record in log:
            if record.seq != seq + 1:
                found.append(f"{name}: record {seq + 1} is missing, next is {record.seq}")
            if chain is not None and chain_link(chain, record.body) != record.chain:
                found.append(f"{name}: the chain breaks at record {record.seq}")
            seq, chain = record.seq, bytes(record.chain)
        if seq != row.stored_seq:
            found.append(f"{name}: stored up to {row.stored_seq}, the log ends at {seq}")
        if chain is not None and chain != bytes(row.chain):
            found.append(f"{name}: the stored chain value is not that of record {seq}")
    orphans = connection.execute(
        select(func.count())
        .select_from(record_log)
        .outerjoin(
            node_stream,
            and_(
                node_stream.c.node == record_log.c.node,
                node_stream.c.epoch == record_log.c.epoch,
                node_stream.c.stream == record_log.c.stream,
            ),
        )
        .where(node_stream.c.node.is_(None))
    ).scalar_one()
    if orphans:
        found.append(f"{orphans} records belong to no stream")
    return found[:_SHOWN]


def _orphans(connection: Connection) -> list[str]:
    """Every row has its parent, also where the database does not see to it."""
    found: list[str] = []
    if connection.dialect.name == "sqlite":
        known = {table.name for table in KEYED_ON_SQLITE_ALONE}  # said below, with what the first of them names
        lost = Counter(
            (row[0], row[2]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check") if row[0] not in known
        )
        found.extend(f"{child}: {count} rows without {parent}" for (child, parent), count in sorted(lost.items()))
    for table in KEYED_ON_SQLITE_ALONE:
        for key in table.foreign_keys:
            parent = key.column
            lonely = connection.execute(
                select(func.count(), func.min(key.parent))
                .select_from(table)
                .outerjoin(parent.table, parent == key.parent)
                .where(parent.is_(None))
            ).one()
            if lonely[0]:
                name = f"{key.parent.name} {lonely[1]}"
                found.append(f"{table.name}: {lonely[0]} rows without {parent.table.name}, the first names {name}")
    return found


def _alerts(connection: Connection) -> list[str]:
    """Every incident knows how many alerts it has."""
    found: list[str] = []
    linked = func.count(alert.c.alert_id)
    wrong = connection.execute(
        select(incident.c.incident_id, incident.c.alert_count, linked)
        .outerjoin(alert, and_(alert.c.incident_id == incident.c.incident_id, alert.c.twin_of.is_(None)))
        .group_by(incident.c.incident_id, incident.c.alert_count)
        .having(linked != incident.c.alert_count)
        .limit(_SHOWN)
    )
    found.extend(f"incident {row[0]}: says {row[1]} alerts, {row[2]} are linked" for row in wrong)
    return found


def _incidents(connection: Connection) -> list[str]:
    """The flag that the partial indexes rest on follows the state."""
    states = [state.value for state in OPEN_STATES]
    wrong = connection.execute(
        select(func.count()).where(incident.c.state.in_(states) != incident.c.is_open)
    ).scalar_one()
    return [f"{wrong} incidents have a wrong is_open"] if wrong else []


def _mailboxes(connection: Connection) -> list[str]:
    """Each mailbox ends where its head says, without holes."""
    query = (
        select(
            mailbox_cursor.c.unit_id, mailbox_cursor.c.head, func.count(mailbox.c.cursor), func.max(mailbox.c.cursor)
        )
        .outerjoin(mailbox, mailbox.c.unit_id == mailbox_cursor.c.unit_id)
        .group_by(mailbox_cursor.c.unit_id, mailbox_cursor.c.head)
    )
    return [
        f"mailbox of {row[0]}: head {row[1]}, {row[2]} entries, last {row[3]}"
        for row in connection.execute(query)
        if not row[1] == row[2] == (row[3] or 0)
    ][:_SHOWN]
