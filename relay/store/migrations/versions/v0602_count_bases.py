"""By which areas and categories incidents were placed.

Revision 0602, after 0601.
"""

import sqlalchemy as sa
from alembic import op

revision = "0602"
down_revision = "0601"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the bases and what incidents say of them; what stands in the store was placed by an unnumbered one (0)."""
    op.create_table(
        "count_basis",
        sa.Column("basis", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=32), nullable=False),
        sa.Column("since_us", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("basis", name=op.f("pk_count_basis")),
        sa.UniqueConstraint("digest", name=op.f("uq_count_basis_digest")),
    )
    op.add_column("incident", sa.Column("basis", sa.Integer(), server_default="0", nullable=False))
    op.add_column("incident", sa.Column("area_given", sa.Boolean(), server_default=sa.false(), nullable=False))
    # Whom a person moved stays where that person said.
    op.execute(
        "UPDATE incident SET area_given = (1 = 1) WHERE incident_id IN "
        "(SELECT incident_id FROM incident_history WHERE change = 'moved')"
    )


def downgrade() -> None:
    """Forget them: the counts stay as they are."""
    op.drop_column("incident", "area_given")
    op.drop_column("incident", "basis")
    op.drop_table("count_basis")
