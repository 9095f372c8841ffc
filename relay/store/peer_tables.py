"""The tables about peers as such: which key of the relay each keeps, and what was refused to whom."""

from typing import Final

from sqlalchemy import BigInteger, Column, String, Table, Text

from relay.store.tables import metadata

peer_key: Final = Table(
    "peer_key",
    metadata,
    # Which key of the relay each peer (role:node) keeps, as it said itself: whom turning the key leaves behind.
    Column("peer", String(80), primary_key=True),
    Column("relay_key", String(40), nullable=False),
    Column("told_us", BigInteger, nullable=False),
)

refusal: Final = Table(
    "refusal",
    metadata,
    # What was not taken, added up by hour (its begin), peer and reason: outlives the relay, and is bounded.
    Column("hour_us", BigInteger, primary_key=True, autoincrement=False),
    Column("gate", String(16), primary_key=True),
    Column("peer", String(80), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("first_us", BigInteger, nullable=False),
    Column("last_us", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
)
