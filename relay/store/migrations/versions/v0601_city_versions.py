"""The city's files as they were imported.

Revision 0601, after 0404.
"""

import sqlalchemy as sa
from alembic import op

revision = "0601"
down_revision = "0404"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table; empty, the relay goes on reading its folder."""
    op.create_table(
        "city_version",
        sa.Column("version", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at_us", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("files", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_city_version")),
    )


def downgrade() -> None:
    """Drop it: the relay reads its folder again."""
    op.drop_table("city_version")
