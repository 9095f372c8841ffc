"""The tables of the media lane: which alert has which media, and which content this relay holds."""

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Table

from relay.store.tables import metadata

media_manifest: Final = Table(
    "media_manifest",
    metadata,
    # What rooms announced on stream C: this alert has this picture or clip. Append-only.
    Column("alert_id", String(36), primary_key=True),
    Column("sha256", String(64), primary_key=True),
    # In the order of receipt: the newest snapshot of an alert is the one to show.
    Column("log_id", BigInteger, nullable=False),
    # Who announced it; only the room of the alert speaks for it, and only this room may send it.
    Column("node", String(64), nullable=False),
    Column("media_type", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("started_us", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("masked", Boolean, nullable=False),
    # May this room send it, and whose is it?
    Index(None, "sha256", "node"),
)

media_content: Final = Table(
    "media_content",
    metadata,
    # What lies in the media folder, and what lay there: stored or deleted.
    Column("sha256", String(64), primary_key=True),
    Column("media_type", String(64), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    # Which media folder it lies in: several relays may share one store and no disk.
    Column("folder", String(32), nullable=False),
    # Who sent it first.
    Column("node", String(64), nullable=False),
    Column("stored_us", BigInteger, nullable=False),
    Column("deleted_us", BigInteger, nullable=True),
    # Why it was deleted.
    Column("reason", String(64), nullable=False),
    # What may go first.
    Index(None, "folder", "state", "stored_us"),
)

media_place: Final = Table(
    "media_place",
    metadata,
    # Where the relay that has a media folder is reached by the other relays on this store.
    Column("folder", String(32), primary_key=True),
    Column("web_url", String(255), nullable=False),
    Column("told_us", BigInteger, nullable=False),
)
