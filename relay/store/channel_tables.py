"""The tables of the channels: what is to be sent, what each attempt came to, and who subscribed to Web Push.

Append-only: channel_attempt (an attempt's end is written once).
"""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text, text

from relay.store.tables import Number, metadata, notification

channel_job: Final = Table(
    "channel_job",
    metadata,
    # How a notification of a channel is sent: to whom, when, how often tried, who has it in hand.
    Column(
        "notification_id", Number, ForeignKey(notification.c.notification_id), primary_key=True, autoincrement=False
    ),
    Column("channel", String(16), nullable=False),
    Column("receiver", String(64), nullable=False),
    Column("lane", String(80), nullable=False),
    Column("target", String(64), nullable=False),
    Column("incident_id", String(36), nullable=False),
    Column("dispatch_id", String(36), nullable=True),
    Column("occasion", String(16), nullable=False),
    Column("ladder", BigInteger, nullable=False),
    Column("rung", Integer, nullable=False),
    Column("planned_us", BigInteger, nullable=False),
    Column("due_us", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("held_by", String(64), nullable=False),
    Column("held_until_us", BigInteger, nullable=False),
    Column("done", Boolean, nullable=False),
    Column("came_to", Text, nullable=False),
)
# What is to be sent, lane by lane; partial, so that what was sent costs nothing.
Index(
    "ix_channel_job_waiting",
    channel_job.c.lane,
    channel_job.c.due_us,
    sqlite_where=text("done = 0"),
    postgresql_where=text("NOT done"),
)
# The rungs of a ladder.
Index("ix_channel_job_ladder", channel_job.c.ladder)
# The newest news of an incident.
Index("ix_channel_job_incident_id", channel_job.c.incident_id)

channel_attempt: Final = Table(
    "channel_attempt",
    metadata,
    # Each try to send: noted before it begins, so that one cut short by a crash is seen as such.
    Column(
        "notification_id", Number, ForeignKey(notification.c.notification_id), primary_key=True, autoincrement=False
    ),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("relay", String(64), nullable=False),
    Column("began_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("verdict", String(24), nullable=False),
    Column("reason", Text, nullable=False),
    Column("receipt", Text, nullable=False),
)

push_subscription: Final = Table(
    "push_subscription",
    metadata,
    # Browsers and phones that may be woken, by whom they belong to.
    Column("subscription_id", String(64), primary_key=True),
    Column("unit_id", String(64), nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("p256dh", String(128), nullable=False),
    Column("auth", String(64), nullable=False),
    Column("created_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("reason", Text, nullable=False),
)
# The subscriptions a unit has.
Index(
    "ix_push_subscription_unit_id",
    push_subscription.c.unit_id,
    sqlite_where=text("ended_us IS NULL"),
    postgresql_where=text("ended_us IS NULL"),
)

cap_message: Final = Table(
    "cap_message",
    metadata,
    # Every CAP message that was issued, by incident: what later ones refer to; append-only.
    Column("notification_id", Number, primary_key=True, autoincrement=False),
    Column("incident_id", String(36), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("sent_us", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
)
Index("ix_cap_message_incident_id", cap_message.c.incident_id)
