"""The doors of the relay: one process per socket that faces the field."""
