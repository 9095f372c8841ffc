"""Where each media folder is reached.

Revision 0303, after 0302.
"""

import sqlalchemy as sa
from alembic import op

revision = "0303"
down_revision = "0302"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; each relay says it when it starts."""
    op.create_table(
        "media_place",
        sa.Column("folder", sa.String(length=32), nullable=False),
        sa.Column("web_url", sa.String(length=255), nullable=False),
        sa.Column("told_us", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("folder", name=op.f("pk_media_place")),
    )


def downgrade() -> None:
    """Drop it: relays say it again."""
    op.drop_table("media_place")
