"""Units are numbered by their last change, so that an image of the force reads only what changed since.

Revision 0701, after 0602.
"""

import sqlalchemy as sa
from alembic import op

revision = "0701"
down_revision = "0602"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number; what changed before this counts as long ago."""
    op.add_column("unit", sa.Column("change_no", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_unit_change_no"), "unit", ["change_no"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index(op.f("ix_unit_change_no"), table_name="unit")
    op.drop_column("unit", "change_no")
