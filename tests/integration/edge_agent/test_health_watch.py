"""Health alerts through the agent's own parts: real cameras with faults on demand, a real outbox, time that flies.

The cameras run in real time; the watch has a clock under the test's hand, so that its hold-offs need no waiting.
"""

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.health_watch import HealthWatch
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.core.camera_health import HealthCondition
from edge_agent.core.camera_link import LinkState
from edge_agent.evidence.store import MediaStore
from edge_agent.link.relay_link import LinkState as RelayState
from edge_agent.ops.clock import SystemClock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.store import Outbox
from edge_agent.settings.model import AgentSettings
from edge_agent.settings.toml_file import parse_settings
from patrol_sim.cameras import SimCamera
from patrol_sim.server import SimServer
from patrol_wire.codec import decode_record
from patrol_wire.ids import Severity, Stream
from patrol_wire.records import HealthAlert
from tests.support.clips import make_clip
from tests.support.manual_clock import ManualClock
from tests.support.waiting import wait_until

CAMERA = """
[[camera]]
name = "{name}"
url = "{url}"
stall_after_s = 1.0
frozen_after_s = 1.0
blind_time_s = 2.0
{more}
"""
LOST, STALLED, FROZEN = HealthCondition.LOST, HealthCondition.STALLED, HealthCondition.FROZEN


@pytest.fixture(scope="module")
def sim(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimServer]:
    film = make_clip(tmp_path_factory.mktemp("film") / "film.mp4", seconds=4.0, fps=10, gop_s=1.0)
    with SimServer([SimCamera(name=name, source=film) for name in ("gate", "yard", "hall")]) as server:
        yield server


class Watched:
    """A room with its cameras, its outbox and its watch; ``pass_s`` lets time pass for the watch only."""

    def __init__(self, folder: Path, text: str, *, relay_offset_s: float | None = None) -> None:
        self.settings: AgentSettings = parse_settings(text, source="test")
        self.clock = ManualClock()
        self.metrics = RoomMetrics()
        self.outbox = Outbox(folder / "outbox.sqlite3", node="room", clock=self.clock)
        self.media = MediaStore(folder / "media", limit_bytes=10_000_000, reserve_bytes=0)
        self.cameras: dict[str, CameraWorker] = {}
        link = RelayState(phase="open", endpoint="", reason="", since_us=0, clock_offset_s=relay_offset_s)
        self.watch = HealthWatch(
            self.settings,
            cameras=self.cameras,
            outbox=self.outbox,
            media=self.media,
            link_state=lambda: link,
            disk_waits_s=lambda: 0.0,
            clock=self.clock,
            metrics=self.metrics,
        )
        self.camera_watch = CameraWatch(clock=SystemClock())
        self.camera_watch.start()
        for camera in self.settings.cameras:
            self.cameras[camera.name] = CameraWorker(
                camera,
                clock=SystemClock(),
                watch=self.camera_watch,
                take=lambda _name, _frame: None,
                on_link=lambda _change: None,
            )

    def start(self) -> None:
        for camera in self.cameras.values():
            camera.start()

    def stop(self) -> None:
        for camera in self.cameras.values():
            camera.stop()
        self.camera_watch.stop()
        self.outbox.close()

    def is_in(self, *states: LinkState, name: str = "gate") -> None:
        """Wait until a camera's link is in one of these states."""
        thread = self.cameras[name].thread
        wait_until(lambda: thread.figures.state in states, within_s=20, what=f"{name} is {' or '.join(states)}")

    def pass_s(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.advance(1.0)
            self.watch.look()

    def records(self) -> list[HealthAlert]:
        """The health alerts in the outbox, in order."""
        bodies = [decode_record(one.body) for one in self.outbox.unsettled(Stream.REPORTS, 0, 1_000)]
        return [body for body in bodies if isinstance(body, HealthAlert)]

    def told(self, name: str | None = "gate") -> list[tuple[str, str]]:
        """What was told of a camera, in order: ``raised`` or ``cleared`` and the condition."""
        return [
            ("cleared" if one.cleared_at else "raised", one.condition) for one in self.records() if one.camera == name
        ]


Room = Callable[..., Watched]


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Return a function that opens a room (again) in the test's folder."""
    opened: list[Watched] = []

    def open_room(text: str, **more: Any) -> Watched:
        for earlier in opened:
            earlier.stop()
        opened[:] = [Watched(tmp_path, text, **more)]
        return opened[0]

    yield open_room
    for one in opened:
        one.stop()


def camera(sim: SimServer, name: str = "gate", more: str = "") -> str:
    return CAMERA.format(name=name, url=sim.url(name), more=more)


def test_a_camera_that_flaps_is_lost_once_and_back_once_and_its_neighbour_never(room: Room, sim: SimServer) -> None:
    """Refused for half a minute, back for ten seconds, four times over; then back for good."""
    watched = room(camera(sim) + camera(sim, "yard"))
    watched.start()
    watched.is_in(LinkState.STREAMING)
    watched.is_in(LinkState.STREAMING, name="yard")
    watched.pass_s(120)
    assert watched.records() == []
    for _ in range(4):
        sim.begin_fault("gate", "refuse")
        watched.is_in(LinkState.BACKING_OFF, LinkState.CONNECTING)
        watched.pass_s(32)
        sim.end_fault("gate", "refuse")
        watched.cameras["gate"].thread.retry_now()
        watched.is_in(LinkState.STREAMING)
        watched.pass_s(10)
    assert watched.told() == [("raised", LOST)]
    assert [(one.condition, one.camera) for one in watched.watch.open_alerts] == [(LOST, "gate")]
    watched.pass_s(60)
    raised, cleared = watched.records()
    assert (raised.camera, raised.severity, raised.cleared_at) == ("gate", Severity.HIGH, 0)
    assert raised.reason
    assert cleared == HealthAlert(
        alert_id=raised.alert_id,
        camera="gate",
        condition="lost",
        severity=Severity.HIGH,
        raised_at=raised.raised_at,
        cleared_at=cleared.cleared_at,
        reason="no sign of it for 60 s",
    )
    assert cleared.cleared_at > raised.raised_at
    assert watched.watch.open_alerts == ()
    assert watched.watch.open_count(LOST) == 0


@pytest.mark.parametrize(
    ("fault", "state", "condition"),
    [("stall", LinkState.STALLED, STALLED), ("freeze", LinkState.FROZEN, FROZEN)],
)
def test_a_camera_that_stalls_or_freezes_is_told_as_that_and_once(
    room: Room, sim: SimServer, fault: str, state: LinkState, condition: HealthCondition
) -> None:
    # While a stall is among the last groups of pictures it counts as one; here a minute of the watch is less than that.
    watched = room(camera(sim, "hall", more='health_off = ["gop_too_long"]'))
    watched.start()
    watched.is_in(LinkState.STREAMING, name="hall")
    sim.begin_fault("hall", fault)
    watched.is_in(state, name="hall")
    watched.pass_s(40)
    sim.end_fault("hall", fault)
    watched.is_in(LinkState.STREAMING, name="hall")
    figures = watched.cameras["hall"].thread
    wait_until(lambda: figures.figures.state_s >= 1.0, within_s=10, what="the picture is known to change")
    watched.pass_s(70)
    assert watched.told("hall") == [("raised", condition), ("cleared", condition)]


def test_an_alert_that_is_open_at_a_restart_is_taken_up_and_cleared_once(room: Room, sim: SimServer) -> None:
    text = camera(sim).replace(sim.url("gate"), "rtsp://127.0.0.1:1/gate")
    first = room(text)
    first.start()
    first.is_in(LinkState.BACKING_OFF)
    first.pass_s(40)
    (alert,) = first.watch.open_alerts
    assert "127.0.0.1" in alert.reason
    again = room(text)
    assert again.watch.open_alerts == (alert,)
    again.start()
    again.is_in(LinkState.BACKING_OFF)
    again.pass_s(100)
    assert again.told() == [("raised", LOST)]
    mended = room(camera(sim))
    mended.start()
    mended.is_in(LinkState.STREAMING)
    mended.pass_s(70)
    assert mended.told() == [("raised", LOST), ("cleared", LOST)]
    assert {one.alert_id for one in mended.records()} == {alert.alert_id}
    assert mended.outbox.held_health_alerts() == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text.replace('name = "gate"', 'name = "door"'), "the camera is no longer in the settings"),
        (lambda text: text + 'health_off = ["lost"]\n', "it is no longer watched"),
        (lambda text: "[health.lost]\nenabled = false\n" + text, "it is no longer watched"),
    ],
)
def test_an_alert_that_nobody_watches_any_more_ends_with_the_restart(
    room: Room, change: Callable[[str], str], reason: str
) -> None:
    text = CAMERA.format(name="gate", url="rtsp://127.0.0.1:1/gate", more="")
    first = room(text)
    first.start()
    first.is_in(LinkState.BACKING_OFF)
    first.pass_s(40)
    again = room(change(text))
    again.pass_s(1)
    assert again.told() == [("raised", LOST), ("cleared", LOST)]
    assert again.records()[-1].reason == reason
    assert again.watch.open_alerts == ()


def test_a_camera_whose_keyframes_are_too_far_apart_is_told(room: Room, sim: SimServer) -> None:
    watched = room(camera(sim).replace("blind_time_s = 2.0", "blind_time_s = 0.5"))
    watched.start()
    thread = watched.cameras["gate"].thread
    wait_until(lambda: (thread.figures.gop_s or 0.0) > 0.95, within_s=20, what="the interval of the keyframes is known")
    watched.pass_s(70)
    assert watched.told() == [("raised", HealthCondition.GOP_TOO_LONG)]
    assert "1.0 s apart" in watched.records()[0].reason


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Let the kernel refuse longer files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_cannot_be_stored_now_is_stored_later_in_order(room: Room) -> None:
    """The disk that is full is the one the alert about it must be written to."""
    watched = room(
        "[health.evidence_disk_low]\nleast_free_mib = 1_048_576\n"
        + CAMERA.format(name="gate", url="rtsp://127.0.0.1:1/gate", more="")
    )
    with files_no_longer_than(4_096):
        watched.pass_s(15)
        assert watched.told(None) == []
        assert [one.condition for one in watched.watch.open_alerts] == [HealthCondition.EVIDENCE_DISK_LOW]
    watched.pass_s(1)
    assert watched.told(None) == [("raised", HealthCondition.EVIDENCE_DISK_LOW)]
    assert "MiB are free" in watched.records()[0].reason


@pytest.mark.parametrize(
    ("offset_s", "step_s", "said"),
    [(3.5, 0.0, "3.5 s ahead of the relay's"), (None, -40.0, "was set by -40.0 s")],
)
def test_a_rooms_own_clock_that_is_wrong_is_told_of_the_room(
    room: Room, offset_s: float | None, step_s: float, said: str
) -> None:
    watched = room(CAMERA.format(name="gate", url="rtsp://127.0.0.1:1/gate", more=""), relay_offset_s=offset_s)
    watched.pass_s(5)
    watched.clock.step_wall(step_s)
    watched.pass_s(40)
    assert watched.told(None) == [("raised", HealthCondition.CLOCK_DRIFT)]
    assert said in watched.records()[0].reason


def test_what_the_pictures_show_is_told_of_the_camera_while_it_streams(room: Room, sim: SimServer) -> None:
    watched = room(camera(sim))
    worker = watched.cameras["gate"]
    worker.picture_conditions = frozenset({HealthCondition.COVERED})
    watched.start()
    watched.is_in(LinkState.STREAMING)
    watched.pass_s(100)
    worker.picture_conditions = frozenset()
    watched.pass_s(70)
    assert watched.told() == [("raised", HealthCondition.COVERED), ("cleared", HealthCondition.COVERED)]
