"""What waits for one viewer of a live picture: bounded, and behind the live edge by no more than a moment.

Owns the policy for a viewer that reads too slowly: everything that waits is dropped, and the next keyframe goes on;
how many pictures that cost is kept until it is told. A message that is no picture is never dropped.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

LATE_S: Final = 1.5
"""A picture that waited so long is no longer worth sending."""
WAITING_BYTES: Final = 4 * 1024 * 1024
"""Holds the largest keyframes of 4K cameras; with more waiting the viewer is slow, however short it waited."""
WAITING_NOTES: Final = 64
"""Messages that are no pictures; with more, the viewer does not read at all and the oldest is forgotten."""

P = TypeVar("P")
N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Waiting(Generic[P]):
    """A picture's fragment in the queue."""

    picture: P
    size: int
    queued_s: float


class LiveQueue(Generic[N, P]):
    """Notes (texts) and pictures for one viewer, in order; deterministic in what it is told, used by one thread."""

    def __init__(self) -> None:
        self._waiting: deque[N | Waiting[P]] = deque()
        self._bytes = 0
        self._notes = 0
        self._needs_keyframe = True
        self._lost = 0
        self.dropped = 0
        """Pictures dropped so far because the viewer was slow."""
        self.notes_dropped = 0

    def put_note(self, note: N) -> None:
        """Queue a message."""
        if self._notes >= WAITING_NOTES:
            oldest = next(number for number, one in enumerate(self._waiting) if not isinstance(one, Waiting))
            del self._waiting[oldest]
            self._notes -= 1
            self.notes_dropped += 1
        self._waiting.append(note)
        self._notes += 1

    def put_picture(self, picture: P, *, size: int, is_keyframe: bool, at_s: float) -> None:
        """Queue a picture, or drop it because it cannot be decoded by who missed an earlier one."""
        if self._is_late(at_s) or self._bytes + size > WAITING_BYTES:
            self.drop_pictures()
        if self._needs_keyframe and not is_keyframe:
            self._lose(1)
            return
        self._needs_keyframe = False
        self._waiting.append(Waiting(picture, size, at_s))
        self._bytes += size

    def begin(self) -> None:
        """Tell that another stream begins, with a keyframe; what waits of the old one is still sent."""
        self._needs_keyframe = True
        self._lost = 0

    def take(self) -> N | Waiting[P] | None:
        """Return the next thing to send; None when nothing waits."""
        if not self._waiting:
            return None
        first = self._waiting.popleft()
        if isinstance(first, Waiting):
            self._bytes -= first.size
        else:
            self._notes -= 1
        return first

    def take_lost(self) -> int:
        """Return how many pictures were dropped since this was last asked; 0 while more may be dropped."""
        if self._needs_keyframe:
            return 0
        lost, self._lost = self._lost, 0
        return lost

    @property
    def waiting_bytes(self) -> int:
        """Bytes of pictures that wait."""
        return self._bytes

    @property
    def waiting_notes(self) -> int:
        """Messages that wait."""
        return self._notes

    def _is_late(self, at_s: float) -> bool:
        oldest = next((one for one in self._waiting if isinstance(one, Waiting)), None)
        return oldest is not None and at_s - oldest.queued_s > LATE_S

    def drop_pictures(self) -> None:
        """Send none of the pictures that wait; they count as lost."""
        pictures = sum(1 for one in self._waiting if isinstance(one, Waiting))
        self._waiting = deque(one for one in self._waiting if not isinstance(one, Waiting))
        self._bytes = 0
        self._needs_keyframe = True
        self._lose(pictures)

    def _lose(self, pictures: int) -> None:
        self._lost += pictures
        self.dropped += pictures
