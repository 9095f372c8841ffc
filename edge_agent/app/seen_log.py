"""What the analysis saw on each camera in the last hour, on disk: boxes and labels, no picture.

So that a technician can ask what other rules would have told (``console/what_if_runs.py``). The room records no video;
this is what its rules judged, to the picture. One thread writes every few seconds; what cannot be written is counted
and missing, nothing else waits for it. Files are a minute each and go after an hour; nothing is synced, because what a
power cut takes is a few seconds of it.
"""

import threading
import zlib
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

import structlog

from edge_agent.detect.picture_seen import MINUTE_US, SUFFIX, framed
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.settings.model import AgentSettings

log = structlog.get_logger(__name__)

FOLDER: Final = "seen"
KEPT_MINUTES: Final = 61
_WRITE_EVERY_S: Final = 5.0
_MOST_WAITING_BYTES: Final = 4 * 1024 * 1024
"""Of one camera between two writings; more is left out and counted."""
_MOST_MINUTE_BYTES: Final = 2 * 1024 * 1024
"""Of one camera and minute on disk: 120 MB in the worst hour, some 3 MB in a usual one."""
_NEWEST: Final = 32


class SeenLog:
    """See the module. ``keep`` for the thread that hears the analysis, the rest for any."""

    def __init__(self, folder: Path, cameras: Iterable[str], *, clock: Clock, metrics: RoomMetrics) -> None:
        self.folder = folder
        self._clock = clock
        self._metrics = metrics
        self._lock = threading.Lock()
        self._waiting: dict[str, list[bytes]] = {name: [] for name in cameras}
        self._waiting_bytes = dict.fromkeys(self._waiting, 0)
        self._newest: dict[str, deque[tuple[int, bytes]]] = {name: deque(maxlen=_NEWEST) for name in self._waiting}
        self._count = 0
        self._failing = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="seen", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, and end."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout=1.0)

    def keep(self, camera: str, seen: bytes) -> None:
        """Take what one picture showed; returns at once."""
        with self._lock:
            self._count += 1
            self._newest[camera].append((self._count, seen))
            if self._waiting_bytes[camera] + len(seen) > _MOST_WAITING_BYTES:
                self._metrics.lost.labels("seen", "too_much").inc()
                return
            self._waiting[camera].append(seen)
            self._waiting_bytes[camera] += len(seen)

    def newest(self, camera: str, *, after: int) -> list[tuple[int, bytes]]:
        """Return the pictures of a camera after a number, of the last few seconds; each with its own number."""
        with self._lock:
            return [(number, seen) for number, seen in self._newest[camera] if number > after]

    def write(self) -> None:
        """Write what waits, now: a what-if wants the last seconds too."""
        minute = self._clock.now_us() // MINUTE_US
        for camera in self._waiting:
            with self._lock:
                pictures, self._waiting[camera] = self._waiting[camera], []
                self._waiting_bytes[camera] = 0
            if pictures:
                self._append(camera, minute, pictures)

    def _append(self, camera: str, minute: int, pictures: list[bytes]) -> None:
        folder = self.folder / camera
        path = folder / f"{minute}{SUFFIX}"
        block = framed(zlib.compress(b"".join(framed(one) for one in pictures), 1))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size + len(block) > _MOST_MINUTE_BYTES:
                self._metrics.lost.labels("seen", "too_much").inc(len(pictures))
                return
            with path.open("ab") as file:
                file.write(block)
        except OSError as error:
            self._metrics.lost.labels("seen", "disk").inc(len(pictures))
            if not self._failing:
                log.warning("seen_not_kept", camera=camera, reason=str(error))
            self._failing = True
            return
        self._failing = False

    def forget(self) -> None:
        """Delete what is older than an hour, of cameras that are no more too, and what a wrong clock put ahead."""
        minute = self._clock.now_us() // MINUTE_US
        for path in self.folder.glob(f"*/*{SUFFIX}"):
            if not path.stem.isdigit() or not minute - KEPT_MINUTES < int(path.stem) <= minute + 1:
                path.unlink(missing_ok=True)

    def _run(self) -> None:
        while not self._stopping.wait(_WRITE_EVERY_S):
            self._guarded(self.write)
            self._guarded(self.forget)
        self._guarded(self.write)

    def _guarded(self, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception:  # supervisor: a log that cannot be kept must not end with its first fault
            self._metrics.faults.labels("seen").inc()
            log.exception("seen_log_failed")


def seen_log_of(settings: AgentSettings, *, clock: Clock, metrics: RoomMetrics) -> SeenLog:
    """Return the log of a room, in its state folder."""
    names = [camera.name for camera in settings.cameras]
    return SeenLog(settings.paths.state_dir / FOLDER, names, clock=clock, metrics=metrics)
