"""The city's files as they were imported: append-only, the newest is in force; empty: the folder of the settings is.

A version is the whole city as one ZIP of its files, so that it can be handed out and imported again byte by byte.
"""

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sqlalchemy import BigInteger, Column, Connection, LargeBinary, String, Table, Text, func, insert, select

from relay.store.city_source import LARGEST_BYTES, NAMES
from relay.store.tables import Number, metadata

city_version: Final = Table(
    "city_version",
    metadata,
    # Who changed the city, when and why, with all of its files.
    Column("version", Number, primary_key=True, autoincrement=False),
    Column("at_us", BigInteger, nullable=False),
    Column("author", String(64), nullable=False),
    Column("note", Text, nullable=False),
    Column("files", LargeBinary, nullable=False),
)
_ZIP_DATE: Final = (1980, 1, 1, 0, 0, 0)
"""Of every entry, so that the same files make the same bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CityVersion:
    """One import, without its files."""

    version: int
    at_us: int
    author: str
    note: str


def head(connection: Connection) -> int:
    """Return the number of the version in force; 0 while nothing was imported."""
    return int(connection.execute(select(func.max(city_version.c.version))).scalar() or 0)


def listed(connection: Connection, *, limit: int = 100) -> list[CityVersion]:
    """Return the latest imports, the newest first."""
    columns = (city_version.c.version, city_version.c.at_us, city_version.c.author, city_version.c.note)
    query = select(*columns).order_by(city_version.c.version.desc()).limit(limit)
    return [
        CityVersion(version=row.version, at_us=row.at_us, author=row.author, note=row.note)
        for row in connection.execute(query)
    ]


def packed(connection: Connection, version: int) -> bytes | None:
    """Return the ZIP of a version, or None."""
    query = select(city_version.c.files).where(city_version.c.version == version)
    found = connection.execute(query).scalar()
    return bytes(found) if found is not None else None


def append(connection: Connection, kept: CityVersion, files: bytes) -> None:
    """Store one more version; the key refuses a second one with its number."""
    connection.execute(
        insert(city_version).values(
            version=kept.version, at_us=kept.at_us, author=kept.author, note=kept.note, files=files
        )
    )


def pack(files: Mapping[str, bytes]) -> bytes:
    """Return the files as a ZIP; the same files make the same bytes with one zlib."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name in NAMES:
            if name in files:
                archive.writestr(zipfile.ZipInfo(name, _ZIP_DATE), files[name], zipfile.ZIP_DEFLATED)
    return content.getvalue()


def unpack(content: bytes) -> dict[str, bytes]:
    """Return the city's files in a ZIP, whatever folder they lie in; ValueError for what is none or is too large."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            found: dict[str, bytes] = {}
            for entry in archive.infolist():
                name = entry.filename.rpartition("/")[2]
                if name.removesuffix(".gz") not in NAMES:
                    continue
                with archive.open(entry) as file:
                    found[name] = file.read(LARGEST_BYTES + 1)
                if len(found[name]) > LARGEST_BYTES:
                    raise ValueError(f"{entry.filename} unpacks to more than {LARGEST_BYTES >> 20} MiB")
            return found
    except (zipfile.BadZipFile, NotImplementedError, EOFError, RuntimeError) as error:
        raise ValueError(f"no ZIP that can be read: {error}") from error
