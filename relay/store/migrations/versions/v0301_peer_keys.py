"""Which key of the relay each peer keeps.

Revision 0301, after 0402.
"""

import sqlalchemy as sa
from alembic import op

revision = "0301"
down_revision = "0402"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; peers say it with their next hello."""
    op.create_table(
        "peer_key",
        sa.Column("peer", sa.String(length=80), nullable=False),
        sa.Column("relay_key", sa.String(length=40), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("peer", name=op.f("pk_peer_key")),
    )


def downgrade() -> None:
    """Drop it: peers say it again."""
    op.drop_table("peer_key")
