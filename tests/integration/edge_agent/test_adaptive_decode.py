"""The room with and without adaptive decode on the same streets: the same alerts, less work.

One run of half a minute serves all tests: films of generated streets as cameras (their timeline is the scene's own, so
starts can be compared to the picture), and one camera over RTSP whose groups are longer than its blind time.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import pytest

from edge_agent.app.analysis import Analysis
from edge_agent.app.analysis_child import AnalysisChild
from edge_agent.app.camera_worker import CameraWorker
from edge_agent.capture.camera_thread import CameraFigures
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.capture.frames import Frame
from edge_agent.core.alerts import AlertChange, AlertEnded, AlertRaised
from edge_agent.core.camera_link import LinkState
from edge_agent.ops.clock import SystemClock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.settings.toml_file import parse_settings
from patrol_sim.cameras import SimCamera
from patrol_sim.scene.picture import Scene
from patrol_sim.scene.settings import SceneSettings
from patrol_sim.server import SimServer
from tests.support.waiting import wait_until

SEEDS = (1, 2, 4)
FPS, GOP_S, ANALYSE_FPS = 10, 2, 5.0
STREET = SceneSettings(fps=FPS, gop=FPS * GOP_S, duration_s=24.0, busy_share=0.25)
"""Nobody for nine seconds, six seconds of people and cars, nobody again."""
CAMERA = """
[[camera]]
name = "{name}"
url = "{url}"
analyse_fps = 5.0
blind_time_s = {blind_time_s}
  [[camera.zone]]
  name = "road"
  polygon = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
  [[camera.rule]]
  name = "road"
  kind = "intrusion"
  zone = "road"
"""


@dataclass(slots=True)
class Observed:
    """What one camera of the run told."""

    starts_s: list[float] = field(default_factory=list)
    ends_s: list[float] = field(default_factory=list)
    frames: list[tuple[float, bool]] = field(default_factory=list)
    modes: set[str] = field(default_factory=set)
    figures: CameraFigures | None = None


def film_of(settings: SceneSettings, path: Path) -> Path:
    """Write a scene as an MP4 in the way cameras encode: keyframes at a fixed beat, no B pictures."""
    rules = f"keyint={settings.keyframe_every}:min-keyint={settings.keyframe_every}:scenecut=0:bframes=0"
    with av.open(str(path), mode="w") as container:
        stream = container.add_stream(
            "libx264", rate=settings.fps, options={"preset": "superfast", "x264-params": rules}
        )
        stream.width, stream.height, stream.pix_fmt = settings.width, settings.height, "yuv420p"
        stream.codec_context.thread_count = 1
        stream.bit_rate = 490_000
        for picture in Scene(settings).pictures():
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Observed]]:
    """Play everything once through the agent's own parts; the observations by camera name."""
    folder = tmp_path_factory.mktemp("streets")
    long_groups = SceneSettings(fps=FPS, gop=FPS * 4, duration_s=8.0, busy_share=0.0, width=320, height=240)
    with SimServer([SimCamera(name="long", source=long_groups)]) as sim:
        tables = [CAMERA.format(name="long", url=sim.url("long"), blind_time_s=2.0)]
        for seed in SEEDS:
            film = film_of(STREET.with_seed(seed), folder / f"{seed}.mp4")
            tables.append(CAMERA.format(name=f"full-{seed}", url=film, blind_time_s=0.0))
            tables.append(CAMERA.format(name=f"adaptive-{seed}", url=film, blind_time_s=2.0))
        yield play("".join(tables))


def play(text: str) -> dict[str, Observed]:
    settings = parse_settings(text, source="test")
    told: dict[str, Observed] = {camera.name: Observed() for camera in settings.cameras}

    def take_changes(camera: CameraWorker, frame: Frame, changes: tuple[AlertChange, ...]) -> None:
        for change in changes:
            if isinstance(change, AlertRaised):
                told[camera.name].starts_s.append(change.start_s)
            elif isinstance(change, AlertEnded):
                told[camera.name].ends_s.append(change.end_s)

    clock = SystemClock()
    child = AnalysisChild(settings)
    child.await_ready(clock)
    analysis = Analysis(
        child,
        settings,
        clock=clock,
        metrics=RoomMetrics(),
        take_changes=take_changes,
        keep_seen=lambda _camera, _seen: None,
    )
    watch = CameraWatch(clock=clock)

    def take(camera: str, frame: Frame) -> None:
        told[camera].frames.append((frame.media_s, frame.replayed))
        told[camera].modes.add(str(cameras[camera].thread.figures.mode))
        analysis.take(camera, frame)

    cameras = {
        camera.name: CameraWorker(
            camera,
            clock=clock,
            watch=watch,
            take=take,
            on_link=lambda _change: None,
        )
        for camera in settings.cameras
    }
    films = [camera for name, camera in cameras.items() if name != "long"]
    analysis.start(cameras)
    for camera in cameras.values():
        camera.start()
    watch.start()
    try:
        wait_until(
            lambda: all(film.thread.figures.state is LinkState.DISABLED for film in films),
            within_s=STREET.duration_s + 20,
            what="the films play to their end",
        )
        wait_until(lambda: not analysis.slots.waiting, within_s=5, what="everything is analysed")
        for name, camera in cameras.items():
            told[name].figures = camera.thread.figures
    finally:
        watch.stop()
        analysis.stop()
        for camera in cameras.values():
            camera.stop()
    return told


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_alerts_begin_within_one_analysed_picture_of_full_decode(run: dict[str, Observed], seed: int) -> None:
    full, adaptive = run[f"full-{seed}"], run[f"adaptive-{seed}"]
    assert full.starts_s, "the street has people; full decode sees them"
    assert adaptive.starts_s == pytest.approx(full.starts_s, abs=1 / ANALYSE_FPS + 0.01)
    assert adaptive.ends_s == pytest.approx(full.ends_s, abs=1 / ANALYSE_FPS + 0.01)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_resting_camera_decodes_keyframes_and_wakes_with_every_picture_of_the_event(
    run: dict[str, Observed], seed: int
) -> None:
    full, adaptive = run[f"full-{seed}"], run[f"adaptive-{seed}"]
    assert adaptive.modes == {"full", "keyframes"}
    assert full.modes == {"full"}
    assert any(replayed for _, replayed in adaptive.frames)
    assert [at_s for at_s, _ in adaptive.frames] == sorted(at_s for at_s, _ in adaptive.frames)
    visits = Scene(STREET.with_seed(seed)).truth.visits
    enter_s, leave_s = min(v.enter_s for v in visits), max(v.leave_s for v in visits)
    during = [round(at_s, 2) for at_s, _ in full.frames if enter_s <= at_s <= leave_s]
    assert set(during) <= {round(at_s, 2) for at_s, _ in adaptive.frames}
    assert adaptive.figures is not None
    assert full.figures is not None
    assert adaptive.figures.decoded < 0.8 * full.figures.decoded


def test_groups_longer_than_the_blind_time_are_decoded_fully(run: dict[str, Observed]) -> None:
    """A keyframe every four seconds would leave four seconds unseen where two were promised."""
    long = run["long"]
    assert long.modes == {"full"}
    assert long.figures is not None
    assert long.figures.gop_s == pytest.approx(4.0, abs=0.2)
    assert long.figures.decoded >= long.figures.packets - 1 - FPS * 4
