"""Units are numbered by their last change, for an image of the force; what ended is found by its place.

Revision 0701, after 0602.
"""

import sqlalchemy as sa
from alembic import op

revision = "0701"
down_revision = "0602"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number (what changed before this counts as long ago) and the index of what ended."""
    op.add_column("unit", sa.Column("change_no", sa.BigInteger(), server_default="0", nullable=False))
    op.create_index(op.f("ix_unit_change_no"), "unit", ["change_no"])
    op.create_index(
        "ix_incident_ended",
        "incident",
        ["cell", "last_alert_us"],
        sqlite_where=sa.text("is_open = 0"),
        postgresql_where=sa.text("NOT is_open"),
    )


def downgrade() -> None:
    """Drop both."""
    op.drop_index("ix_incident_ended", table_name="incident")
    op.drop_index(op.f("ix_unit_change_no"), table_name="unit")
    op.drop_column("unit", "change_no")
