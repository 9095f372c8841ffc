"""Files as fast as they can be read: exact times, damaged and hostile content, the packet path's exactness."""

import hashlib
import random
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.decode_policy import DecodeMode
from edge_agent.capture.file_reader import FileReader
from edge_agent.capture.frames import Frame, luma
from edge_agent.capture.packet_path import PacketPath
from edge_agent.capture.ring import PacketRing
from edge_agent.capture.source import OpenSource, open_source
from edge_agent.core.link_failures import Failure, FailureKind
from edge_agent.core.media_clock import MediaClock
from edge_agent.ops.clock import SystemClock
from tests.support.clips import make_clip

CLOCK = SystemClock()


def camera(path: Path, **more: float) -> CameraSource:
    return CameraSource(name="film", url=str(path), **({"analyse_fps": 0.0} | more))  # type: ignore[arg-type]


def read(path: Path, **more: float) -> tuple[list[Frame], FileReader]:
    reader = FileReader.open(camera(path, **more), clock=CLOCK, began_us=1_790_000_000_000_000)
    assert isinstance(reader, FileReader), reader
    with reader:
        return list(reader), reader


def picture_hash(frame: Frame) -> str:
    return hashlib.sha256(np.ascontiguousarray(luma(frame.video_frame)).data).hexdigest()


def test_every_picture_comes_once_with_its_exact_time(tmp_path: Path) -> None:
    frames, reader = read(make_clip(tmp_path / "film.mp4", seconds=3.0, fps=10))
    assert [frame.media_s for frame in frames] == [number / 10 for number in range(30)]
    assert [frame.sequence for frame in frames] == list(range(1, 31))
    assert [frame.captured_at for frame in frames] == [1_790_000_000_000_000 + n * 100_000 for n in range(30)]
    assert reader.duration_s == pytest.approx(3.0, abs=0.1)
    assert reader.counters.corrupt == 0


def test_reordered_pictures_come_in_the_order_in_which_they_are_shown(tmp_path: Path) -> None:
    frames, _ = read(make_clip(tmp_path / "film.mp4", seconds=3.0, fps=10, b_frames=2))
    assert [frame.media_s for frame in frames] == pytest.approx([number / 10 for number in range(30)])
    squares = [int(np.argmax(luma(frame.video_frame)[50] > 200)) for frame in frames]
    assert squares == sorted(squares)


def test_stamps_that_a_muxer_wrote_in_decoding_order_are_put_right(tmp_path: Path) -> None:
    """Seen in the wild: B pictures without composition offsets; their stamps fall when taken at their word."""
    source, damaged = make_clip(tmp_path / "film.mp4", seconds=3.0, fps=10, b_frames=2), tmp_path / "damaged.mp4"
    with av.open(str(source)) as original, av.open(str(damaged), mode="w") as copy:
        stream = copy.add_stream_from_template(original.streams.video[0])
        for number, packet in enumerate(original.demux(video=0)):
            if packet.size:
                packet.pts = packet.dts = number * round(Fraction(1, 10) / packet.time_base)
                packet.stream = stream
                copy.mux(packet)
    frames, _ = read(damaged)
    assert len(frames) >= 28
    assert all(later.media_s - earlier.media_s == pytest.approx(0.1) for earlier, later in pairwise(frames[2:]))
    squares = [int(np.argmax(luma(frame.video_frame)[50] > 200)) for frame in frames]
    assert squares == sorted(squares)


def test_frames_are_thinned_to_the_rate_that_is_analysed(tmp_path: Path) -> None:
    frames, reader = read(make_clip(tmp_path / "film.mp4", seconds=10.0, fps=12), analyse_fps=5.0)
    assert 48 <= len(frames) <= 51
    assert reader.counters.decoded == 120
    assert all(0.16 <= later.media_s - earlier.media_s <= 0.26 for earlier, later in pairwise(frames))


def test_a_view_of_the_luma_respects_the_line_size(tmp_path: Path) -> None:
    """A width that is no multiple of the decoder's alignment has padding at the end of each row."""
    frames, _ = read(make_clip(tmp_path / "film.mp4", seconds=0.5, width=198, height=102))
    seen = luma(frames[0].video_frame)
    assert seen.shape == (102, 198)
    expected = np.asarray(frames[0].video_frame.to_ndarray(format="gray"), dtype=np.uint8)
    assert int(np.abs(seen[:, 150:].astype(int) - expected[:, 150:]).mean()) < 30
    assert frames[0].video_frame.planes[0].line_size > 198


@pytest.mark.parametrize("content", [b"", b"hello" * 1_000, bytes(5_000), b"\x00\x00\x00\x18ftypmp42" + bytes(64)])
def test_what_is_no_video_is_refused_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "film.mp4").write_bytes(content)
    refused = FileReader.open(camera(tmp_path / "film.mp4"), clock=CLOCK)
    assert isinstance(refused, Failure)
    assert refused.kind is FailureKind.NOT_A_VIDEO
    assert refused.sentence.endswith("film.mp4: is not a video, or a broken one")


def test_sound_without_a_picture_is_named(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "sound.wav"), mode="w") as container:
        stream = container.add_stream("pcm_s16le", rate=8_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8_000), dtype=np.int16), format="s16", layout="mono")
        frame.sample_rate = 8_000
        container.mux(stream.encode(frame))
    refused = FileReader.open(camera(tmp_path / "sound.wav"), clock=CLOCK)
    assert isinstance(refused, Failure)
    assert refused.kind is FailureKind.NO_VIDEO_STREAM


def test_a_damaged_film_goes_on_behind_the_damage(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "film.ts", seconds=6.0, fps=10, gop_s=0.5)
    content, dice = bytearray(path.read_bytes()), random.Random(3)
    for _ in range(40):
        place = dice.randrange(len(content) // 10, len(content))
        content[place : place + 3] = dice.randbytes(3)
    path.write_bytes(content)
    frames, reader = read(path)
    assert len(frames) >= 40
    assert reader.counters.corrupt > 0
    assert any(frame.is_corrupt for frame in frames)
    assert all(earlier.media_s < later.media_s for earlier, later in pairwise(frames))


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("originals")
    return {
        suffix: make_clip(folder / f"film.{suffix}", seconds=1.0, fps=10, gop_s=0.5).read_bytes()
        for suffix in ("mp4", "ts", "mkv", "avi")
    }


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    suffix=st.sampled_from(["mp4", "ts", "mkv", "avi"]),
    length=st.floats(0.0, 1.0),
    damage=st.lists(st.tuples(st.floats(0.0, 1.0), st.binary(min_size=1, max_size=16)), max_size=12),
)
def test_hostile_files_give_frames_or_one_failure(
    tmp_path: Path,
    originals: dict[str, bytes],
    suffix: str,
    length: float,
    damage: list[tuple[float, bytes]],
) -> None:
    content = bytearray(originals[suffix][: round(len(originals[suffix]) * length)])
    for share, noise in damage:
        place = round(share * len(content))
        content[place : place + len(noise)] = noise
    path = tmp_path / f"hostile.{suffix}"
    path.write_bytes(content)
    reader = FileReader.open(camera(path), clock=CLOCK)
    if isinstance(reader, Failure):
        assert reader.sentence
        return
    with reader:
        frames = list(reader)
    assert all(earlier.media_s < later.media_s for earlier, later in pairwise(frames))


# --- decoding only keyframes while nothing moves -----------------------------------------------------------------


class SquareGate:
    """Says that something moves when the square stands elsewhere than on the keyframe before."""

    def __init__(self) -> None:
        self._last: npt.NDArray[np.int16] | None = None
        self.moved_at: list[float] = []

    def moved(self, frame: Frame) -> bool:
        """Compare luma, with room for the noise of the encoder."""
        seen = luma(frame.video_frame).astype(np.int16)
        differs = self._last is not None and int(np.abs(seen - self._last).max()) > 60
        self._last = seen
        if differs:
            self.moved_at.append(frame.media_s)
        return differs


def drive(path: Path, gate: SquareGate | None, *, attend_at_s: float | None = None) -> tuple[list[Frame], PacketPath]:
    watched = CameraSource(name="film", url=str(path), analyse_fps=0.0)
    source = open_source(watched, timeout_s=1.0, instant=CLOCK.instant)
    assert isinstance(source, OpenSource)
    ring = PacketRing(keep_s=60.0, keep_bytes=10**8)
    way = PacketPath(watched, ring=ring, media_clock=MediaClock(), gate=gate)
    way.begin(source, at_s=0.0)
    frames: list[Frame] = []
    for packet in source.packets():
        arrived_s = float((packet.dts or 0) * source.shape.time_base)
        if attend_at_s is not None and arrived_s >= attend_at_s:
            way.attend()
        frames += way.take(packet, arrived_s=arrived_s, wall_us=1_790_000_000_000_000)
    frames += way.drain()
    source.close()
    return frames, way


@pytest.mark.parametrize(("codec", "b_frames"), [("libx264", 0), ("libx264", 2), ("libx265", 0)])
def test_replay_is_bit_exact_and_loses_nothing_of_a_motion_that_begins_between_keyframes(
    tmp_path: Path, codec: str, b_frames: int
) -> None:
    path = make_clip(
        tmp_path / "film.mp4", seconds=24.0, fps=10, gop_s=1.0, codec=codec, b_frames=b_frames, moving_from_s=20.35
    )
    everything, _ = drive(path, None)
    gate = SquareGate()
    adaptive, way = drive(path, gate)
    truth = {frame.media_s: picture_hash(frame) for frame in everything}
    assert len(truth) == 240
    assert all(truth[frame.media_s] == picture_hash(frame) for frame in adaptive), "a replayed picture differs"
    assert all(earlier.media_s < later.media_s for earlier, later in pairwise(adaptive))
    assert way.counters.decoded < 190
    times = {round(frame.media_s, 3) for frame in adaptive}
    assert {round(number / 10, 3) for number in range(201, 240)} <= times
    assert gate.moved_at[0] == pytest.approx(21.0)
    assert any(frame.replayed for frame in adaptive)
    assert way.counters.mode is DecodeMode.FULL


@pytest.mark.parametrize(
    ("codec", "b_frames", "begins_anew"), [("libx264", 0, 2), ("libx264", 2, 0), ("libx265", 0, 2)]
)
def test_a_decoder_that_is_made_anew_every_minute_changes_no_picture(
    tmp_path: Path, codec: str, b_frames: int, begins_anew: int
) -> None:
    """What never rests gives back its buffers all the same; where pictures are reordered, some are held back: never."""
    path = make_clip(tmp_path / "film.mp4", seconds=150.0, fps=5, gop_s=2.0, codec=codec, b_frames=b_frames)
    truth = {frame.media_s: picture_hash(frame) for frame in drive(path, None)[0]}
    frames, way = drive(path, SquareGate())
    assert len(truth) == 750
    assert {frame.media_s: picture_hash(frame) for frame in frames} == truth
    assert way.counters.mode is DecodeMode.FULL
    assert way.counters.decoders == begins_anew


def test_attention_brings_the_pictures_since_the_last_keyframe_and_all_that_follow(tmp_path: Path) -> None:
    """A person opens the camera on the wall, or a track is alive: nothing moves for the gate, yet all is wanted."""
    path = make_clip(tmp_path / "film.mp4", seconds=20.0, fps=10, gop_s=1.0, still=True)
    everything, _ = drive(path, None)
    adaptive, way = drive(path, SquareGate(), attend_at_s=15.5)
    times = [frame.media_s for frame in adaptive]
    assert [at for at in times if 11.0 <= at < 15.0] == [11.0, 12.0, 13.0, 14.0]
    assert [at for at in times if at >= 15.0] == pytest.approx([number / 10 for number in range(150, 200)])
    truth = {frame.media_s: picture_hash(frame) for frame in everything}
    assert all(truth[frame.media_s] == picture_hash(frame) for frame in adaptive)
    assert way.counters.mode is DecodeMode.FULL


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "pictures", "last_s"),
    [
        ("parking.mp4", 459, 38.17),
        ("plaza.mp4", 500, 49.9),
        ("highway.mp4", 905, 37.65),
        ("highway_glare.mp4", 375, 14.96),
    ],
)
def test_real_footage_gives_every_picture_in_order(shared_dir: Path, name: str, pictures: int, last_s: float) -> None:
    frames, reader = read(shared_dir / "footage" / name)
    assert len(frames) == pictures
    assert frames[0].media_s == 0.0
    assert frames[-1].media_s == pytest.approx(last_s, abs=0.01)
    assert reader.counters.corrupt == 0
