"""The clip holds the event, and picture, clip and alert agree about the moment, whatever the clocks and the network do.

A white square walks over a film; every picture shows it at a place of its own, so the number of a picture can be read
off it: from the snapshot, from the clip at the snapshot's moment, and from the whole clip.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest

from edge_agent.app.agent import Agent
from edge_agent.app.prepared import prepare
from edge_agent.ops.clock import SystemClock
from patrol_sim.cameras import SimCamera
from patrol_sim.server import SimServer
from patrol_wire.codec import decode_record
from patrol_wire.ids import Stream
from patrol_wire.records import Alert, AlertEnd, MediaManifest
from tests.support.clips import make_clip
from tests.support.waiting import wait_until

FPS, WIDTH, HEIGHT = 10, 320, 240
PICTURES = 70
ZONE_FROM = 0.4
SIDE = HEIGHT // 4
ENTERS = round((ZONE_FROM * WIDTH - SIDE / 2) / 2)
"""The picture in which the middle of the square comes into the zone: it walks two pixels a picture."""
ROOM = """
[room]
name = "room-a"
[paths]
state_dir = "{state}"
[console]
port = 0
"""
CAMERA = """
[[camera]]
name = "{name}"
url = "{url}"
analyse_fps = 10.0
pre_roll_s = 4.0
post_roll_s = 1.0
stall_after_s = 9.0
blind_time_s = {blind_time_s}
  [[camera.zone]]
  name = "right"
  polygon = [[{zone_from}, 0.0], [1.0, 0.0], [1.0, 1.0], [{zone_from}, 1.0]]
  [[camera.rule]]
  name = "into-the-right"
  kind = "intrusion"
  zone = "right"
  cool_down_s = 1.0
"""


class SteppingClock(SystemClock):
    """A machine whose wall clock somebody sets."""

    def __init__(self) -> None:
        self.set_by_us = 0

    def now_us(self) -> int:
        return super().now_us() + self.set_by_us


@dataclass(frozen=True, slots=True)
class Kept:
    """One event with all that was kept of it."""

    alert: Alert
    end: AlertEnd
    snapshot: MediaManifest
    snapshot_file: bytes
    clip: MediaManifest
    clip_file: bytes


FAULTS: dict[str, tuple[str, float] | None] = {
    "plain": None,
    "resting": None,
    "jitter": ("jitter", 5.0),
    "drift": ("drift", 500.0),
    "jump-ahead": ("clock_jump", 3600.0),
    "jump-back": ("clock_jump", -3600.0),
}
"""What befalls each camera in the middle of its first event."""
STEPS_S = {"wall-ahead": 3600.0, "wall-back": -90.0}
"""How the room's own clock is set in the middle of an event."""


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimServer]:
    film = make_clip(
        tmp_path_factory.mktemp("film") / "walk.mp4",
        seconds=PICTURES / FPS,
        fps=FPS,
        gop_s=1.0,
        width=WIDTH,
        height=HEIGHT,
    )
    with SimServer([SimCamera(name=name, source=film) for name in (*FAULTS, *STEPS_S)]) as server:
        yield server


@contextmanager
def running(folder: Path, sim: SimServer, cameras: Iterable[str], clock: SteppingClock) -> Iterator[Agent]:
    config = folder / "room.toml"
    text = ROOM.format(state=folder / "state")
    for name in cameras:
        blind_time_s = 2.0 if name == "resting" else 0.0
        text += CAMERA.format(name=name, url=sim.url(name), zone_from=ZONE_FROM, blind_time_s=blind_time_s)
    config.write_text(text)
    (folder / "state").mkdir()
    agent = Agent(prepare(config, clock=clock), clock=clock, version="0")
    agent.start()
    try:
        yield agent
    finally:
        agent.stop()


@pytest.fixture(scope="module")
def told(sim: SimServer, tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Kept]]:
    """Run a room per way to go wrong; returns what was kept of the event that was hit, and of one after it.

    The rooms run side by side: each waits for the same film, and most of the time it waits.
    """
    with ThreadPoolExecutor() as rooms:
        started = [rooms.submit(faults_in_a_room, sim, tmp_path_factory.mktemp("faults"))]
        for name, step_s in STEPS_S.items():
            started.append(rooms.submit(step_in_a_room, sim, tmp_path_factory.mktemp(name), name, step_s))
        return {name: kept for room in started for name, kept in room.result().items()}


def faults_in_a_room(sim: SimServer, folder: Path) -> dict[str, list[Kept]]:
    clock = SteppingClock()
    with running(folder, sim, FAULTS, clock) as agent:
        hit_us: dict[str, int] = {}

        def hit() -> bool:
            for alert in alerts_of(agent):
                if alert.camera not in hit_us:
                    fault = FAULTS[alert.camera]
                    if fault is not None:
                        sim.begin_fault(alert.camera, *fault)
                    hit_us[alert.camera] = clock.now_us()
            return len(hit_us) == len(FAULTS)

        wait_until(hit, within_s=30, what="the square walks into every zone")
        return {name: both(agent, folder, camera=name, after_us=hit_us[name]) for name in FAULTS}


def step_in_a_room(sim: SimServer, folder: Path, name: str, step_s: float) -> dict[str, list[Kept]]:
    clock = SteppingClock()
    with running(folder, sim, [name], clock) as agent:
        wait_until(partial(alerts_of, agent), within_s=30, what="the square walks into the zone")
        clock.set_by_us += round(step_s * 1_000_000)
        return {name: both(agent, folder, camera=name, after_us=clock.now_us())}


def both(agent: Agent, folder: Path, *, camera: str, after_us: int) -> list[Kept]:
    wait_until(
        lambda: len(evidence(agent, folder, camera=camera, after_us=after_us)) == 2,
        within_s=40,
        what=f"the event of {camera} that was hit and one after it, with their clips",
    )
    return evidence(agent, folder, camera=camera, after_us=after_us)


def alerts_of(agent: Agent) -> list[Alert]:
    bodies = (decode_record(record.body) for record in agent.outbox.unsettled(Stream.ALERTS, 0, 1_000))
    return [body for body in bodies if isinstance(body, Alert)]


def evidence(agent: Agent, folder: Path, *, camera: str, after_us: int) -> list[Kept]:
    """Return the camera's first event and its first after a moment of the told time, as far as all of it is kept."""
    bodies = [
        decode_record(record.body)
        for stream in (Stream.ALERTS, Stream.MEDIA)
        for record in agent.outbox.unsettled(stream, 0, 1_000)
    ]
    ends = {body.alert_id: body for body in bodies if isinstance(body, AlertEnd)}
    media = [body for body in bodies if isinstance(body, MediaManifest)]
    alerts = [alert for alert in alerts_of(agent) if alert.camera == camera]
    wanted = [alerts[0], *[alert for alert in alerts[1:] if alert.raised_at >= after_us][:1]]
    found = []
    for alert in wanted:
        mine = [manifest for manifest in media if manifest.alert_id == alert.alert_id]
        first = next((one for one in mine if one.sha256 == alert.snapshot), None)
        clip = next((one for one in mine if one.media_type == "video/mp4"), None)
        if first is not None and clip is not None and alert.alert_id in ends:
            state = folder / "state"
            found.append(Kept(alert, ends[alert.alert_id], first, stored(state, first), clip, stored(state, clip)))
    return found


def stored(state: Path, manifest: MediaManifest) -> bytes:
    (path,) = (state / "media").glob(f"{manifest.sha256[:2]}/{manifest.sha256}*")
    return path.read_bytes()


def number_of(frame: av.VideoFrame) -> int:
    """Read the number of a picture off the place of its square."""
    luma = frame.to_ndarray(format="gray")
    columns = luma[HEIGHT // 3 + 4 : HEIGHT // 3 + SIDE - 4].mean(axis=0)
    bright = np.flatnonzero(columns > 215)  # brighter than the line around it in a snapshot
    return round(float(bright[0] + bright[-1] + 1 - SIDE) / 2 / 2)


def pictures_of(clip: bytes) -> list[tuple[float, int]]:
    """Return second and number of every picture of a clip."""
    with av.open(BytesIO(clip), mode="r") as container:
        return [(float(frame.time or 0.0), number_of(frame)) for frame in container.decode(video=0)]


@pytest.mark.parametrize("camera", [*FAULTS, *STEPS_S])
def test_clip_snapshot_and_alert_show_the_same_moment(told: dict[str, list[Kept]], camera: str) -> None:
    for one in told[camera]:
        clip = pictures_of(one.clip_file)
        assert any(abs(number - ENTERS) <= 1 for _, number in clip), "the clip shows how the square comes in"
        with av.open(BytesIO(one.snapshot_file), mode="r") as snapshot:
            shown = number_of(next(snapshot.decode(video=0)))
        at_s = (one.snapshot.started_at - one.clip.started_at) / 1e6
        in_clip = min(clip, key=lambda picture: abs(picture[0] - at_s))[1]
        assert abs(in_clip - shown) <= 1, "clip and snapshot agree about the moment"
        assert 0 <= one.alert.started_at - one.clip.started_at <= 10_000_000
        assert one.alert.started_at <= one.snapshot.started_at
        assert one.end.ended_at >= one.alert.started_at
