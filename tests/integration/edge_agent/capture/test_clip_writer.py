"""Clips cut from the ring: playable, on time, with the event inside and the masks burnt in."""

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from msgspec import structs

from edge_agent.capture.camera_source import CameraSource
from edge_agent.capture.clip_writer import ClipRefused, WrittenClip, write_clip
from edge_agent.capture.file_reader import FileReader
from edge_agent.capture.parameter_sets import find_parameter_sets
from edge_agent.capture.ring import PacketRing
from edge_agent.evidence.masks import Mask, MaskBurner
from edge_agent.ops.clock import SystemClock
from tests.support.clips import make_clip

FPS = 10


def ring_of(path: Path) -> PacketRing:
    reader = FileReader.open(CameraSource(name="film", url=str(path)), clock=SystemClock())
    assert isinstance(reader, FileReader), reader
    with reader:
        for _ in reader:
            pass
    return reader.ring


def written(answer: WrittenClip | ClipRefused) -> WrittenClip:
    assert isinstance(answer, WrittenClip), answer
    return answer


def pictures(path: Path) -> list[VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def square_at(frame: VideoFrame) -> int:
    row = np.asarray(frame.to_ndarray(format="gray"), dtype=np.uint8)[50]
    return int(np.argmax(row > 200)) // 2


@pytest.mark.parametrize(("codec", "b_frames"), [("libx264", 0), ("libx264", 2), ("libx265", 0)])
@pytest.mark.parametrize("suffix", ["mp4", "ts"])  # lengths in the file, start codes in the stream
def test_a_copied_clip_holds_exactly_the_pictures_from_the_keyframe_before(
    tmp_path: Path, codec: str, b_frames: int, suffix: str
) -> None:
    film = make_clip(tmp_path / f"film.{suffix}", seconds=8.0, fps=FPS, gop_s=1.0, codec=codec, b_frames=b_frames)
    clip = written(write_clip(ring_of(film).cut(2.5, 5.0), tmp_path / "clip.mp4"))
    shown = pictures(clip.path)
    numbers = [square_at(frame) for frame in shown]
    assert not clip.reencoded
    assert clip.start_s == pytest.approx(2.0)
    assert numbers[: len(range(20, 50))] == list(range(20, 50))
    assert [round(frame.time - shown[0].time, 3) for frame in shown] == [n / FPS for n in range(len(shown))]
    assert clip.size_bytes == clip.path.stat().st_size
    assert (clip.width, clip.height) == (160, 120)


def test_a_clip_can_be_played_before_it_is_wholly_loaded(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=3.0)
    clip = written(write_clip(ring_of(film).cut(0.0, 3.0), tmp_path / "clip.mp4"))
    content = clip.path.read_bytes()
    assert 0 < content.find(b"moov") < content.find(b"mdat")


def test_a_stream_whose_sets_are_larger_than_the_room_for_the_index_gives_a_clip_all_the_same(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.ts", seconds=3.0)
    first, *others = ring_of(film).cut(0.0, 3.0)
    sets = find_parameter_sets("h264", first.data, extradata=b"")
    padded = b"".join(unit and b"\0\0\0\1" + unit + b"\xff" * 400 for unit in sets.split(b"\0\0\0\1")) * 30
    clip = written(write_clip([structs.replace(first, data=padded + first.data), *others], tmp_path / "clip.mp4"))
    content = clip.path.read_bytes()
    assert 8192 < content.find(b"mdat") < len(content) - 8192
    assert 0 < content.find(b"moov") < content.find(b"mdat")


def test_a_masked_clip_is_encoded_again_with_the_mask_in_every_picture(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=4.0, fps=FPS)
    burner = MaskBurner((Mask(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))),))
    clip = written(write_clip(ring_of(film).cut(1.0, 3.0), tmp_path / "clip.mp4", burn=burner))
    assert clip.reencoded
    shown = pictures(clip.path)
    assert len(shown) == 21
    for frame in shown:
        gray = np.asarray(frame.to_ndarray(format="rgb24"), dtype=np.uint8)
        assert gray[:, :72].max() < 24
        assert gray[:, 88:].min() > 40
    assert [round(frame.time - shown[0].time, 3) for frame in shown] == [n / FPS for n in range(21)]


def test_a_codec_that_browsers_do_not_play_is_encoded_again(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi", seconds=3.0, codec="mpeg4")
    clip = written(write_clip(ring_of(film).cut(0.0, 3.0), tmp_path / "clip.mp4"))
    assert clip.reencoded
    with av.open(str(clip.path)) as container:
        assert container.streams.video[0].codec_context.name == "h264"


def test_an_odd_picture_size_survives_masking(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.avi", seconds=1.0, codec="mpeg4", width=161, height=121)
    burner = MaskBurner((Mask(polygon=((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))),))
    clip = written(write_clip(ring_of(film).cut(0.0, 1.0), tmp_path / "clip.mp4", burn=burner))
    assert {(frame.width, frame.height) for frame in pictures(clip.path)} == {(160, 120)}


def test_no_packets_no_clip(tmp_path: Path) -> None:
    refused = write_clip([], tmp_path / "clip.mp4")
    assert isinstance(refused, ClipRefused)
    assert refused.reason == "empty"


def test_a_place_that_cannot_be_written_is_an_answer(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.mp4", seconds=1.0)
    refused = write_clip(ring_of(film).cut(0.0, 1.0), tmp_path / "no" / "such" / "folder" / "clip.mp4")
    assert isinstance(refused, ClipRefused)
    assert refused.reason == "disk"
    assert str(tmp_path) not in refused.sentence


def test_packets_that_never_become_a_picture_are_refused(tmp_path: Path) -> None:
    film = make_clip(tmp_path / "film.ts", seconds=1.0)
    cut = ring_of(film).cut(0.0, 1.0)
    noise = [structs.replace(packet, data=b"\x00\x00\x01\x65" + bytes(40)) for packet in cut]
    refused = write_clip(noise, tmp_path / "clip.mp4", burn=MaskBurner(()))
    assert isinstance(refused, ClipRefused)
    assert refused.reason == "undecodable"
