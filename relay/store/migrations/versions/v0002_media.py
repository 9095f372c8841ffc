"""Media: manifests by alert, and the content this relay holds.

Revision 0002_media, after 0001. Manifests that arrived before it stay in the record log only: their rooms were older
than the media lane and do not offer them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002_media"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create both tables."""
    op.create_table(
        "media_manifest",
        sa.Column("alert_id", sa.String(length=36), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("log_id", sa.BigInteger(), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("started_us", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("masked", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "sha256", name=op.f("pk_media_manifest")),
    )
    op.create_index(op.f("ix_media_manifest_sha256_media_manifest_node"), "media_manifest", ["sha256", "node"])
    op.create_table(
        "media_content",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("folder", sa.String(length=32), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("stored_us", sa.BigInteger(), nullable=False),
        sa.Column("deleted_us", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_media_content")),
    )
    op.create_index(
        op.f("ix_media_content_folder_media_content_state_media_content_stored_us"),
        "media_content",
        ["folder", "state", "stored_us"],
    )


def downgrade() -> None:
    """Drop both; the files stay in the media folder."""
    op.drop_table("media_content")
    op.drop_table("media_manifest")
