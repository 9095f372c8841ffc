"""Which incident took another's alerts, and which alert of another room told the same.

Revision 0401, after 0102.
"""

import sqlalchemy as sa
from alembic import op

revision = "0401"
down_revision = "0102"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what came before stands for itself and has no twin."""
    op.add_column("alert", sa.Column("twin_of", sa.String(length=36), nullable=True))
    op.add_column("incident", sa.Column("merged_into", sa.String(length=36), nullable=True))
    op.add_column("incident", sa.Column("shared", sa.Boolean(), server_default=sa.false(), nullable=False))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("incident", "shared")
    op.drop_column("incident", "merged_into")
    op.drop_column("alert", "twin_of")
