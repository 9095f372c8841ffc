"""The room's own HTTP API."""
