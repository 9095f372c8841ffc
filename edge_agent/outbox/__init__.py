"""The room's durable queue to the relay: one SQLite file."""
