"""The detector workers: threads that take the newest frame of any camera and hand on what it means."""

import threading
from collections.abc import Callable, Mapping

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.frame_slots import FrameSlots
from edge_agent.capture.frames import Frame
from edge_agent.core.alerts import AlertChange
from edge_agent.ops.clock import Clock
from edge_agent.ops.metrics import RoomMetrics

AlertTaker = Callable[[CameraWorker, Frame, tuple[AlertChange, ...]], None]
_LOOK_S = 0.5


class Analysis:
    """``workers`` threads over one set of slots; started once, stopped once."""

    def __init__(self, *, workers: int, clock: Clock, metrics: RoomMetrics, take_changes: AlertTaker) -> None:
        self.slots: FrameSlots[Frame] = FrameSlots()
        self._cameras: Mapping[str, CameraWorker] = {}
        self._clock = clock
        self._metrics = metrics
        self._take_changes = take_changes
        self._stopping = threading.Event()
        self.rounds = [0] * workers
        """Rounds of each worker, also idle ones; the watchdog compares them."""
        self.picture_ms = 0.0
        """Mean time per picture, over the last hundred or so."""
        self._threads = [
            threading.Thread(target=self._run, args=(number,), name=f"detector-{number}", daemon=True)
            for number in range(workers)
        ]

    def take(self, camera: str, frame: Frame) -> None:
        """Take a frame of a camera; live ones that wait are replaced and counted, replayed ones wait in order."""
        dropped = self.slots.offer(camera, frame, replayed=frame.replayed)
        if dropped:
            self._metrics.skipped.labels(camera).inc(dropped)

    def start(self, cameras: Mapping[str, CameraWorker]) -> None:
        """Begin to analyse these cameras."""
        self._cameras = cameras
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End after the pictures in hand; within a second unless a model hangs."""
        self._stopping.set()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(timeout=1.0)

    def _run(self, number: int) -> None:
        while not self._stopping.is_set():
            self.rounds[number] += 1
            taken = self.slots.take(within_s=_LOOK_S)
            if taken is None:
                continue
            name, frame = taken
            try:
                self._one(self._cameras[name], frame)
            finally:
                self.slots.done(name)

    def _one(self, camera: CameraWorker, frame: Frame) -> None:
        began_s = self._clock.instant()
        faults, looked_at = camera.faults, camera.looked_at
        changes = camera.analyse(frame)
        took_s = self._clock.instant() - began_s
        self.picture_ms += (took_s * 1000 - self.picture_ms) * 0.02 if self.picture_ms else took_s * 1000
        self._metrics.analysis.observe(took_s)
        self._metrics.pictures.labels(camera.name).inc()
        self._metrics.inferences.inc(camera.looked_at - looked_at)
        kind = "replayed" if frame.replayed else "live"
        self._metrics.lag.labels(kind).observe(began_s + took_s - frame.arrived_s)
        if camera.faults > faults:
            self._metrics.faults.labels("analysis").inc()
        if changes:
            self._take_changes(camera, frame, changes)
