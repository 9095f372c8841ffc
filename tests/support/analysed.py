"""The room's analysis as it runs in the agent, fed by hand with the pictures of a scene."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av

from edge_agent.app.analysis import Analysis
from edge_agent.app.analysis_child import AnalysisChild
from edge_agent.app.camera_worker import CameraWorker
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.capture.frames import Frame
from edge_agent.core.alerts import AlertChange, AlertRaised
from edge_agent.ops.clock import SystemClock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.settings.model import AgentSettings
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import SceneSettings
from tests.support.waiting import wait_until

STREET = SceneSettings(fps=5, gop=10, duration_s=12.0, busy_share=0.6, width=320, height=240, seed=3)
CAMERA = """
[[camera]]
name = "{name}"
url = "rtsp://192.0.2.1/{name}"
  [[camera.zone]]
  name = "street"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.rule]]
  name = "in-the-street"
  kind = "intrusion"
  zone = "street"
"""


@dataclass(slots=True)
class Analysed:
    """An analysis with what it told."""

    analysis: Analysis
    cameras: dict[str, CameraWorker]
    metrics: RoomMetrics
    told: list[tuple[str, AlertChange]] = field(default_factory=list)
    seen: list[tuple[str, bytes]] = field(default_factory=list)
    clock: SystemClock = field(default_factory=SystemClock)

    def raised(self, camera: str) -> list[AlertRaised]:
        """Return the alerts of a camera."""
        return [change for name, change in self.told if name == camera and isinstance(change, AlertRaised)]

    def show(self, camera: str, number: int, picture: av.VideoFrame, *, fps: float = 5.0) -> None:
        """Offer one picture and wait until it is decided or lost."""
        before = self.decided(camera)
        self.offer(camera, number, picture, fps=fps)
        wait_until(
            lambda: self.decided(camera) > before or self.lost() > 0,
            within_s=20,
            what=f"picture {number} of {camera} is decided",
        )

    def offer(self, camera: str, number: int, picture: av.VideoFrame, *, fps: float = 5.0) -> None:
        """Offer one picture as the camera's thread does."""
        frame = Frame(
            video_frame=picture,
            media_s=number / fps,
            captured_at=self.clock.now_us(),
            time_error_ms=20,
            clock_suspect=False,
            sequence=number + 1,
            width=picture.width,
            height=picture.height,
            arrived_s=self.clock.instant(),
        )
        self.analysis.take(camera, frame)

    def decided(self, camera: str) -> int:
        """Return how many pictures of a camera were decided, for good or bad."""
        worker = self.cameras[camera]
        return worker.analysed + worker.faults

    def lost(self) -> float:
        """Return how many pictures were lost with a process."""
        return (
            self.metrics.registry.get_sample_value(
                "patrol_room_lost_total", {"kind": "picture", "reason": "analysis_fell"}
            )
            or 0.0
        )


def pictures(settings: SceneSettings = STREET) -> Iterator[av.VideoFrame]:
    """Yield the scene's pictures as a decoder gives them."""
    for picture in Scene(settings).pictures():
        yield av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format="yuv420p")


@contextmanager
def analysed(settings: AgentSettings) -> Iterator[Analysed]:
    """Start the processes of these settings' analysis and end them with the test."""
    clock, metrics = SystemClock(), RoomMetrics()
    child = AnalysisChild(settings)
    child.await_ready(clock)
    told: list[tuple[str, AlertChange]] = []

    def take(camera: CameraWorker, frame: Frame, changes: tuple[AlertChange, ...]) -> None:
        told.extend((camera.name, change) for change in changes)

    seen: list[tuple[str, bytes]] = []
    analysis = Analysis(
        child,
        settings,
        clock=clock,
        metrics=metrics,
        take_changes=take,
        keep_seen=lambda camera, picture: seen.append((camera, picture)),
    )
    watch = CameraWatch(clock=clock)
    cameras = {
        camera.name: CameraWorker(camera, clock=clock, watch=watch, take=analysis.take, on_link=lambda _change: None)
        for camera in settings.cameras
    }
    analysis.start(cameras)
    try:
        yield Analysed(analysis=analysis, cameras=cameras, metrics=metrics, told=told, seen=seen)
    finally:
        analysis.stop()


def catalogue_with(folder: Path, weights: Path) -> Path:
    """Return a models folder with the repository's catalogue and links to the weights that lie elsewhere."""
    root = Path(__file__).resolve().parents[2]
    for file in (root / "models").iterdir():
        (folder / file.name).write_bytes(file.read_bytes())
    for file in weights.glob("*.onnx"):
        (folder / file.name).symlink_to(file)
    return folder
