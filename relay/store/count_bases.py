"""The counting bases: by which areas, rooms and categories incidents were placed; append-only, each content once.

Several relays on one store each note theirs; the same content has the same number for all of them.
"""

import zlib
from dataclasses import dataclass, replace
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, func, insert, select

from relay.core.city import City
from relay.core.tabulation import basis_content, digest_of
from relay.store.tables import Number, metadata

count_basis: Final = Table(
    "count_basis",
    metadata,
    # What incidents are placed by; an incident names the number it was placed by.
    Column("basis", Number, primary_key=True, autoincrement=False),
    Column("digest", String(32), nullable=False, unique=True),
    Column("since_us", BigInteger, nullable=False),
    Column("content", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountBasis:
    """One basis without its content."""

    basis: int
    digest: str
    since_us: int
    """When it was first in force."""


def numbered(connection: Connection, city: City, now_us: int) -> City:
    """Return the city with the number of its basis, noting it in the caller's transaction when it is new."""
    content = basis_content(city)
    digest = digest_of(content)
    table = count_basis.c
    known = connection.execute(select(table.basis).where(table.digest == digest)).scalar()
    if known is None:
        known = int(connection.execute(select(func.coalesce(func.max(table.basis), 0))).scalar_one()) + 1
        packed = zlib.compress(content, 6)
        connection.execute(insert(count_basis).values(basis=known, digest=digest, since_us=now_us, content=packed))
    return replace(city, basis=int(known))


def listed(connection: Connection) -> list[CountBasis]:
    """Return all bases, the oldest first."""
    table = count_basis.c
    query = select(table.basis, table.digest, table.since_us).order_by(table.basis)
    return [CountBasis(basis=row.basis, digest=row.digest, since_us=row.since_us) for row in connection.execute(query)]


def content(connection: Connection, basis: int) -> bytes | None:
    """Return the JSON of a basis (``tabulation.basis_content``), or None."""
    found = connection.execute(select(count_basis.c.content).where(count_basis.c.basis == basis)).scalar()
    return zlib.decompress(bytes(found)) if found is not None else None
