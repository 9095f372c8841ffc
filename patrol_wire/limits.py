"""Constrained field types: what a decoder lets through, so that a receiver's memory and index keys are bounded."""

from typing import Annotated, Final

from msgspec import Meta

MAX_BATCH_RECORDS: Final = 64
MAX_BATCH_BYTES: Final = 32 * 1024
"""Sum of record bodies in one batch."""
MAX_RECORD_BYTES: Final = 24 * 1024
MAX_PAGE_ENTRIES: Final = 256
"""Mailbox or ledger entries in one message."""
MEDIA_CHUNK_BYTES: Final = 128 * 1024
CHAIN_BYTES: Final = 8

Name = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[a-z0-9][a-z0-9._-]*\Z")]
Uuid = Annotated[
    str,
    Meta(
        min_length=36,
        max_length=36,
        pattern=r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z",
    ),
]
HashHex = Annotated[str, Meta(min_length=64, max_length=64, pattern=r"^[0-9a-f]{64}\Z")]
EntryId = Annotated[str, Meta(min_length=32, max_length=32, pattern=r"^[0-9a-f]{32}\Z")]
RelayKey = Annotated[str, Meta(max_length=40, pattern=r"^([0-9a-zA-Z.\-:+=^!/*?&<>()\[\]{}@%$#]{40})?\Z")]
"""A public CURVE key in Z85, or empty."""
Label = Annotated[str, Meta(max_length=64)]
Sentence = Annotated[str, Meta(max_length=500)]
Note = Annotated[str, Meta(max_length=2_000)]
Count = Annotated[int, Meta(ge=0, le=2**53)]
Sequence = Annotated[int, Meta(ge=0, le=2**53)]
Number63 = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Time = Annotated[int, Meta(ge=0, lt=253_402_300_800_000_000)]
"""UTC microseconds since 1970; ends before the year 10000, so every value is a datetime."""
SignedMillis = Annotated[int, Meta(ge=-(2**53), le=2**53)]
Unit01 = Annotated[float, Meta(ge=0.0, le=1.0)]
Longitude = Annotated[float, Meta(ge=-180.0, le=180.0)]
Latitude = Annotated[float, Meta(ge=-90.0, le=90.0)]
Chain = Annotated[bytes, Meta(min_length=CHAIN_BYTES, max_length=CHAIN_BYTES)]
