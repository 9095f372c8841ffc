"""The table of operators' shifts in the video rooms, as the rooms' shift logs tell them."""

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, String, Table, Text

from relay.store.tables import metadata

watch_shift: Final = Table(
    "watch_shift",
    metadata,
    # One shift of one operator; the columns of its last round are those of the newest line "round".
    Column("node", String(64), primary_key=True),
    Column("shift_id", String(36), primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("operator", String(64), nullable=False),
    Column("began_us", BigInteger, nullable=False),
    Column("ended_us", BigInteger, nullable=True),
    Column("end_kind", String(16), nullable=False),
    Column("relieved_by", String(64), nullable=False),
    Column("rounds", Integer, nullable=False),
    Column("round_cameras", BigInteger, nullable=False),
    Column("round_seen", BigInteger, nullable=False),
    Column("last_round_us", BigInteger, nullable=True),
    Column("last_round_set", String(64), nullable=False),
    Column("last_round_cameras", Integer, nullable=False),
    Column("last_round_seen", Integer, nullable=False),
    Column("figures", Text, nullable=False),
)
Index("ix_watch_shift_began", watch_shift.c.began_us)
Index("ix_watch_shift_open", watch_shift.c.node, watch_shift.c.end_kind)
