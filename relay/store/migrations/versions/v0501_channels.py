"""Channels: what is to be sent, what each attempt came to, push subscriptions, CAP messages.

Revision 0501, after 0303.
"""

import sqlalchemy as sa
from alembic import op

revision = "0501"
down_revision = "0303"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables; what was planned before had no other channel than mailbox and desk."""
    op.create_table(
        "channel_job",
        sa.Column("notification_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("receiver", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.String(length=80), nullable=False),
        sa.Column("target", sa.String(length=64), nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("dispatch_id", sa.String(length=36), nullable=True),
        sa.Column("occasion", sa.String(length=16), nullable=False),
        sa.Column("ladder", sa.BigInteger(), nullable=False),
        sa.Column("rung", sa.Integer(), nullable=False),
        sa.Column("planned_us", sa.BigInteger(), nullable=False),
        sa.Column("due_us", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("held_by", sa.String(length=64), nullable=False),
        sa.Column("held_until_us", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("came_to", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.notification_id"], name=op.f("fk_channel_job_notification_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_channel_job")),
    )
    op.create_index(
        "ix_channel_job_waiting",
        "channel_job",
        ["lane", "due_us"],
        sqlite_where=sa.text("done = 0"),
        postgresql_where=sa.text("NOT done"),
    )
    op.create_index("ix_channel_job_ladder", "channel_job", ["ladder"])
    op.create_index("ix_channel_job_incident_id", "channel_job", ["incident_id"])
    op.create_table(
        "channel_attempt",
        sa.Column("notification_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("relay", sa.String(length=64), nullable=False),
        sa.Column("began_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["notification_id"], ["notification.notification_id"], name=op.f("fk_channel_attempt_notification_id")
        ),
        sa.PrimaryKeyConstraint("notification_id", "number", name=op.f("pk_channel_attempt")),
    )
    _subscriptions()


def _subscriptions() -> None:
    op.create_table(
        "push_subscription",
        sa.Column("subscription_id", sa.String(length=64), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.String(length=128), nullable=False),
        sa.Column("auth", sa.String(length=64), nullable=False),
        sa.Column("created_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", name=op.f("pk_push_subscription")),
    )
    op.create_index(
        "ix_push_subscription_unit_id",
        "push_subscription",
        ["unit_id"],
        sqlite_where=sa.text("ended_us IS NULL"),
        postgresql_where=sa.text("ended_us IS NULL"),
    )
    op.create_table(
        "cap_message",
        sa.Column("notification_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("incident_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sent_us", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("notification_id", name=op.f("pk_cap_message")),
    )
    op.create_index("ix_cap_message_incident_id", "cap_message", ["incident_id"])


def downgrade() -> None:
    """What was told to whom is not taken back; restore a backup instead."""
    raise NotImplementedError("0501 holds what was told to whom: restore a backup made before it")
