"""Hands frames from cameras to detector workers: the newest of each camera wins, cameras take turns.

A camera's frames are analysed one after another (tracks need order), by whichever worker is free. Nothing here blocks
a camera. Two policies for a camera that waits:

- a live frame is replaced by a newer one (drop the older, counted);
- a replay, the pictures of the past that tell when something began, is kept in order before the live frame. It is
  bounded per camera and over all cameras; over the bound every second one of the camera's replay goes (thin, counted),
  so that beginning, end and order stay.

Every camera has a lock of its own, and turns go through a SimpleQueue. One lock for all was a convoy: whoever got it
still had to wait for the GIL, and with 80 cameras the workers starved to nine pictures a second.
"""

from collections import deque
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Final, Generic, TypeVar

F = TypeVar("F")

_NOBODY: Final = ""
"""No camera's name."""

MOST_KEPT: Final = 64
"""Replayed frames of one camera: two groups of two seconds at 15 analysed frames per second."""
MOST_KEPT_IN_ALL: Final = 256
"""Replayed frames of all cameras together, give or take one per camera: 160 MB of 704×576, 800 MB of 1080p, when
lightning wakes the whole room."""


@dataclass(slots=True)
class _Slot(Generic[F]):
    lock: Lock = field(default_factory=Lock)
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
    """One slot per camera; thread-safe. A camera is offered from one thread."""

    _slots: dict[str, _Slot[F]] = field(default_factory=dict)
    # Bounded by construction: a camera stands in it once at most (policy: a camera that waits is not queued again).
    _turns: SimpleQueue[str] = field(default_factory=SimpleQueue)

    def offer(self, camera: str, frame: F, *, replayed: bool = False) -> int:
        """Put a camera's next frame in its slot; returns at once, with the number of frames that nobody will look at.

        Frames of a camera come in order of their time, live ones and replayed ones alike.
        """
        slot = self._slots.get(camera) or self._slots.setdefault(camera, _Slot())
        is_too_many = replayed and sum(len(other.replay) for other in list(self._slots.values())) >= MOST_KEPT_IN_ALL
        with slot.lock:
            dropped = self._keep(slot, frame, is_too_many) if replayed else self._replace(slot, frame)
            slot.replaced += len(dropped)
            self._queue(camera, slot)
        # The dropped frames die here, outside the lock: freeing a picture gives the GIL away.
        return len(dropped)

    def lease(self, camera: str) -> bool:
        """Lease a camera for which nothing waits while nobody else waits either; False when it has to queue.

        The way past the queue for a room that keeps up: no other thread has to be woken for a picture.
        """
        if not self._turns.empty():
            return False
        slot = self._slots.get(camera) or self._slots.setdefault(camera, _Slot())
        with slot.lock:
            if slot.busy or slot.queued or slot.waits:
                return False
            slot.busy = True
        return True

    def take(self, *, within_s: float) -> tuple[str, F] | None:
        """Return a camera's frame and lease the camera to the caller until ``done``; None when nothing came in time."""
        try:
            camera = self._turns.get(timeout=within_s) if within_s > 0.0 else self._turns.get_nowait()
        except Empty:
            return None
        if camera == _NOBODY:
            return None
        slot = self._slots[camera]
        with slot.lock:
            slot.queued = False
            slot.busy = True
            if slot.replay:
                return camera, slot.replay.popleft()
            frame, slot.live = slot.live, None
            assert frame is not None  # noqa: S101 - a camera has a turn only while its slot is filled
            return camera, frame

    def wake(self) -> None:
        """Let one waiting ``take`` return with nothing: the program ends."""
        self._turns.put(_NOBODY)

    def done(self, camera: str) -> None:
        """Give the camera back; its next frame, if one came meanwhile, waits behind the other cameras."""
        slot = self._slots[camera]
        with slot.lock:
            slot.busy = False
            if slot.waits:
                self._queue(camera, slot)

    def replaced(self, camera: str) -> int:
        """How many frames of a camera nobody looked at."""
        return self._slots[camera].replaced if camera in self._slots else 0

    @property
    def waiting(self) -> int:
        """Cameras with a frame that waits or is being analysed."""
        return sum(slot.waits or slot.busy for slot in list(self._slots.values()))

    def _queue(self, camera: str, slot: _Slot[F]) -> None:
        if not slot.queued and not slot.busy:
            slot.queued = True
            self._turns.put(camera)

    @staticmethod
    def _replace(slot: _Slot[F], frame: F) -> list[F]:
        dropped = [] if slot.live is None else [slot.live]
        slot.live = frame
        return dropped

    def _keep(self, slot: _Slot[F], frame: F, is_too_many: bool) -> list[F]:
        if slot.live is not None:  # the live frame is older than the replay: it was decided to be kept meanwhile
            slot.replay.append(slot.live)
            slot.live = None
        slot.replay.append(frame)
        return self._thin(slot) if is_too_many or len(slot.replay) > MOST_KEPT else []

    @staticmethod
    def _thin(slot: _Slot[F]) -> list[F]:
        """Take every second frame out of a replay and return those; the first and the last of it stay."""
        frames = list(slot.replay)
        slot.replay = deque([*frames[:-1:2], frames[-1]])
        return frames[1:-1:2]
