"""The tables about peers as such: which key of the relay each keeps, and what was refused to whom."""

from typing import Final

from sqlalchemy import BigInteger, Column, String, Table

from relay.store.tables import metadata

peer_key: Final = Table(
    "peer_key",
    metadata,
    # Which key of the relay each peer (role:node) keeps, as it said itself: whom turning the key leaves behind.
    Column("peer", String(80), primary_key=True),
    Column("relay_key", String(40), nullable=False),
    Column("told_us", BigInteger, nullable=False),
)
