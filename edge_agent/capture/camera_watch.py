"""Looks after the connections of many cameras, in one thread that sleeps nearly always.

Owns CameraWatch. What is decided about a camera is its own (``camera_thread.py``); here is only when it is asked.
"""

from collections.abc import Callable
from threading import Event, Thread
from typing import Final, Protocol

from edge_agent.ops.clock import Clock

LONGEST_SLEEP_S: Final = 0.5


class Watched(Protocol):
    """A camera as the watch sees it."""

    def tend(self, now_s: float) -> float:
        """Do what is due; return the instant at which to be asked again. Never raises, never blocks."""
        ...


class CameraWatch:
    """The watch of a room; cameras come and go at any time, from any thread."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        self._cameras: tuple[Watched, ...] = ()
        self._wake = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="camera-watch", daemon=True)
        self.rounds = 0

    @property
    def wake(self) -> Callable[[], None]:
        """Have every camera asked soon; any thread, returns at once."""
        return self._wake.set

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self) -> None:
        """End; within a moment, unless a camera breaks its promise not to block."""
        self._stopping.set()
        self._wake.set()
        if self._thread.ident is not None:
            self._thread.join(1.0)

    def add(self, camera: Watched) -> None:
        """Look after one more camera, at once."""
        self._cameras = (*self._cameras, camera)
        self._wake.set()

    def remove(self, camera: Watched) -> None:
        """Look after it no longer; it may be asked once more that was asked already."""
        self._cameras = tuple(one for one in self._cameras if one is not camera)

    def _run(self) -> None:
        next_s = self._clock.instant()
        while not self._stopping.is_set():
            self._clock.wait(self._wake, min(LONGEST_SLEEP_S, max(0.0, next_s - self._clock.instant())))
            self._wake.clear()
            self.rounds += 1
            now_s = self._clock.instant()
            next_s = min((camera.tend(now_s) for camera in self._cameras), default=now_s + LONGEST_SLEEP_S)
