"""The analysis of a room as a process of its own: pictures in shared memory in, decisions out.

Run by ``app/analysis_child.py`` as ``python -m edge_agent.detect.analysis_process``. It has an interpreter lock of its
own, so that a hundred small steps per picture do not stand in line behind a hundred threads that read cameras, and what
breaks in it (a model, a native library) stops neither recording nor flags.
"""

import sys
from collections.abc import Callable
from typing import Annotated, Final
from zoneinfo import ZoneInfo

import cv2
import msgspec
import structlog

from edge_agent.detect.analyser import CameraAnalysis, ModelFacts
from edge_agent.detect.analysis_server import AnalysisServer
from edge_agent.detect.camera_desk import CameraDesk
from edge_agent.detect.canvas import CanvasForm
from edge_agent.detect.detector_crew import DetectorCrew
from edge_agent.detect.errors import ModelError
from edge_agent.detect.look_desk import LookDesk
from edge_agent.detect.manifest import load_catalogue
from edge_agent.detect.messages import Ready, Refused, encode
from edge_agent.detect.motion_detector import MotionDetector
from edge_agent.detect.room_analysis import WEAK_SHARE, analysis_of
from edge_agent.detect.shared_pictures import SharedPictures
from edge_agent.ops.channel import ChannelClosedError
from edge_agent.ops.child_process import stand_by_parent
from edge_agent.ops.clock import Clock, SystemClock
from edge_agent.ops.logging import configure_logging
from edge_agent.ops.priority import go_first
from edge_agent.settings.model import AgentSettings, CameraSettings, DetectorSettings

log = structlog.get_logger(__name__)

MODULE: Final = "edge_agent.detect.analysis_process"
GOES_FIRST: Final = 10
"""Steps of nice by which it goes before the room's program, where it may: every picture of every camera waits for this
one thread, and it takes a tenth of what the threads take that decode."""


class AnalysisSetup(msgspec.Struct, frozen=True, kw_only=True):
    """What the analysis is to be."""

    settings: str
    """AgentSettings as JSON."""
    slots: Annotated[int, msgspec.Meta(ge=1)]


def setup_of(settings: AgentSettings, *, slots: int) -> bytes:
    """Return what ``main`` reads."""
    return msgspec.json.encode(AnalysisSetup(settings=settings.model_dump_json(by_alias=True), slots=slots))


def main() -> int:
    """Serve until the room ends."""
    channel, shared, given = stand_by_parent(sys.argv[1:])
    setup = msgspec.json.decode(given, type=AnalysisSetup)
    settings = AgentSettings.model_validate_json(setup.settings)
    configure_logging(form=settings.log.form, level=settings.log.level, room=settings.room.name)
    cv2.setNumThreads(1)
    clock = SystemClock()
    try:
        model = _Model.open(settings.detector, clock=clock)
    except ModelError as error:
        channel.send(encode(Refused(sentence=str(error))))
        return 2
    pictures = SharedPictures(shared[0], slots=setup.slots)
    server = AnalysisServer(
        channel,
        pictures,
        model.desks(settings),
        looks=model.looks,
        new_analysis=lambda camera: model.analysis_of(camera, settings.detector),
        clock=clock,
        time_zone=ZoneInfo(settings.room.time_zone),
    )
    if not go_first(GOES_FIRST):
        log.info("analysis_goes_with_the_rest", reason="the machine gives no priority; LimitNICE=-10 in the unit does")
    channel.send(encode(Ready(report=model.report)))
    try:
        server.run()
    except ChannelClosedError:
        model.end()
    return 0


class _Model:
    """The model of the room with its detectors, or none."""

    def __init__(
        self,
        facts: ModelFacts,
        labels: tuple[str, ...] = (),
        looks: LookDesk | None = None,
        crew: DetectorCrew | None = None,
        report: dict[str, object] | None = None,
    ) -> None:
        self.facts = facts
        self.labels = labels
        self.looks = looks
        self._crew = crew
        self.report = report or {}

    @classmethod
    def open(cls, settings: DetectorSettings, *, clock: Clock) -> "_Model":
        """Start the detectors that the settings want; raises ModelError."""
        if settings.kind == "motion":
            return cls(ModelFacts.of(MotionDetector()))
        crew: DetectorCrew | None = None
        try:
            crew = DetectorCrew(settings, min_score=settings.min_score * WEAK_SHARE, clock=clock)
            ready = crew.await_ready()
        except (ModelError, OSError) as error:
            if crew is not None:
                crew.end()
            raise (
                error
                if isinstance(error, ModelError)
                else ModelError(
                    f"a detector process cannot be started ({error.strerror}); free memory or allow more processes"
                )
            ) from error
        catalogue = load_catalogue(settings.models_dir)
        entry = catalogue.entry(ready.entry)
        labels = catalogue.labels(entry)
        facts = ModelFacts(input_size=entry.input, usual_labels=frozenset(entry.usual_labels or labels))
        looks = LookDesk(crew, CanvasForm.of(entry), workers=settings.workers, clock=clock)
        return cls(facts, labels, looks, crew, ready.report)

    def desks(self, settings: AgentSettings) -> list[CameraDesk]:
        """Return a desk for every camera, in the order of the settings."""
        return [
            CameraDesk(
                camera.name,
                self.analysis_of(camera, settings.detector),
                labels=self.labels,
                looks_per_s=settings.detector.looks_per_s,
            )
            for camera in settings.cameras
        ]

    def analysis_of(self, camera: CameraSettings, settings: DetectorSettings) -> Callable[[], CameraAnalysis]:
        """Return what begins the analysis of one camera."""
        return lambda: analysis_of(camera, settings, self.facts)

    def end(self) -> None:
        """End the detectors."""
        if self._crew is not None:
            self._crew.end()


if __name__ == "__main__":
    sys.exit(main())
