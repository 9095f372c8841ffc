"""Clips of events that share their seconds: told once each, kept once, and kept for as long as either needs them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from edge_agent.app.camera_worker import CameraWorker
from edge_agent.app.clip_path import ClipJob, ClipPath
from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.camera_watch import CameraWatch
from edge_agent.capture.file_reader import FileReader
from edge_agent.evidence.store import MediaStore
from edge_agent.ops.clock import SystemClock
from edge_agent.ops.metrics import RoomMetrics
from edge_agent.outbox.store import Outbox
from edge_agent.settings.toml_file import parse_settings
from patrol_wire.codec import decode_record
from patrol_wire.ids import Stream
from patrol_wire.records import MediaManifest
from tests.support.clips import make_clip
from tests.support.waiting import wait_until

ROOM = '[[camera]]\nname = "gate"\nurl = "rtsp://127.0.0.1:9/nobody"\npre_roll_s = 1.0\npost_roll_s = 1.0\n'
MASK = "  [[camera.mask]]\n  polygon = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5]]\n"
CLOCK = SystemClock()
ONE, OTHER, LATER = (f"00000000-0000-7000-8000-{number:012x}" for number in range(3))
TOLD_AT = 1_790_000_000_000_000


def gate(film: Path, *, further: str = "") -> CameraWorker:
    """Return a camera whose ring holds a film."""
    (settings,) = parse_settings(ROOM + further, source="test").cameras
    camera = CameraWorker(
        settings, clock=CLOCK, watch=CameraWatch(clock=CLOCK), take=lambda _name, _frame: None, on_link=lambda _: None
    )
    reader = FileReader.open(CameraSource(name="film", url=str(film)), clock=CLOCK)
    assert isinstance(reader, FileReader), reader
    with reader:
        for _ in reader:
            pass
    for packet in reader.ring.cut(0.0, 60.0):
        camera.main.ring.append(packet)
    return camera


def job(camera: CameraWorker, name: str, *, start_s: float, end_s: float) -> ClipJob:
    return ClipJob(
        alert_id=name,
        camera=camera,
        stream=camera.main,
        start_s=start_s,
        started_at=TOLD_AT + round(start_s * 1e6),
        end_s=end_s,
        is_flag=False,
        is_over=True,
    )


class CountingStore(MediaStore):
    """A media folder that knows how many clips were written for it."""

    written = 0

    def incoming_path(self, media_type: str) -> Path:
        self.written += 1
        return super().incoming_path(media_type)


@dataclass(frozen=True, slots=True)
class Told:
    """A clip path at work."""

    clips: ClipPath
    media: CountingStore
    outbox: Outbox

    @property
    def clip_of(self) -> dict[str, set[str]]:
        """Whose clip each content is."""
        found: dict[str, set[str]] = {}
        for row in self.outbox.unsettled(Stream.MEDIA, 0, 100):
            manifest = decode_record(row.body)
            assert isinstance(manifest, MediaManifest)
            found.setdefault(manifest.sha256, set()).add(manifest.alert_id)
        return found

    def wait_for(self, clips: int) -> None:
        wait_until(
            lambda: len(self.outbox.unsettled(Stream.MEDIA, 0, 100)) == clips, within_s=20.0, what="every clip is told"
        )


@contextmanager
def cut(folder: Path, jobs: Sequence[ClipJob]) -> Iterator[Told]:
    """Have the clips cut; yields when all are told."""
    outbox = Outbox(folder / "outbox.sqlite3", node="room-a", clock=CLOCK)
    media = CountingStore(folder / "media", limit_bytes=10**9, reserve_bytes=0)
    media.restore_pins({})
    clips = ClipPath(media=media, outbox=outbox, clock=CLOCK, metrics=RoomMetrics())
    for one in jobs:
        clips.begin(one)
    clips.start()
    told = Told(clips, media, outbox)
    try:
        told.wait_for(len(jobs))
        yield told
    finally:
        clips.stop()
        outbox.close()


def test_two_who_come_together_have_one_clip_that_is_written_once(tmp_path: Path) -> None:
    """Each raises an alert of the same seconds; the clip is kept until neither is needed any more."""
    camera = gate(make_clip(tmp_path / "film.mp4", seconds=12.0))
    together = [job(camera, name, start_s=3.0, end_s=6.0) for name in (ONE, OTHER)]
    apart = job(camera, LATER, start_s=3.0, end_s=8.0)
    with cut(tmp_path, [*together, apart]) as told:
        media = told.media
        assert sorted(map(sorted, told.clip_of.values())) == [[ONE, OTHER], [LATER]]
        assert media.written == 2
        (shared,) = (sha256 for sha256, names in told.clip_of.items() if ONE in names)
        media.release(ONE)
        media.forget_before(CLOCK.now_us() + 1_000_000_000)
        assert media.find(shared) is not None
        media.release(OTHER)
        media.forget_before(CLOCK.now_us() + 1_000_000_000)
        assert media.find(shared) is None


def test_the_same_seconds_of_two_cameras_are_two_clips(tmp_path: Path) -> None:
    one = gate(make_clip(tmp_path / "film.mp4", seconds=8.0))
    other = gate(make_clip(tmp_path / "other.mp4", seconds=8.0, still=True))
    with cut(tmp_path, [job(one, ONE, start_s=3.0, end_s=6.0), job(other, OTHER, start_s=3.0, end_s=6.0)]) as told:
        assert sorted(map(sorted, told.clip_of.values())) == [[ONE], [OTHER]]
        assert told.media.written == 2


def test_who_comes_after_a_mask_was_drawn_has_no_clip_of_before_it(tmp_path: Path) -> None:
    """The same seconds, and yet another clip: what is hidden now must not be found under an alert of today."""
    camera = gate(make_clip(tmp_path / "film.mp4", seconds=8.0))
    first, second = (job(camera, name, start_s=3.0, end_s=6.0) for name in (ONE, OTHER))
    with cut(tmp_path, [first]) as told:
        (masked,) = parse_settings(ROOM + MASK, source="test").cameras
        camera.change(masked)
        told.clips.begin(second)
        told.wait_for(2)
        assert sorted(map(sorted, told.clip_of.values())) == [[ONE], [OTHER]]
        assert told.media.written == 2
