"""What rooms attest, and how long was watched and patrolled.

Revision 0102, after 0101.
"""

import sqlalchemy as sa
from alembic import op

revision = "0102"
down_revision = "0101"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create the tables; what came before was compared with nothing and watched by nobody, and shows so."""
    op.create_table(
        "attestation",
        sa.Column("log_id", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("first_seq", sa.BigInteger(), nullable=False),
        sa.Column("last_seq", sa.BigInteger(), nullable=False),
        sa.Column("alerts", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("camera_seconds", sa.BigInteger(), nullable=False),
        sa.Column("found", sa.BigInteger(), nullable=False),
        sa.Column("unusable", sa.BigInteger(), nullable=False),
        sa.Column("missing", sa.BigInteger(), nullable=False),
        sa.Column("doubts", sa.String(length=160), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("received_us", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["log_id"], ["record_log.log_id"], name=op.f("fk_attestation_log_id")),
        sa.PrimaryKeyConstraint("log_id", name=op.f("pk_attestation")),
    )
    op.create_index("ix_attestation_node", "attestation", ["node", "epoch", "log_id"])
    op.create_index("ix_attestation_day", "attestation", ["day"])
    op.create_table(
        "watch_mark",
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("until_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "name", name=op.f("pk_watch_mark")),
    )
    op.create_table(
        "room_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.Column("watched_us", sa.BigInteger(), nullable=False),
        sa.Column("camera_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "node", "area_id", name=op.f("pk_room_day")),
    )
    op.create_table(
        "unit_day",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("unit_id", sa.String(length=64), nullable=False),
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.Column("patrol_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "unit_id", "area_id", name=op.f("pk_unit_day")),
    )


def downgrade() -> None:
    """What rooms attested is not taken back; restore a backup instead."""
    raise NotImplementedError("0102 holds what rooms attested: restore a backup made before it")
