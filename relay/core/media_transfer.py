"""One content on its way into the media gate, as a machine: what a chunk means, when it is whole. Pure.

The shell (``relay/gate/media_desk.py``) owns the file, hashes and answers; the core of the relay says whether content
is wanted (``relay/core/media.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from patrol_wire.media import MediaReason, chunk_bytes, window_end

CREDIT_CHUNKS: Final = 4
"""Chunks a room may be ahead: 512 KiB carry 10 MB/s at 50 ms, and 250 rooms fit the gate's memory when it stalls."""


class TransferState(StrEnum):
    """Where one content stands."""

    ASKED = "asked"
    """Offered; the core has not said whether it is wanted."""
    CATCHING_UP = "catching_up"
    """Wanted; what an earlier try left on the disk is hashed again."""
    RECEIVING = "receiving"
    """Chunks come in their order."""
    WHOLE = "whole"
    """Every byte is there; hash, sync and the name are next."""
    KEPT = "kept"
    """In the folder under its name; the core notes it and answers the room."""
    ENDED = "ended"
    """Refused; nothing of it is taken until it is offered again."""


class TransferChange(StrEnum):
    """What can happen to it."""

    WANT = "want"
    CATCH_UP = "catch_up"
    """Everything on the disk is hashed; more is to come."""
    TAKE = "take"
    """A chunk was written; more is to come."""
    FILL = "fill"
    """The last byte is on the disk and hashed."""
    KEEP = "keep"
    """The hash agrees; synced and named."""
    REFUSE = "refuse"


_S, _C = TransferState, TransferChange
TRANSFER_TABLE: Final[Mapping[tuple[TransferState, TransferChange], TransferState]] = {
    (_S.ASKED, _C.WANT): _S.CATCHING_UP,
    (_S.ASKED, _C.REFUSE): _S.ENDED,
    (_S.CATCHING_UP, _C.CATCH_UP): _S.RECEIVING,
    # The gate was killed after the last chunk and before the name.
    (_S.CATCHING_UP, _C.FILL): _S.WHOLE,
    (_S.CATCHING_UP, _C.REFUSE): _S.ENDED,
    (_S.RECEIVING, _C.TAKE): _S.RECEIVING,
    (_S.RECEIVING, _C.FILL): _S.WHOLE,
    (_S.RECEIVING, _C.REFUSE): _S.ENDED,
    (_S.WHOLE, _C.KEEP): _S.KEPT,
    (_S.WHOLE, _C.REFUSE): _S.ENDED,
    (_S.KEPT, _C.REFUSE): _S.ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """What is known of one content on one connection."""

    sha256: str
    size_bytes: int
    media_type: str
    state: TransferState = TransferState.ASKED
    offset: int = 0
    """Everything before it is on the disk."""
    window: int = 0
    """Where the credit ends."""


def step(transfer: Transfer, change: TransferChange, *, offset: int | None = None) -> Transfer:
    """Return the transfer after a change; ``offset`` is how far the disk has come.

    KeyError for what the table does not allow, which is a bug of the caller.
    """
    at = transfer.offset if offset is None else offset
    state = TRANSFER_TABLE[transfer.state, change]
    window = window_end(transfer.size_bytes, at, CREDIT_CHUNKS) if state is TransferState.RECEIVING else 0
    return replace(transfer, state=state, offset=at, window=window)


def judge_chunk(transfer: Transfer, *, offset: int, length: int) -> MediaReason | None:
    """Decide about a chunk of a transfer that was answered with ``MediaWant``; None means write it."""
    if transfer.state is not TransferState.RECEIVING:
        return MediaReason.OVER_CREDIT
    if offset >= transfer.window and offset < transfer.size_bytes:
        return MediaReason.OVER_CREDIT
    if offset != transfer.offset:
        return MediaReason.WRONG_OFFSET
    if length != chunk_bytes(transfer.size_bytes, offset):
        return MediaReason.BAD_CHUNK
    return None
