"""What rooms attested, and what the log holds of the records they spoke of."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, select

from patrol_wire.codec import decode_record
from patrol_wire.errors import WireError
from patrol_wire.ids import Stream
from patrol_wire.records import Alert, Flag
from relay.core.attesting import Attested, Doubt, Found, differing, missing_records
from relay.store.bulk import InsertMany
from relay.store.count_tables import attestation
from relay.store.tables import dead_letter, node_stream, record_log

# Attestations of a burst.
_INSERT: Final = InsertMany(attestation)
_ALERT_KINDS: Final = ("alert", "flag")


def of_days(connection: Connection, first: str, last: str, *, nodes: Sequence[str] | None = None) -> list[Attested]:
    """Return the attestations of these days, both included, in the order in which they came."""
    query = select(attestation).where(attestation.c.day >= first, attestation.c.day <= last)
    if nodes is not None:
        query = query.where(attestation.c.node.in_(nodes))
    return [_attested(row) for row in connection.execute(query.order_by(attestation.c.log_id))]


def as_now(connection: Connection, value: Attested) -> frozenset[Doubt]:
    """Return the doubts as they are now: records that were missing when it came may have arrived since."""
    if Doubt.MISSING not in value.doubts:
        return value.doubts
    found = in_log(connection, value.node, value.epoch, first_seq=value.first_seq, last_seq=value.last_seq)
    if missing_records(found, first_seq=value.first_seq, last_seq=value.last_seq):
        return value.doubts
    settled = value.doubts - {Doubt.MISSING}
    said = _said(connection, value.log_id)
    if said is None or differing(said, found.alerts):
        settled |= {Doubt.DIFFERS}
    return settled | ({Doubt.UNUSABLE} if found.unusable else set())


def previous_last_seq(connection: Connection, node: str, epoch: int) -> int | None:
    """Return up to where the room's latest attestation of this epoch reaches; None: it has none."""
    query = (
        select(attestation.c.last_seq)
        .where(attestation.c.node == node, attestation.c.epoch == epoch)
        .order_by(attestation.c.log_id.desc())
        .limit(1)
    )
    return connection.execute(query).scalar_one_or_none()


def has_another_epoch(connection: Connection, node: str, epoch: int) -> bool:
    """Tell whether the relay has alerts' streams of other outboxes of this room."""
    query = (
        select(func.count())
        .select_from(node_stream)
        .where(
            node_stream.c.node == node,
            node_stream.c.epoch != epoch,
            node_stream.c.stream == Stream.ALERTS.value,
            node_stream.c.stored_seq > 0,
        )
    )
    return int(connection.execute(query).scalar_one()) > 0


def in_log(connection: Connection, node: str, epoch: int, *, first_seq: int, last_seq: int) -> Found:
    """Return what the log holds of stream A's records in this range: reads each of them."""
    log = record_log.c
    mine = (
        log.node == node,
        log.epoch == epoch,
        log.stream == Stream.ALERTS.value,
        log.seq >= first_seq,
        log.seq <= last_seq,
    )
    records = int(connection.execute(select(func.count()).select_from(record_log).where(*mine)).scalar_one())
    bodies = select(log.body, dead_letter.c.log_id).outerjoin(dead_letter, dead_letter.c.log_id == log.log_id)
    alerts: Counter[str] = Counter()
    unusable = 0
    for body, dead in connection.execute(bodies.where(*mine, log.kind.in_(_ALERT_KINDS))):
        record = decode_record(bytes(body))
        if isinstance(record, Alert | Flag):
            alerts[record.category] += 1
            unusable += dead is not None
    return Found(records=records, alerts=dict(alerts), unusable=unusable)


# --- for the writer -----------------------------------------------------------------------------------------


def insert(connection: Connection, values: Sequence[Attested]) -> None:
    """Append attestations."""
    _INSERT.run(
        connection,
        [
            (
                value.log_id,
                value.node,
                value.epoch,
                value.day,
                value.first_seq,
                value.last_seq,
                value.alerts,
                value.refused,
                value.camera_seconds,
                value.found,
                value.unusable,
                value.missing,
                " ".join(sorted(value.doubts)),
                value.detail,
                value.received_us,
            )
            for value in values
        ],
    )


def _said(connection: Connection, log_id: int) -> dict[str, int] | None:
    """Return the figures of an attestation as the room sent them."""
    body = connection.execute(select(record_log.c.body).where(record_log.c.log_id == log_id)).scalar_one()
    try:
        record = decode_record(bytes(body))
    except WireError:
        return None
    return dict(getattr(record, "alerts", {}))


def _attested(row: Any) -> Attested:
    return Attested(
        log_id=row.log_id,
        node=row.node,
        epoch=row.epoch,
        day=row.day,
        first_seq=row.first_seq,
        last_seq=row.last_seq,
        alerts=row.alerts,
        refused=row.refused,
        camera_seconds=row.camera_seconds,
        found=row.found,
        unusable=row.unusable,
        missing=row.missing,
        doubts=frozenset(Doubt(word) for word in row.doubts.split()),
        detail=row.detail,
        received_us=row.received_us,
    )
