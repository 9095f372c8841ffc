"""Looks: which parts of which pictures the model is shown, when more is wanted than a machine can pay for.

Owns the kinds of looks and their order, what each load step still allows, and the queue before the detectors. Pure:
the shell brings the time, cuts the picture and runs the model. New motion comes before tracks that are not believed
yet, those before tracks that go on, and those before the slow beat of the whole picture, which re-checks what stands.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from edge_agent.core.boxes import Box


class LookKind(StrEnum):
    """What a look is for; the order is the order of importance."""

    NEW_MOTION = "new_motion"
    """Something moves where no track is."""
    UNVERIFIED = "unverified"
    """A track that is not believed yet."""
    MOVING = "moving"
    """A believed track goes on."""
    WHOLE_PICTURE = "whole_picture"
    """The slow beat: re-checks what stands still, finds what is too small or too slow to show as motion."""


RANK: Final = {kind: number for number, kind in enumerate(LookKind)}


class ShedReason(StrEnum):
    """Why a look that was wished for did not take place."""

    RATE = "rate"
    """The camera has had its looks_per_s."""
    CROWDED = "crowded"
    """More important looks fill the queue."""
    LATE = "late"
    """No detector was free while the picture was new."""
    LOST = "lost"
    """The detector ended or hung while it looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookWish:
    """A part of one picture that the model should see."""

    kind: LookKind
    region: Box


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAllowance:
    """What a camera may wish for at the present load."""

    kinds: frozenset[LookKind] = frozenset(LookKind)
    moving_every_s: float = 0.0
    """Believed tracks that move are looked at at most this often; 0: in every picture."""
    whole_every_factor: float = 1.0
    """The beat of the whole picture is so many times as long."""


EVERYTHING: Final = LookAllowance()

WHOLE_OVERDUE: Final = 4.0
"""A whole picture overdue by so many beats goes before everything else: what stands still must not be forgotten for as
long as something moves."""


def by_rank(wishes: Iterable[LookWish], *, whole_overdue: bool = False) -> list[LookWish]:
    """Return wishes in the order in which they are granted."""

    def rank(wish: LookWish) -> int:
        return -1 if whole_overdue and wish.kind is LookKind.WHOLE_PICTURE else RANK[wish.kind]

    return sorted(wishes, key=rank)


class LookRate:
    """The looks one camera may still have: ``per_s`` on average, as many at once as come together in one second."""

    def __init__(self, per_s: float) -> None:
        """``per_s`` 0 sets no limit."""
        self._per_s = per_s
        self._most = max(1.0, per_s)
        self._left = self._most
        self._at_s: float | None = None

    def take(self, wanted: int, at_s: float) -> int:
        """Return how many of the wanted looks may take place at media time ``at_s``, and count them as taken."""
        if self._per_s <= 0.0:
            return wanted
        if self._at_s is not None:
            passed_s = at_s - self._at_s
            self._left = self._most if passed_s < 0.0 else min(self._most, self._left + passed_s * self._per_s)
        self._at_s = at_s
        granted = min(wanted, int(self._left + 1e-6))
        self._left -= granted
        return granted


@dataclass(frozen=True, slots=True, kw_only=True)
class QueuedLook:
    """A look that waits for a detector."""

    look_id: int
    camera: int
    kind: LookKind
    asked_s: float
    """Instant (monotonic seconds) at which its picture was taken up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShedLook:
    """A look that will not take place, and why."""

    look: QueuedLook
    reason: ShedReason


class LookQueue:
    """The looks of all cameras that wait; bounded, the most important first, among equals the oldest first.

    A full queue sheds its least important look, of those the newest. A look that waited for longer than the patience
    is of no use any more: its camera stands still until it is decided.
    """

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._waiting: list[QueuedLook] = []

    def put(self, look: QueuedLook) -> tuple[ShedLook, ...]:
        """Let a look wait; return what had to go for it, which may be the look itself."""
        self._waiting.append(look)
        if len(self._waiting) <= self._most:
            return ()
        worst = max(self._waiting, key=lambda one: (RANK[one.kind], one.asked_s, one.look_id))
        self._waiting.remove(worst)
        return (ShedLook(look=worst, reason=ShedReason.CROWDED),)

    def next(self) -> QueuedLook | None:
        """Take out the look that is to take place now; None when nobody waits."""
        if not self._waiting:
            return None
        best = min(self._waiting, key=lambda one: (RANK[one.kind], one.asked_s, one.look_id))
        self._waiting.remove(best)
        return best

    def shed_late(self, now_s: float, *, patience_s: float) -> tuple[ShedLook, ...]:
        """Take out what has waited for longer than the patience."""
        late = [look for look in self._waiting if now_s - look.asked_s > patience_s]
        for look in late:
            self._waiting.remove(look)
        return tuple(ShedLook(look=look, reason=ShedReason.LATE) for look in late)

    def clear(self, reason: ShedReason) -> tuple[ShedLook, ...]:
        """Take out everything."""
        left, self._waiting = self._waiting, []
        return tuple(ShedLook(look=look, reason=reason) for look in left)

    def __len__(self) -> int:
        return len(self._waiting)
