"""What a technician may do to what is drawn on a camera's picture: a change on the newest state, with a reason.

Pure decisions. A change is a whole: zones, lines, masks and rules of one camera together, so that undoing one brings
back a state that was in force, never a mixture. Masks are the exception that needs a second word: taking one away shows
people what was hidden.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge_agent.core.boxes import Point

FROM_FILE: Final = 0
"""The version of a camera whose drawing nobody has changed: what the room's file says."""
SHORTEST_REASON: Final = 3

Polygon = tuple[Point, ...]


class DrawingAct(StrEnum):
    """How a version came about."""

    SAVED = "saved"
    RESTORED = "restored"


class DrawingRefusal(StrEnum):
    """Why a change is not made; nothing was changed then."""

    OUTDATED = "outdated"  # somebody saved meanwhile
    NO_REASON = "no_reason"
    MASKS_UNCONFIRMED = "masks_unconfirmed"
    NOTHING_CHANGED = "nothing_changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAsked:
    """A change as a technician asks for it."""

    on_version: int
    """The version it was drawn on."""
    reason: str
    confirmed_masks: int
    """How many masks the technician has confirmed to take away."""
    masks: Sequence[Polygon]
    is_same: bool
    """Whether it leaves everything as it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeAccepted:
    """It may be stored, under this version."""

    version: int
    masks_removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRefused:
    """It may not; the sentence says what to do."""

    refusal: DrawingRefusal
    sentence: str


def decide(
    asked: ChangeAsked, *, newest: int, newest_by: str, masks_now: Sequence[Polygon]
) -> ChangeAccepted | ChangeRefused:
    """Decide a change on the newest version, which ``newest_by`` made ("" for the file's)."""
    if asked.on_version != newest:
        return ChangeRefused(
            refusal=DrawingRefusal.OUTDATED,
            sentence=f"{newest_by or 'the file'} has saved version {newest} since you opened version "
            f"{asked.on_version}; load it, then make your change again",
        )
    if asked.is_same:
        return ChangeRefused(
            refusal=DrawingRefusal.NOTHING_CHANGED, sentence="nothing differs from what is in force; change something"
        )
    if len(asked.reason.strip()) < SHORTEST_REASON:
        return ChangeRefused(
            refusal=DrawingRefusal.NO_REASON, sentence="give a reason: whoever reads the list later needs it"
        )
    removed = len(masks_removed(masks_now, asked.masks))
    if removed != asked.confirmed_masks:
        return ChangeRefused(
            refusal=DrawingRefusal.MASKS_UNCONFIRMED,
            sentence=f"{removed} privacy masks are taken away or changed and {asked.confirmed_masks} are confirmed; "
            "look at what will be seen, then confirm that number",
        )
    return ChangeAccepted(version=newest + 1, masks_removed=removed)


def masks_removed(before: Sequence[Polygon], after: Sequence[Polygon]) -> tuple[Polygon, ...]:
    """Return the masks that are not there any more, as they were; one whose corners moved counts as removed."""
    kept = set(after)
    return tuple(mask for mask in before if mask not in kept)
