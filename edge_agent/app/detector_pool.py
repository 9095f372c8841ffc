"""The detectors of the room: one per worker thread, lent to whichever camera's picture is analysed now."""

from collections.abc import Sequence
from queue import Queue

from edge_agent.core.boxes import Box
from edge_agent.core.detections import Detection
from edge_agent.detect.assembly import detector_of
from edge_agent.detect.detector import Detector
from edge_agent.detect.picture import Picture
from edge_agent.settings.model import DetectorSettings


class DetectorPool:
    """Looks like one detector and may be used by as many threads at once as it has detectors inside."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self.labels = detectors[0].labels
        self.usual_labels = detectors[0].usual_labels
        self.input_size = detectors[0].input_size
        # Bounded by construction: holds exactly the detectors that are not lent now (policy: block).
        self._idle: Queue[Detector] = Queue(maxsize=len(detectors))
        for detector in detectors:
            self._idle.put_nowait(detector)

    def detect(self, picture: Picture, regions: Sequence[Box]) -> list[Detection]:
        """Return what an idle detector sees; its exception passes through and the detector stays usable."""
        detector = self._idle.get()
        try:
            return detector.detect(picture, regions)
        finally:
            self._idle.put_nowait(detector)


def open_detectors(settings: DetectorSettings) -> DetectorPool:
    """Return the detectors that the settings ask for; raises ModelError saying which model and what to do."""
    return DetectorPool([detector_of(settings) for _ in range(settings.workers)])
