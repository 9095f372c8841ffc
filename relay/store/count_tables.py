"""The tables beside the ledger: releases of months, what rooms attest, and how long was watched and patrolled.

Append-only: month_release, release_difference, attestation. The others are running sums kept in the transaction of
the record or command that they sum, so that a record counts once or not at all.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from relay.store.tables import Number, metadata

month_release: Final = Table(
    "month_release",
    metadata,
    # When a month was published, by whom, and up to which line of the ledger.
    Column("number", Number, primary_key=True, autoincrement=False),
    Column("month", String(7), nullable=False),
    Column("release", Integer, nullable=False),
    Column("cutoff", BigInteger, nullable=False),
    Column("entries", BigInteger, nullable=False),
    Column("begin_us", BigInteger, nullable=False),
    Column("end_us", BigInteger, nullable=False),
    Column("zone", String(64), nullable=False),
    Column("published_us", BigInteger, nullable=False),
    Column("actor", String(64), nullable=False),
    Column("reason", Text, nullable=False),
    UniqueConstraint("month", "release"),
)

release_difference: Final = Table(
    "release_difference",
    metadata,
    # What a release changes: the first one everything, a later one only what came after the one before.
    Column("month", String(7), primary_key=True),
    Column("release", Integer, primary_key=True, autoincrement=False),
    Column("measure", String(16), primary_key=True),
    Column("area_id", String(64), primary_key=True),
    Column("category", String(64), primary_key=True),
    Column("change", BigInteger, nullable=False),
)

attestation: Final = Table(
    "attestation",
    metadata,
    # What a room said of a day, and what the relay had of the same records when it came.
    Column("log_id", Number, ForeignKey("record_log.log_id"), primary_key=True, autoincrement=False),
    Column("node", String(64), nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("day", String(10), nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("last_seq", BigInteger, nullable=False),
    Column("alerts", BigInteger, nullable=False),
    Column("refused", BigInteger, nullable=False),
    Column("camera_seconds", BigInteger, nullable=False),
    Column("found", BigInteger, nullable=False),
    Column("unusable", BigInteger, nullable=False),
    Column("missing", BigInteger, nullable=False),
    Column("doubts", String(160), nullable=False),
    Column("detail", Text, nullable=False),
    Column("received_us", BigInteger, nullable=False),
)
# The one before it; the days of a month.
Index("ix_attestation_node", attestation.c.node, attestation.c.epoch, attestation.c.log_id)
Index("ix_attestation_day", attestation.c.day)

watch_mark: Final = Table(
    "watch_mark",
    metadata,
    # Up to when a room's watching or a unit's patrolling is credited: nothing is credited twice.
    Column("kind", String(8), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("until_us", BigInteger, nullable=False),
)

room_day: Final = Table(
    "room_day",
    metadata,
    # How long a room watched on a day of the city: with any camera, and summed over its cameras.
    Column("day", String(10), primary_key=True),
    Column("node", String(64), primary_key=True),
    Column("area_id", String(64), primary_key=True),
    Column("watched_us", BigInteger, nullable=False),
    Column("camera_us", BigInteger, nullable=False),
)

unit_day: Final = Table(
    "unit_day",
    metadata,
    # How long a unit was on patrol in an area on a day of the city.
    Column("day", String(10), primary_key=True),
    Column("unit_id", String(64), primary_key=True),
    Column("area_id", String(64), primary_key=True),
    Column("patrol_us", BigInteger, nullable=False),
)

__all__ = ["attestation", "month_release", "release_difference", "room_day", "unit_day", "watch_mark"]
