"""Releases of months: when each was published and what each changes.

Revision 0101, after 0002_media.
"""

import sqlalchemy as sa
from alembic import op

revision = "0101"
down_revision = "0002_media"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create both tables; every month begins unpublished."""
    op.create_table(
        "month_release",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("release", sa.Integer(), nullable=False),
        sa.Column("cutoff", sa.BigInteger(), nullable=False),
        sa.Column("entries", sa.BigInteger(), nullable=False),
        sa.Column("begin_us", sa.BigInteger(), nullable=False),
        sa.Column("end_us", sa.BigInteger(), nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("published_us", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_month_release")),
        sa.UniqueConstraint("month", "release", name=op.f("uq_month_release_month_release")),
    )
    op.create_table(
        "release_difference",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("release", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("measure", sa.String(length=16), nullable=False),
        sa.Column("area_id", sa.String(length=64), nullable=False),
        sa.Column("category", sa.String(length=64), nullable=False),
        sa.Column("change", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "month", "release", "measure", "area_id", "category", name=op.f("pk_release_difference")
        ),
    )


def downgrade() -> None:
    """Published releases cannot be taken back; restore a backup instead."""
    raise NotImplementedError("0101 holds published figures: restore a backup made before it")
