"""The way of an alert while the disk takes nothing: whoever hears the analysis never waits for it."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from edge_agent.app.alert_path import AlertPath
from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.clip_path import ClipPath
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.capture.frames import Frame, luma
from edge_agent.core.alerts import AlertEnded, AlertRaised
from edge_agent.core.boxes import Box
from edge_agent.evidence.store import MediaStore
from edge_agent.ops.clock import Clock, SystemClock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.store import Outbox
from edge_agent.settings.toml_file import parse_settings
from patrol_wire.codec import decode_record
from patrol_wire.ids import Forward, Severity
from patrol_wire.records import Alert
from tests.support.manual_clock import ManualClock
from tests.support.waiting import wait_until

ROOM = '[[camera]]\nname = "gate"\nurl = "rtsp://127.0.0.1:9/nobody"\n'
CLOCK = SystemClock()


def raised(key: int) -> AlertRaised:
    return AlertRaised(
        key=key,
        track_id=key,
        rule="in",
        category="intrusion",
        severity=Severity.NORMAL,
        forward=Forward.SUGGEST,
        label="person",
        zone="yard",
        box=Box(left=0.1, top=0.1, right=0.4, bottom=0.8),
        score=0.9,
        start_s=float(key),
        raised_s=float(key),
        clip_from_s=float(key),
    )


def frame(number: int, *, brightness: int = 16, replayed: bool = False) -> Frame:
    planes = np.full((72, 64), 128, dtype=np.uint8)
    planes[:48] = brightness
    picture = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    picture.pts, picture.time_base = number, Fraction(1)
    return Frame(
        video_frame=picture,
        media_s=float(number),
        captured_at=1_790_000_000_000_000 + number,
        time_error_ms=1,
        clock_suspect=False,
        sequence=number,
        width=64,
        height=48,
        replayed=replayed,
    )


def alert_path(folder: Path, metrics: RoomMetrics, *, clock: Clock) -> tuple[Outbox, AlertPath]:
    outbox = Outbox(folder / "outbox.sqlite3", node="room-a", clock=CLOCK)
    media = MediaStore(folder / "media", limit_bytes=10**9, reserve_bytes=0)
    clips = ClipPath(media=media, outbox=outbox, clock=CLOCK, metrics=metrics)
    return outbox, AlertPath(media=media, outbox=outbox, clips=clips, clock=clock, metrics=metrics)


def gate() -> CameraWorker:
    (settings,) = parse_settings(ROOM, source="test").cameras
    return CameraWorker(
        settings, clock=CLOCK, watch=CameraWatch(clock=CLOCK), take=lambda _name, _frame: None, on_link=lambda _: None
    )


@pytest.fixture
def metrics() -> RoomMetrics:
    return RoomMetrics()


def lost(metrics: RoomMetrics, kind: str) -> float:
    return metrics.registry.get_sample_value("patrol_room_lost_total", {"kind": kind, "reason": "queue_full"}) or 0.0


def test_alerts_that_wait_for_the_disk_hold_up_nobody_and_become_durable_in_order(
    tmp_path: Path, metrics: RoomMetrics
) -> None:
    """Sixty-four wait with their picture, then a thousand without, then they are dropped: each is counted."""
    outbox, path = alert_path(tmp_path, metrics, clock=CLOCK)
    camera, frames = gate(), [frame(number) for number in range(1_100)]
    began_s = CLOCK.instant()
    for number, seen in enumerate(frames):  # nothing is started: the lane stands, as behind a disk that hangs
        path.take(camera, seen, (raised(number),))
    path.take(camera, frame(2_000), (AlertEnded(key=3, end_s=9.0, label="person"),))
    assert CLOCK.instant() - began_s < 1.0
    assert lost(metrics, "snapshot") == 1_100 - 64
    assert lost(metrics, "alert") == 1_100 - 1_024
    assert path.lost == 1_100 - 1_024
    path.start()
    wait_until(lambda: outbox.depth().tally.get("stored", 0) == 1_024, within_s=60, what="the disk takes them again")
    assert sum(row.snapshot is not None for row in outbox.newest_alerts(2_000)) == 64
    assert path.waits_s > 0.0
    path.stop()
    outbox.close()


def test_an_alert_was_raised_when_it_was_decided_however_long_the_disk_takes(
    tmp_path: Path, metrics: RoomMetrics
) -> None:
    clock = ManualClock()
    decided_at = clock.now_us()
    outbox, path = alert_path(tmp_path, metrics, clock=clock)
    camera = gate()
    for number in range(3):  # the lane stands, as behind a disk that hangs
        path.take(camera, frame(number), (raised(number),))
        clock.advance(7.0)
    path.start()
    wait_until(lambda: outbox.depth().tally.get("stored", 0) == 3, within_s=60, what="the disk takes them again")
    told = [decode_record(row.body) for row in outbox.newest_alerts(3)]
    raised_at = sorted(one.raised_at for one in told if isinstance(one, Alert))
    assert raised_at == [decided_at, decided_at + 7_000_000, decided_at + 14_000_000]
    path.stop()
    outbox.close()


def test_every_alert_shows_its_own_picture_though_their_memory_is_used_again(
    tmp_path: Path, metrics: RoomMetrics
) -> None:
    """A picture of a replay may be somebody else's, too: it is shown, and never written over."""
    outbox, path = alert_path(tmp_path, metrics, clock=CLOCK)
    camera, replayed = gate(), frame(3, brightness=130, replayed=True)
    path.start()
    for number in range(12):
        seen = replayed if number == 3 else frame(number, brightness=100 + 10 * number)
        path.take(camera, seen, (raised(number),))
        if number % 3 == 2:  # some come while others wait, and some after their memory was given back
            wait_until(
                lambda number=number: outbox.depth().tally.get("stored", 0) == number + 1,  # type: ignore[misc]
                within_s=60,
                what="they are durable",
            )
    for row in outbox.newest_alerts(12):
        alert = decode_record(row.body)
        assert isinstance(alert, Alert)
        assert alert.snapshot is not None
        (file,) = (tmp_path / "media").rglob(f"{alert.snapshot}*")
        picture = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
        assert picture is not None
        number = alert.started_at - 1_790_000_000_000_000
        expected = (100 + 10 * number - 16) * 255 / 219
        assert abs(float(picture[5:45, 40:60].mean()) - expected) < 4.0, number
    assert (luma(replayed.video_frame) == 130).all()
    path.stop()
    outbox.close()
