"""The table of silences and maintenance windows."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, String, Table, Text

from relay.store.tables import metadata

silence: Final = Table(
    "silence",
    metadata,
    # Who silenced which machine alerts from when to when, and why; only its early end is ever changed.
    Column("silence_id", String(36), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("author", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    Column("node", String(64), nullable=False),
    Column("camera", String(64), nullable=False),
    Column("area_id", String(64), nullable=False),
    Column("category", String(64), nullable=False),
    Column("rule", String(64), nullable=False),
    Column("from_us", BigInteger, nullable=False),
    Column("until_us", BigInteger, nullable=False),
    Column("set_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("ended_by", String(64), nullable=False),
)
# Those that may hold now: asked with every burst that brings alerts.
Index("ix_silence_until_us", silence.c.until_us)

__all__ = ["silence"]
