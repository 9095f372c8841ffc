"""The tables beside the ledger: releases of months, what rooms attest, and how long was watched and patrolled.

Append-only: month_release, release_difference, attestation. The others are running sums kept in the transaction of
the record or command that they sum, so that a record counts once or not at all.
"""

from typing import Final

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text, UniqueConstraint

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

__all__ = ["month_release", "release_difference"]
