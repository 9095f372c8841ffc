"""How many units an incident needs, until when it is looked after, and which units are to be relieved.

Revision 0402, after 0401.
"""

import sqlalchemy as sa
from alembic import op

revision = "0402"
down_revision = "0401"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is open gets its timer with its next change, or from the auditor."""
    op.add_column("incident", sa.Column("owned_us", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("incident", sa.Column("wanted_units", sa.Integer(), server_default="1", nullable=False))
    op.add_column("incident", sa.Column("look_us", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("dispatch", sa.Column("handing_over", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("dispatch", sa.Column("checked_us", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Drop them."""
    for name in ("checked_us", "handing_over"):
        op.drop_column("dispatch", name)
    for name in ("look_us", "wanted_units", "owned_us"):
        op.drop_column("incident", name)
