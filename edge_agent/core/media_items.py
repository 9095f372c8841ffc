"""What evidence still has to go to the relay, and in which order. Pure; ``edge_agent/outbox`` keeps the list.

Snapshots go before clips: a picture of 100 kB tells the desk what happened, and a thousand of them are one clip. Among
either, the graver alert first, then the newest: who works on something now waits for its picture, while a backlog after
an outage is looked at later. What is old is not starved for ever, it is bounded: what the room cannot send in
``outbox.max_age_days`` is given up, counted, and stays in the room for as long as there is space.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from patrol_wire.ids import Severity


class MediaState(StrEnum):
    """Where one content stands between this room and the relay."""

    WAITING = "waiting"
    """Announced; the relay does not have it for all we know. Its file is never deleted."""
    DELIVERED = "delivered"
    """The relay said that it is stored: the file may go when there is no more room."""
    REFUSED = "refused"
    """The relay will never take it, with its reason."""
    LOST = "lost"
    """The file is gone or no longer what its name says; nobody can send it any more."""
    EXPIRED = "expired"
    """Given up by the room's limit of age before the relay had it."""


RANKS: Final = {Severity.CRITICAL: 0, Severity.HIGH: 1, Severity.NORMAL: 2, Severity.LOW: 3}
"""The lower, the sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaItem:
    """One content to be sent."""

    sha256: str
    media_type: str
    size_bytes: int
    rank: int
    stored_at: int
    """When it was announced, UTC microseconds."""

    @property
    def is_clip(self) -> bool:
        """Whether it is one of the large ones."""
        return self.media_type.startswith("video/")


def order_key(item: MediaItem) -> tuple[bool, int, int, str]:
    """Return what items are sorted by, the first to go first; the outbox's query sorts in the same way."""
    return item.is_clip, item.rank, -item.stored_at, item.sha256


def goes_before(item: MediaItem, other: MediaItem) -> bool:
    """Tell whether ``item`` is worth breaking off the sending of ``other``: only a snapshot, and only a clip's."""
    return other.is_clip and not item.is_clip
