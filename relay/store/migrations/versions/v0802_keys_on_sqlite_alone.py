"""On PostgreSQL the tables of every alert lose their foreign keys; SQLite keeps them.

Revision 0802, after 0801. Why, and what looks for orphans instead: docs/adr/0005-postgresql.md.
"""

from alembic import op

revision = "0802"
down_revision = "0801"
branch_labels = None
depends_on = None

_KEYS = (
    ("alert", "log_id", "record_log"),
    ("incident_history", "incident_id", "incident"),
    ("dispatch", "incident_id", "incident"),
    ("notification", "incident_id", "incident"),
    ("timer", "incident_id", "incident"),
    ("ledger", "incident_id", "incident"),
)


def upgrade() -> None:
    """Drop the keys of PostgreSQL."""
    if op.get_context().dialect.name == "postgresql":
        for table, column, _ in _KEYS:
            op.drop_constraint(op.f(f"fk_{table}_{column}"), table, type_="foreignkey", if_exists=True)


def downgrade() -> None:
    """Make them again; an error when there are orphans."""
    if op.get_context().dialect.name == "postgresql":
        for table, column, parent in _KEYS:
            op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, parent, [column], [column])
