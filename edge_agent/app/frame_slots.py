"""Hands frames from cameras to detector workers: the newest of each camera wins, cameras take turns.

A camera's frames are analysed one after another (tracks need order), by whichever worker is free. A camera that
waits has one frame in its slot; a newer one replaces it (policy: drop the older, counted). Nothing here blocks a
camera.
"""

from collections import deque
from dataclasses import dataclass, field
from threading import Condition
from typing import Generic, TypeVar

F = TypeVar("F")


@dataclass(slots=True)
class _Slot(Generic[F]):
    frame: F | None = None
    busy: bool = False
    queued: bool = False
    replaced: int = 0


@dataclass(slots=True)
class FrameSlots(Generic[F]):
    """One slot per camera; thread-safe."""

    _slots: dict[str, _Slot[F]] = field(default_factory=dict)
    _turns: deque[str] = field(default_factory=deque)
    _changed: Condition = field(default_factory=Condition)

    def offer(self, camera: str, frame: F) -> bool:
        """Put a camera's newest frame in its slot; returns at once. True when it replaced one nobody looked at."""
        with self._changed:
            slot = self._slots.setdefault(camera, _Slot())
            replaced = slot.frame is not None
            slot.replaced += replaced
            slot.frame = frame
            if not slot.busy and not slot.queued:
                slot.queued = True
                self._turns.append(camera)
                self._changed.notify()
            return replaced

    def take(self, *, within_s: float) -> tuple[str, F] | None:
        """Return a camera's frame and lease the camera to the caller until ``done``; None when nothing came in time."""
        with self._changed:
            if not self._turns and not self._changed.wait_for(lambda: bool(self._turns), within_s):
                return None
            camera = self._turns.popleft()
            slot = self._slots[camera]
            slot.queued = False
            frame, slot.frame = slot.frame, None
            assert frame is not None  # noqa: S101 - a camera has a turn only while its slot is filled
            slot.busy = True
            return camera, frame

    def done(self, camera: str) -> None:
        """Give the camera back; its next frame, if one came meanwhile, waits behind the other cameras."""
        with self._changed:
            slot = self._slots[camera]
            slot.busy = False
            if slot.frame is not None and not slot.queued:
                slot.queued = True
                self._turns.append(camera)
                self._changed.notify()

    def replaced(self, camera: str) -> int:
        """How many frames of a camera nobody looked at."""
        with self._changed:
            return self._slots[camera].replaced if camera in self._slots else 0
