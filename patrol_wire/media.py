"""The media lane's words and its arithmetic of chunks: what both ends must reckon alike (docs/wire-protocol.md §8)."""

from enum import StrEnum
from typing import Final

from patrol_wire.limits import MEDIA_CHUNK_BYTES

SILENT_AFTER_S: Final = 10.0
"""A room that is owed an answer and hears nothing for so long rebuilds its media socket; longer after each failure."""


class MediaReason(StrEnum):
    """Why a relay does not store content: the ``reason`` of MediaDone."""

    NOT_ANNOUNCED = "not_announced"
    """No manifest of this room names it (yet)."""
    NO_SPACE = "no_space"
    """Nothing may be deleted to make room for it."""
    UNWRITABLE = "unwritable"
    """The relay's media folder takes nothing."""
    BUSY = "busy"
    """Too many rooms send at once."""
    WRONG_HASH = "wrong_hash"
    """What arrived is not what its name says; it was thrown away."""
    WRONG_OFFSET = "wrong_offset"
    """A chunk that does not follow the one before it."""
    OVER_CREDIT = "over_credit"
    """A chunk beyond what was asked for."""
    BAD_CHUNK = "bad_chunk"
    """A chunk of another length than its place asks for."""
    TOO_LARGE = "too_large"
    """Longer than this relay takes."""
    WRONG_SIZE = "wrong_size"
    """Another length than the manifest says."""
    BAD_TYPE = "bad_type"
    """Neither a picture, a clip nor a voice note of a known type, or another than the manifest says."""


FINAL_REASONS: Final = frozenset({MediaReason.TOO_LARGE, MediaReason.WRONG_SIZE, MediaReason.BAD_TYPE})
"""Offering it again will not help; the others may mend themselves."""

SNAPSHOT_TYPE: Final = "image/jpeg"
CLIP_TYPE: Final = "video/mp4"
VOICE_TYPE: Final = "audio/webm"
"""What an operator says of a flag: Opus in WebM, as browsers record it."""
MEDIA_TYPES: Final = frozenset({SNAPSHOT_TYPE, CLIP_TYPE, VOICE_TYPE})


def chunk_bytes(size_bytes: int, offset: int) -> int:
    """Return how long the chunk at ``offset`` is; 0 where none begins."""
    if offset % MEDIA_CHUNK_BYTES or not 0 <= offset < size_bytes:
        return 0
    return min(MEDIA_CHUNK_BYTES, size_bytes - offset)


def window_end(size_bytes: int, offset: int, credit: int) -> int:
    """Return how far a sender may go after ``MediaWant(offset, credit)``."""
    return min(size_bytes, offset + credit * MEDIA_CHUNK_BYTES)


def whole_chunks(size_bytes: int) -> int:
    """Return the length without a torn last chunk: where a transfer that broke off is taken up again."""
    return size_bytes - size_bytes % MEDIA_CHUNK_BYTES
