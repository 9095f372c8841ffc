"""Operators' shifts in the video rooms, for the centre's board and the city's assessment.

Revision 0801, after 0701. Shifts told before stay in the log of records and are not read back from it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0801"
down_revision = "0701"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "watch_shift",
        sa.Column("node", sa.String(64), nullable=False),
        sa.Column("shift_id", sa.String(36), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(64), nullable=False),
        sa.Column("began_us", sa.BigInteger(), nullable=False),
        sa.Column("ended_us", sa.BigInteger(), nullable=True),
        sa.Column("end_kind", sa.String(16), nullable=False),
        sa.Column("relieved_by", sa.String(64), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("round_cameras", sa.BigInteger(), nullable=False),
        sa.Column("round_seen", sa.BigInteger(), nullable=False),
        sa.Column("last_round_us", sa.BigInteger(), nullable=True),
        sa.Column("last_round_set", sa.String(64), nullable=False),
        sa.Column("last_round_cameras", sa.Integer(), nullable=False),
        sa.Column("last_round_seen", sa.Integer(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("node", "shift_id", name=op.f("pk_watch_shift")),
    )
    op.create_index("ix_watch_shift_began", "watch_shift", ["began_us"])
    op.create_index("ix_watch_shift_open", "watch_shift", ["node", "end_kind"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("watch_shift")
