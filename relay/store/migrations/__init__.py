"""Alembic's environment of the store; the versions are the only way its schema changes."""
