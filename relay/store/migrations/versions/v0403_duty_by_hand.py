"""When somebody last said that a unit is on or off duty: until its next shift begins or ends that holds.

Revision 0403, after 0501.
"""

import sqlalchemy as sa
from alembic import op

revision = "0403"
down_revision = "0501"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of what was said before nobody knows when."""
    op.add_column("unit", sa.Column("duty_us", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("unit", "duty_us")
