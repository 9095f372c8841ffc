"""Hands frames from cameras to detector workers: the newest of each camera wins, cameras take turns.

A camera's frames are analysed one after another (tracks need order), by whichever worker is free. Nothing here blocks
a camera. Two policies for a camera that waits:

- a live frame is replaced by a newer one (drop the older, counted);
- a replay, the pictures of the past that tell when something began, is kept in order before the live frame. It is
  bounded per camera and over all cameras; over the bound every second one of the longest replay goes (thin, counted),
  so that beginning, end and order stay.
"""

from collections import deque
from dataclasses import dataclass, field
from threading import Condition
from typing import Final, Generic, TypeVar

F = TypeVar("F")

MOST_KEPT: Final = 64
"""Replayed frames of one camera: two groups of two seconds at 15 analysed frames per second."""
MOST_KEPT_IN_ALL: Final = 256
"""Replayed frames of all cameras together: 160 MB of 704×576, 800 MB of 1080p, when lightning wakes the whole room."""


@dataclass(slots=True)
class _Slot(Generic[F]):
    replay: deque[F] = field(default_factory=deque)
    live: F | None = None
    busy: bool = False
    queued: bool = False
    replaced: int = 0

    @property
    def waits(self) -> bool:
        return bool(self.replay) or self.live is not None


@dataclass(slots=True)
class FrameSlots(Generic[F]):
    """One slot per camera; thread-safe."""

    _slots: dict[str, _Slot[F]] = field(default_factory=dict)
    _turns: deque[str] = field(default_factory=deque)
    _changed: Condition = field(default_factory=Condition)
    _kept: int = 0

    def offer(self, camera: str, frame: F, *, replayed: bool = False) -> int:
        """Put a camera's next frame in its slot; returns at once, with the number of frames that nobody will look at.

        Frames of a camera come in order of their time, live ones and replayed ones alike.
        """
        with self._changed:
            slot = self._slots.setdefault(camera, _Slot())
            dropped = self._keep(slot, frame) if replayed else self._replace(slot, frame)
            if not slot.busy:
                self._queue(camera, slot)
            return dropped

    def take(self, *, within_s: float) -> tuple[str, F] | None:
        """Return a camera's frame and lease the camera to the caller until ``done``; None when nothing came in time."""
        with self._changed:
            if not self._turns and not self._changed.wait_for(lambda: bool(self._turns), within_s):
                return None
            camera = self._turns.popleft()
            slot = self._slots[camera]
            slot.queued = False
            slot.busy = True
            if slot.replay:
                self._kept -= 1
                return camera, slot.replay.popleft()
            frame, slot.live = slot.live, None
            assert frame is not None  # noqa: S101 - a camera has a turn only while its slot is filled
            return camera, frame

    def done(self, camera: str) -> None:
        """Give the camera back; its next frame, if one came meanwhile, waits behind the other cameras."""
        with self._changed:
            slot = self._slots[camera]
            slot.busy = False
            if slot.waits:
                self._queue(camera, slot)

    def replaced(self, camera: str) -> int:
        """How many frames of a camera nobody looked at."""
        with self._changed:
            return self._slots[camera].replaced if camera in self._slots else 0

    @property
    def waiting(self) -> int:
        """Cameras with a frame that waits or is being analysed."""
        with self._changed:
            return sum(slot.waits or slot.busy for slot in self._slots.values())

    def _queue(self, camera: str, slot: _Slot[F]) -> None:
        if not slot.queued:
            slot.queued = True
            self._turns.append(camera)
            self._changed.notify()

    def _replace(self, slot: _Slot[F], frame: F) -> int:
        dropped = int(slot.live is not None)
        slot.live = frame
        slot.replaced += dropped
        return dropped

    def _keep(self, slot: _Slot[F], frame: F) -> int:
        if slot.live is not None:  # the live frame is older than the replay: it was decided to be kept meanwhile
            slot.replay.append(slot.live)
            slot.live = None
            self._kept += 1
        slot.replay.append(frame)
        self._kept += 1
        dropped = 0
        if len(slot.replay) > MOST_KEPT:
            dropped += self._thin(slot)
        if self._kept > MOST_KEPT_IN_ALL:
            dropped += self._thin(max(self._slots.values(), key=lambda other: len(other.replay)))
        return dropped

    def _thin(self, slot: _Slot[F]) -> int:
        """Drop every second frame of a replay, the first and the last of it stay."""
        frames = list(slot.replay)
        kept = deque(frames[:-1:2])
        kept.append(frames[-1])
        dropped = len(frames) - len(kept)
        slot.replay = kept
        slot.replaced += dropped
        self._kept -= dropped
        return dropped
