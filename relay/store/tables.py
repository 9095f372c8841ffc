"""The tables of the relay's store (SQLAlchemy Core); migrations in relay/store/migrations make the same schema.

Times are microseconds UTC. Closed sets are text with the words of the wire. Append-only: record_log, dead_letter,
incident_history, mailbox, ledger, command. ``sequence_head`` gives gapless numbers in commit order, because an
identity column commits out of order on PostgreSQL and a reader behind a cursor would skip rows.
"""

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

metadata: Final = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)
# A plain INTEGER primary key is the row id of SQLite; PostgreSQL gets 64 bits.
Number: Final = BigInteger().with_variant(Integer(), "sqlite")


def _time(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


sequence_head: Final = Table(
    "sequence_head",
    metadata,
    # The last number given out for record_log, incident_history, notification, timer and ledger.
    Column("name", String(32), primary_key=True),
    Column("head", BigInteger, nullable=False),
)

node_stream: Final = Table(
    "node_stream",
    metadata,
    # How far each stream of each outbox is durable: the high-water mark that never expires.
    Column("node", String(64), primary_key=True),
    Column("epoch", BigInteger, primary_key=True, autoincrement=False),
    Column("stream", String(1), primary_key=True),
    Column("stored_seq", BigInteger, nullable=False),
    Column("chain", LargeBinary(8), nullable=False),
    Column("base_seq", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    _time("last_seen_us"),
)

record_log: Final = Table(
    "record_log",
    metadata,
    # Every record exactly as received: what counts can be rebuilt from.
    Column("log_id", Number, primary_key=True, autoincrement=False),
    Column("node", String(64), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("stream", String(1), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", String(24), nullable=False),
    _time("received_us"),
    Column("body", LargeBinary, nullable=False),
    Column("chain", LargeBinary(8), nullable=False),
    UniqueConstraint("node", "epoch", "stream", "seq"),
)

dead_letter: Final = Table(
    "dead_letter",
    metadata,
    # Records that were acknowledged but could not be used; people look at them.
    Column("log_id", Number, ForeignKey("record_log.log_id"), primary_key=True, autoincrement=False),
    Column("reason", String(64), nullable=False),
    Column("detail", Text, nullable=False),
)

alert: Final = Table(
    "alert",
    metadata,
    # What rooms raised; immutable but for incident_id, judgement, verified, ended_us and clip.
    Column("alert_id", String(36), primary_key=True),
    Column("log_id", Number, ForeignKey("record_log.log_id"), nullable=False),
    Column("source", String(16), nullable=False),
    Column("node", String(64), nullable=False),
    Column("camera", String(64), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("category", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("forward", String(16), nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("label", String(64), nullable=False),
    _time("raised_us"),
    _time("started_us"),
    _time("ended_us", nullable=True),
    _time("notify_until_us"),
    Column("lon", Float(53), nullable=False),
    Column("lat", Float(53), nullable=False),
    Column("area_id", String(64), nullable=False),
    Column("incident_id", String(36), nullable=True),
    Column("judgement", String(16), nullable=True),
    Column("note", Text, nullable=False),
    Column("snapshot", String(64), nullable=True),
    Column("clip", String(64), nullable=True),
    Column("twin_of", String(36), nullable=True),
)
Index("ix_alert_incident_id", alert.c.incident_id, alert.c.started_us)

incident: Final = Table(
    "incident",
    metadata,
    # What happened: the unit of count and of work.
    Column("incident_id", String(36), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("category", String(64), nullable=False),
    Column("family", String(64), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("area_id", String(64), nullable=False),
    Column("lon", Float(53), nullable=False),
    Column("lat", Float(53), nullable=False),
    Column("cell", BigInteger, nullable=False),
    Column("month", String(7), nullable=False),
    Column("node", String(64), nullable=False),
    Column("camera", String(64), nullable=False),
    _time("first_alert_us"),
    _time("last_alert_us"),
    _time("opened_us"),
    _time("updated_us"),
    _time("notify_until_us"),
    Column("alert_count", BigInteger, nullable=False),
    Column("live_alerts", BigInteger, nullable=False),
    Column("verified", Boolean, nullable=False),
    Column("direct", Boolean, nullable=False),
    Column("counted", Boolean, nullable=False),
    Column("outcome", String(16), nullable=True),
    Column("owner", String(64), nullable=False),
    Column("escalation_level", Integer, nullable=False),
    Column("merged_into", String(36), nullable=True),
    Column("shared", Boolean, nullable=False, server_default=false()),
    Column("owned_us", BigInteger, nullable=False, server_default="0"),
    Column("wanted_units", Integer, nullable=False, server_default="1"),
    Column("look_us", BigInteger, nullable=False, server_default="0"),
    Column("basis", Integer, nullable=False, server_default="0"),
    Column("area_given", Boolean, nullable=False, server_default=false()),
)
# Which open incidents lie near a new alert; partial, so that a million finished ones cost nothing.
Index(
    "ix_incident_near",
    incident.c.cell,
    incident.c.last_alert_us,
    sqlite_where=text("is_open = 1"),
    postgresql_where=text("is_open"),
)
# What ended where an alert comes from.
Index(
    "ix_incident_ended",
    incident.c.cell,
    incident.c.last_alert_us,
    sqlite_where=text("is_open = 0"),
    postgresql_where=text("NOT is_open"),
)
# The desk's queue, and the list by time.
Index("ix_incident_opened_us", incident.c.opened_us)
Index(
    "ix_incident_open_queue",
    incident.c.opened_us,
    incident.c.incident_id,
    sqlite_where=text("is_open = 1"),
    postgresql_where=text("is_open"),
)

incident_history: Final = Table(
    "incident_history",
    metadata,
    # Who did what to an incident, when and why; append-only.
    Column("history_id", Number, primary_key=True, autoincrement=False),
    Column("incident_id", String(36), ForeignKey("incident.incident_id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    _time("at_us"),
    Column("actor", String(64), nullable=False),
    Column("change", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", Text, nullable=False),
)
Index("ix_incident_history_incident_id", incident_history.c.incident_id)

dispatch: Final = Table(
    "dispatch",
    metadata,
    # One unit asked for one incident.
    Column("dispatch_id", String(36), primary_key=True),
    Column("incident_id", String(36), ForeignKey("incident.incident_id"), nullable=False),
    Column("unit_id", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("level", Integer, nullable=False),
    Column("reason", Text, nullable=False),
    _time("offered_us"),
    _time("answer_by_us"),
    _time("accepted_us", nullable=True),
    _time("en_route_us", nullable=True),
    _time("on_scene_us", nullable=True),
    _time("cleared_us", nullable=True),
    _time("ended_us", nullable=True),
    Column("outcome", String(16), nullable=True),
    Column("note", Text, nullable=False),
    Column("handing_over", Boolean, nullable=False, server_default=false()),
    Column("checked_us", BigInteger, nullable=True),
)
Index("ix_dispatch_incident_id", dispatch.c.incident_id)
# A unit's open dispatches: the snapshot of its terminal.
Index(
    "ix_dispatch_unit_open",
    dispatch.c.unit_id,
    sqlite_where=text("ended_us IS NULL"),
    postgresql_where=text("ended_us IS NULL"),
)

mailbox: Final = Table(
    "mailbox",
    metadata,
    # What a unit is told, in order; a terminal resumes after its cursor.
    Column("unit_id", String(64), primary_key=True),
    Column("cursor", BigInteger, primary_key=True, autoincrement=False),
    _time("at_us"),
    Column("page", Boolean, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

mailbox_cursor: Final = Table(
    "mailbox_cursor",
    metadata,
    # How far a unit's mailbox goes, and how far its terminal has come.
    Column("unit_id", String(64), primary_key=True),
    Column("head", BigInteger, nullable=False),
    Column("sent", BigInteger, nullable=False),
    Column("delivered", BigInteger, nullable=False),
    Column("seen", BigInteger, nullable=False),
)

notification: Final = Table(
    "notification",
    metadata,
    # One attempt to tell one recipient over one channel.
    Column("notification_id", Number, primary_key=True, autoincrement=False),
    Column("incident_id", String(36), ForeignKey("incident.incident_id"), nullable=False),
    Column("dispatch_id", String(36), nullable=True),
    Column("recipient", String(64), nullable=False),
    Column("channel", String(16), nullable=False),
    Column("mailbox_cursor", BigInteger, nullable=True),
    Column("state", String(24), nullable=False),
    Column("reason", Text, nullable=False),
    _time("planned_us"),
    _time("sent_us", nullable=True),
    _time("delivered_us", nullable=True),
    _time("seen_us", nullable=True),
)
Index("ix_notification_incident_id", notification.c.incident_id)
# Receipts name a mailbox cursor.
Index(
    "ix_notification_mailbox",
    notification.c.recipient,
    notification.c.mailbox_cursor,
    sqlite_where=text("mailbox_cursor IS NOT NULL"),
    postgresql_where=text("mailbox_cursor IS NOT NULL"),
)

timer: Final = Table(
    "timer",
    metadata,
    # What must be looked at again and when; durable, so a restart forgets nothing.
    Column("timer_id", Number, primary_key=True, autoincrement=False),
    _time("due_us"),
    Column("kind", String(16), nullable=False),
    Column("incident_id", String(36), ForeignKey("incident.incident_id"), nullable=False),
    Column("fence", BigInteger, nullable=False),
)
Index("ix_timer_due_us", timer.c.due_us)

command: Final = Table(
    "command",
    metadata,
    # What people asked for and what they were answered: a replay has no second effect.
    Column("command_id", String(36), primary_key=True),
    Column("actor", String(64), nullable=False),
    Column("step", String(24), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("result", String(16), nullable=False),
    Column("reason", Text, nullable=False),
    Column("dispatch_state", String(16), nullable=False),
    Column("incident_state", String(16), nullable=False),
    Column("revision", BigInteger, nullable=False),
    _time("at_us"),
)

ledger: Final = Table(
    "ledger",
    metadata,
    # The counts: append-only; a correction is a new line with the opposite sign.
    Column("cursor", Number, primary_key=True, autoincrement=False),
    Column("entry_id", String(32), nullable=False, unique=True),
    Column("incident_id", String(36), ForeignKey("incident.incident_id"), nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("measure", String(16), nullable=False),
    Column("area_id", String(64), nullable=False),
    Column("category", String(64), nullable=False),
    Column("month", String(7), nullable=False),
    Column("count", Integer, nullable=False),
    Column("reason", String(64), nullable=False),
    _time("recorded_us"),
)

# What one incident wrote, for its page and for verification.
Index("ix_ledger_incident_id", ledger.c.incident_id)

ledger_sum: Final = Table(
    "ledger_sum",
    metadata,
    # Running sums of the ledger, kept in the same transaction, so that showing counts never reads all of it.
    Column("measure", String(16), primary_key=True),
    Column("area_id", String(64), primary_key=True),
    Column("category", String(64), primary_key=True),
    Column("month", String(7), primary_key=True),
    Column("total", BigInteger, nullable=False),
)

unit: Final = Table(
    "unit",
    metadata,
    # Where each unit is and what it does now; the roster is the city's.
    Column("unit_id", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("force", String(24), nullable=False),
    Column("town_id", String(64), nullable=False),
    Column("beat_id", String(64), nullable=True),
    Column("on_duty", Boolean, nullable=False),
    Column("activity", String(16), nullable=False),
    Column("dispatch_id", String(36), nullable=True),
    Column("lon", Float(53), nullable=True),
    Column("lat", Float(53), nullable=True),
    _time("fix_us", nullable=True),
    Column("accuracy_m", Float(53), nullable=True),
    _time("last_seen_us", nullable=True),
    _time("duty_us", nullable=True),
    # Number of its last change: whoever keeps an image of the force reads what changed since (store/unit_image.py).
    Column("change_no", BigInteger, nullable=False, server_default="0", index=True),
)

room: Final = Table(
    "room",
    metadata,
    # The rooms and when they were last heard of.
    Column("node", String(64), primary_key=True),
    Column("title", Text, nullable=False),
    Column("tier", String(16), nullable=False),
    Column("town_id", String(64), nullable=True),
    Column("area_id", String(64), nullable=True),
    Column("lon", Float(53), nullable=False),
    Column("lat", Float(53), nullable=False),
    _time("last_seen_us", nullable=True),
    Column("presence", String(16), nullable=False),
)

KEYED_ON_SQLITE_ALONE: Final = (alert, incident_history, dispatch, notification, timer, ledger)
"""Tables of every alert: on PostgreSQL checking their foreign keys cost a third of the server's time, so there the keys
are left out; on SQLite the writer does not enforce them. reconcile.py finds orphans (docs/adr/0005-postgresql.md)."""
for _table in KEYED_ON_SQLITE_ALONE:
    for _key in _table.foreign_key_constraints:
        _key.ddl_if(dialect="sqlite")

SEQUENCES: Final = (
    record_log.name,
    incident_history.name,
    notification.name,
    timer.name,
    ledger.name,
    "month_release",  # relay/store/count_tables.py
)
"""Tables numbered through sequence_head."""
UNIT_CHANGE: Final = "unit_change"
"""In sequence_head too: how many changes of units there were; they number no rows, only who is newer than whom."""
OPEN_CHANGE: Final = "open_change"
"""In sequence_head too: how many transactions changed what is open before units."""

__all__ = [
    "OPEN_CHANGE",
    "SEQUENCES",
    "UNIT_CHANGE",
    "alert",
    "command",
    "dead_letter",
    "dispatch",
    "incident",
    "incident_history",
    "ledger",
    "ledger_sum",
    "mailbox",
    "mailbox_cursor",
    "metadata",
    "node_stream",
    "notification",
    "record_log",
    "room",
    "sequence_head",
    "timer",
    "unit",
]
