"""Media at the relay: whether content is taken, and what must go to make room. Pure; the folder is relay/store's.

Owns the decisions about whole contents; the chunks of one transfer are judged in ``media_transfer.py``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from patrol_wire.media import MEDIA_TYPES, MediaReason

MIB: Final = 1024 * 1024
ORPHANS_KEPT_US: Final = 86_400_000_000
"""A file that nobody announced may be so new that its manifest is on its way."""


class ContentState(StrEnum):
    """Whether the relay has content that was announced."""

    STORED = "stored"
    """In the folder, synced, its hash checked."""
    DELETED = "deleted"
    """It was here and went to make room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaLimits:
    """How much the media folder may hold."""

    max_bytes: int = 51_200 * MIB
    reserve_bytes: int = 1_024 * MIB
    """What media leave free of the disk: the store of alerts may lie on it."""
    largest_bytes: int = 1_024 * MIB
    """Longer content is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """What a room's manifest says of a content."""

    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What the folder holds and its disk has left."""

    kept_bytes: int
    free_bytes: int


class Found(StrEnum):
    """What becomes of a file in the media folder that the store did not list when the folder was looked through."""

    KEEP = "keep"
    """Another relay on the same folder noted it meanwhile, or its manifest may still be on the way."""
    ADOPT = "adopt"
    """Announced and whole: to be noted."""
    DELETE = "delete"
    """It was to be deleted, lies in another folder, or nobody announced it for a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """What the store says of a content."""

    state: ContentState
    here: bool
    """In the folder that is looked through."""
    deleted_us: int = 0
    """When it was to leave the folder; 0: never."""


def judge_found(
    *, size_bytes: int, written_us: int, noted: Noted | None, announced_bytes: int | None, now_us: int
) -> Found:
    """Decide on a file that was not listed. Relays that share a folder go on storing while one of them looks.

    ``noted`` and ``announced_bytes`` (the length the manifest gives) must be read after the file was seen.
    A file written after its content was deleted is its return, not what the deletion left behind.
    """
    if noted is not None and noted.state is ContentState.STORED:
        return Found.KEEP if noted.here else Found.DELETE
    if noted is not None and written_us <= noted.deleted_us:
        return Found.DELETE
    if announced_bytes == size_bytes:
        return Found.ADOPT
    return Found.DELETE if written_us < now_us - ORPHANS_KEPT_US else Found.KEEP


def judge_offer(
    *, size_bytes: int, media_type: str, announced: Announced | None, limits: MediaLimits
) -> MediaReason | None:
    """Decide whether content is wanted at all; None means yes, if there is room."""
    if size_bytes > limits.largest_bytes:
        return MediaReason.TOO_LARGE
    if media_type not in MEDIA_TYPES:
        return MediaReason.BAD_TYPE
    if announced is None:
        return MediaReason.NOT_ANNOUNCED
    if announced.media_type != media_type:
        return MediaReason.BAD_TYPE
    if announced.size_bytes != size_bytes or size_bytes == 0:
        return MediaReason.WRONG_SIZE
    return None


def excess(size_bytes: int, space: Space, limits: MediaLimits) -> int:
    """Return how many bytes must go before content of this length fits; 0 or less: it fits."""
    over_limit = space.kept_bytes + size_bytes - limits.max_bytes
    over_disk = size_bytes + limits.reserve_bytes - space.free_bytes
    return max(over_limit, over_disk)


def choose_victims(candidates: Iterable[tuple[str, int]], wanted_bytes: int) -> tuple[str, ...] | None:
    """Return the first contents (name, length; the oldest first) that free enough; None: all together do not."""
    victims: list[str] = []
    left = wanted_bytes
    for sha256, size_bytes in candidates:
        if left <= 0:
            break
        victims.append(sha256)
        left -= size_bytes
    return tuple(victims) if left <= 0 else None
