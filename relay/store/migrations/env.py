"""Runs the migrations on the connection that relay/store/schema.py hands over; there is no alembic.ini."""

from alembic import context

from relay.store.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection, target_metadata=metadata, render_as_batch=True, transaction_per_migration=False
)
with context.begin_transaction():
    context.run_migrations()
