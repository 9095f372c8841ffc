"""Who was refused what, by hour.

Revision 0302, after 0301.
"""

import sqlalchemy as sa
from alembic import op

revision = "0302"
down_revision = "0301"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; what was refused before is in the log alone."""
    op.create_table(
        "refusal",
        sa.Column("hour_us", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("gate", sa.String(length=16), nullable=False),
        sa.Column("peer", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("times", sa.BigInteger(), nullable=False),
        sa.Column("first_us", sa.BigInteger(), nullable=False),
        sa.Column("last_us", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hour_us", "gate", "peer", "code", name=op.f("pk_refusal")),
    )


def downgrade() -> None:
    """Drop it: what is refused from now on is in the log."""
    op.drop_table("refusal")
